"""What a question finds before anything is judged: the candidates of keywords and meaning, with their features."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from knowledge_base.index import Index
from knowledge_base.wording import codes_of, expanded, words_of
from machine_profiles.profile import Profile
from models.results import Result

DEPTH = 60  # ranks of each search that are fused
CANDIDATES = 40  # of the fusion, which are ranked anew
SMOOTHING = 8.0  # k of reciprocal rank fusion, Cormack, Clarke and Büttcher (SIGIR 2009)
OWN = 0.7  # by how much the fusion prefers a passage of the machine itself; chosen on the tuning half
RANK_FEATURES = (
    "fused", "keywords", "meaning", "coverage", "plain_coverage", "heading", "plain_heading", "own", "general",
    "length", "first_by_keywords", "first_by_meaning", "overview", "keyword_score",
)  # fmt: skip
ANSWER_FEATURES = (
    "third_meaning", "coverage", "known", "code", "unknown_code", "unknown_name", "best_meaning", "best_keywords",
    "machine", "words", "certain",
)  # fmt: skip


class Mix(Result):
    """How much keywords and meaning count in the fusion; a code that is named goes first where `codes` is true."""

    keywords: float = 1.0
    meaning: float = 1.0
    codes: bool = True
    rerank: bool = True


@dataclass(frozen=True)
class Look:
    """Positions of passages, best fused first: `candidates`, with a row of `features` each in the order of
    RANK_FEATURES, and past `cases`, which stand apart."""

    index: Index
    machine: Profile | None
    bare: str
    words: Sequence[str]
    keyword: NDArray[np.float32]
    meaning: NDArray[np.float32]
    fused: NDArray[np.float64]
    candidates: Sequence[int]
    cases: Sequence[int]
    features: NDArray[np.float64]
    coded: frozenset[int]  # passages that hold a rare code of the question


def look(index: Index, question: str, machine: Profile | None, kind: str | None, mix: Mix) -> Look:
    kind = machine.kind if machine else kind
    fits = np.array([p.fits(machine.id if machine else None, kind) for p in index.passages])
    bare = nameless(question, machine, machine.kind) if machine else question
    words = words_of(expanded(nameless(question, machine, "") if machine else question, _everyday_of(machine)))
    keyword = index.keywords.scores(words) * fits
    meaning = index.nearest(bare, len(index.passages) if machine else 4 * DEPTH) * fits
    own = np.array([machine is not None and machine.id in p.machine_ids for p in index.passages])
    fused = fuse(keyword * (1 + OWN * own), meaning * (1 + OWN / 4 * own), mix)
    coded = _coded(index, bare, fits) if mix.codes else frozenset()
    fused[list(coded)] += 1.0
    order = [int(at) for at in np.argsort(-fused, kind="stable") if fused[at] > 0]
    candidates = [at for at in order if index.passages[at].kind != "case"][:CANDIDATES]
    rows = _rank_features(index, bare, words, keyword, meaning, fused, own, machine is not None, candidates)
    cases = [at for at in order if index.passages[at].kind == "case"]
    return Look(index, machine, bare, words, keyword, meaning, fused, candidates, cases, rows, coded)


def fuse(keyword: NDArray[np.float32], meaning: NDArray[np.float32], mix: Mix) -> NDArray[np.float64]:
    """Reciprocal rank fusion, scaled so that the first of both is 1."""
    fused = np.zeros(len(keyword))
    for weight, scores in ((mix.keywords, keyword), (mix.meaning, meaning)):
        order = np.argsort(-scores, kind="stable")[:DEPTH]
        ranked = order[scores[order] > 0]
        fused[ranked] += weight / (SMOOTHING + 1 + np.arange(len(ranked)))
    return fused * (SMOOTHING + 1) / (mix.keywords + mix.meaning)


def nameless(question: str, machine: Profile, instead: str) -> str:
    """The question without the machine's own name, which every one of its passages holds."""
    names = {machine.name, machine.model, machine.manufacturer, *machine.aliases, *machine.name.split()}
    known = sorted((re.escape(name) for name in names if len(name) > 1), key=len, reverse=True)
    return re.sub(rf"\b(?:{'|'.join(known)})\b", instead or " ", question, flags=re.IGNORECASE)


