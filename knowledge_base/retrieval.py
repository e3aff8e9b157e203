"""Search: keywords and meaning fused by rank, and whether what was found answers at all."""

import math
import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from knowledge_base.index import Index
from knowledge_base.passages import Found, Passage
from knowledge_base.wording import codes_of, expanded, words_of
from machine_profiles.profile import Profile
from models.results import Result

DEPTH = 60  # ranks of each search that are fused
SMOOTHING = 8.0  # k of reciprocal rank fusion, Cormack, Clarke and Büttcher (SIGIR 2009)
OWN = 0.7  # by how much a passage of the machine itself is preferred; chosen on the tuning half
# logistic regression, fitted on the tuning half of the question set: `python -m evals.benchmarks.retrieval.fitting`
FEATURES = ("cosine", "second_cosine", "coverage", "known", "agreement", "code")
WEIGHTS: tuple[float, ...] = (7.71, 1.0, 2.99, 5.0, 1.45, 2.24)
INTERCEPT = -8.72
ANSWERS = 0.3  # on the tuning half: 0.90 of the unanswerable recognised, 0.057 of the others refused


class Mix(Result):
    """How much keywords and meaning count in the fusion; a code that is named goes first where `codes` is true."""

    keywords: float = 1.0
    meaning: float = 1.0
    codes: bool = True


BOTH = Mix()


def search(
    index: Index, question: str, machine: Profile | None = None, kind: str | None = None, top: int = 5, mix: Mix = BOTH
) -> Found:
    """The passages that answer best, and the machine's past cases apart from them.

    With `machine` only passages that hold for it, or for machines of its kind, are looked at; with `kind` those of
    that kind. A code that the question names is found wherever it stands.
    """
    index.refresh()
    asked = question.strip()
    if not asked or not index.passages:
        return Found(question=question, answerable=False, confidence=0.0)
    kind = machine.kind if machine else kind
    fits = np.array([p.fits(machine.id if machine else None, kind) for p in index.passages])
    case = np.array([p.kind == "case" for p in index.passages])
    bare = nameless(asked, machine) if machine else asked
    words = words_of(expanded(asked, _everyday_of(machine)))
    keyword = index.keywords.scores(words) * fits
    meaning = index.nearest(bare, len(index.passages) if machine else 4 * DEPTH) * fits
    own = np.array([machine is not None and machine.id in p.machine_ids for p in index.passages])
    fused = fuse(keyword * (1 + OWN * own), meaning * (1 + OWN / 4 * own), mix)
    if mix.codes:
        fused = _with_codes(index, bare, fused, fits)
    order = [int(at) for at in np.argsort(-fused, kind="stable") if fused[at] > 0]
    told = [at for at in order if not case[at]]
    seen = features(index, bare, words, keyword, meaning, told)
    confidence = answer_probability(seen)
    answerable = confidence >= ANSWERS
    return Found(
        question=question,
        answerable=answerable,
        confidence=confidence,
        features=tuple(seen),
        passages=_merged(index.passages, told, fused, top),
        cases=_merged(index.passages, [at for at in order if case[at]], fused, 3) if machine else (),
    )


def fuse(keyword: NDArray[np.float32], meaning: NDArray[np.float32], mix: Mix) -> NDArray[np.float64]:
    """Reciprocal rank fusion, scaled so that the first of both is 1."""
    fused = np.zeros(len(keyword))
    for weight, scores in ((mix.keywords, keyword), (mix.meaning, meaning)):
        order = np.argsort(-scores, kind="stable")[:DEPTH]
        ranked = order[scores[order] > 0]
        fused[ranked] += weight / (SMOOTHING + 1 + np.arange(len(ranked)))
    return fused * (SMOOTHING + 1) / (mix.keywords + mix.meaning)


def nameless(question: str, machine: Profile) -> str:
    """The question without the machine's own name, which every one of its passages holds; its kind stands instead."""
    names = {machine.name, machine.model, machine.manufacturer, *machine.aliases, *machine.name.split()}
    known = sorted((re.escape(name) for name in names if len(name) > 1), key=len, reverse=True)
    return re.sub(rf"\b(?:{'|'.join(known)})\b", machine.kind, question, flags=re.IGNORECASE)


def features(
    index: Index,
    question: str,
    words: Sequence[str],
    keyword: NDArray[np.float32],
    meaning: NDArray[np.float32],
    order: Sequence[int],
) -> list[float]:
    """What tells an answer from a passage that merely is the nearest; in the order of FEATURES."""
    plain = words_of(question)
    if not order or not plain:
        return [0.0] * len(FEATURES)
    best = list(order[:3])
    cosines = np.sort(meaning)[::-1]
    known = index.keywords.weight([word for word in plain if word in index.keywords.rarity])
    codes = codes_of(question)
    return [
        float(cosines[0]),
        float(cosines[2]) if len(cosines) > 2 else 0.0,
        max(index.keywords.coverage(words, at) for at in best),
        known / index.keywords.weight(plain),
        float(int(keyword.argmax()) in best and int(meaning.argmax()) in best),
        float(bool(codes) and any(index.keywords.holding(code) for code in codes)),
    ]


def answer_probability(values: Sequence[float]) -> float:
    return 1 / (1 + math.exp(-(INTERCEPT + sum(w * value for w, value in zip(WEIGHTS, values, strict=True)))))


def _with_codes(
    index: Index, question: str, fused: NDArray[np.float64], fits: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Passages that hold a rare code of the question go first."""
    for code in set(codes_of(question)):
        holding = [at for at in index.keywords.holding(code) if fits[at]]
        if 0 < len(holding) <= max(5, len(index.passages) // 50):
            fused[holding] += 1.0
    return fused


def _merged(
    passages: Sequence[Passage], order: Sequence[int], fused: NDArray[np.float64], top: int
) -> tuple[Passage, ...]:
    """The first `top`; pieces of one section that follow each other become one, under the better one's id."""
    taken: list[list[int]] = []
    for at in order:
        near = next((group for group in taken if _follows(passages, group, at)), None)
        if near is not None:
            near.append(at)
        elif len(taken) < top:
            taken.append([at])
        else:
            break
    return tuple(
        passages[group[0]].model_copy(
            update={
                "text": " ".join(passages[at].text for at in sorted(group)),
                "score": round(float(fused[group[0]]), 4),
            }
        )
        for group in taken
    )


def _follows(passages: Sequence[Passage], group: Sequence[int], at: int) -> bool:
    first = passages[group[0]]
    same = first.document == passages[at].document and first.section == passages[at].section
    return same and len(group) < 3 and any(abs(at - other) == 1 for other in group)


def _everyday_of(machine: Profile | None) -> list[tuple[str, str]]:
    if machine is None:
        return []
    return [(word, sensor.name.replace("_", " ")) for sensor in machine.sensors for word in sensor.synonyms]