def answer_features(seen: Look, ranked: Sequence[int], certain: float) -> list[float]:
    """What tells an answer from a passage that merely is the nearest; in the order of ANSWER_FEATURES.

    `ranked`: the candidates, best first. `certain`: the share of the ranking's weight that the first one has.
    """
    keywords = seen.index.keywords
    asked = nameless(seen.bare, seen.machine, "") if seen.machine else seen.bare
    plain = words_of(asked)
    if not ranked or not plain:
        return [0.0] * len(ANSWER_FEATURES)
    best = list(ranked[:3])
    cosines = np.sort(seen.meaning)[::-1]
    known = keywords.weight([word for word in plain if word in keywords.rarity])
    return [
        float(cosines[2]) if len(cosines) > 2 else 0.0,
        max(keywords.coverage(seen.words, at) for at in best),
        known / keywords.weight(plain),
        float(any(keywords.holding(code) for code in codes_of(seen.bare))),
        float(_names_an_unknown_code(seen.index, asked)),
        float(_names_something_unknown(seen.index, asked)),
        float(seen.meaning[best[0]]),
        float(seen.keyword[best[0]]) / 10,
        float(seen.machine is not None),
        min(len(plain), 8) / 8,
        certain,
    ]


def _rank_features(
    index: Index, bare: str, words: Sequence[str], keyword: NDArray[np.float32], meaning: NDArray[np.float32],
    fused: NDArray[np.float64], own: NDArray[np.bool_], of_machine: bool, candidates: Sequence[int],
) -> NDArray[np.float64]:  # fmt: skip
    if not candidates:
        return np.zeros((0, len(RANK_FEATURES)))
    at = list(candidates)
    most, nearest = max(float(keyword[at].max()), 1e-6), max(float(meaning[at].max()), 1e-6)
    first, closest = int(keyword.argmax()), int(meaning.argmax())
    plain = words_of(bare)
    return np.array(
        [
            [
                fused[i],
                keyword[i] / most,
                (meaning[i] - nearest) * 10,
                index.keywords.coverage(words, i),
                index.keywords.coverage(plain, i),
                index.headings.coverage(words, i),
                index.headings.coverage(plain, i),
                float(own[i]),
                float(of_machine and index.passages[i].kind == "guide"),
                np.log(max(len(index.keywords.words[i]), 1) / 60),
                float(i == first),
                float(i == closest),
                float(len(index.passages[i].failure_modes) > 1),
                keyword[i] / 10,
            ]
            for i in at
        ]
    )


def _coded(index: Index, question: str, fits: NDArray[np.bool_]) -> frozenset[int]:
    """Passages that hold a rare code of the question."""
    found: set[int] = set()
    for code in set(codes_of(question)):
        holding = [at for at in index.keywords.holding(code) if fits[at]]
        if 0 < len(holding) <= max(5, len(index.passages) // 50):
            found.update(holding)
    return frozenset(found)


def _names_an_unknown_code(index: Index, question: str) -> bool:
    """A type such as R-2000iC that stands nowhere; a measure such as 90kw is none."""
    whole = [re.sub(r"[-/.]", "", code) for code in codes_of(question)]
    types = [code for code in whole if len(code) >= 4 and not re.fullmatch(r"\d+[a-z]{0,3}", code)]
    return any(not any(code in known for known in index.keywords.codes) for code in types)


def _names_something_unknown(index: Index, question: str) -> bool:
    """A capitalised word of which no passage holds any part: mostly a make or a product that is not here."""
    tokens = re.findall(r"[^\W_]+(?:[-/.][^\W_]+)*", question)
    return any(
        token[0].isupper() and (parts := words_of(token)) and not any(part in index.keywords.rarity for part in parts)
        for token in tokens
    )


def _everyday_of(machine: Profile | None) -> list[tuple[str, str]]:
    if machine is None:
        return []
    return [(word, sensor.name.replace("_", " ")) for sensor in machine.sensors for word in sensor.synonyms]
