"""Whether the passage that a sentence cites says what the sentence says.

A sentence is borne out where most of its words stand in the passage, or where the two mean nearly the same (cosine of
the bundled MiniLM). The same sentences with passages that they do not cite show what that measure is worth.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from evals.results import CallRecord, CitationFigures, ClaimRecord, TurnRecord
from knowledge_base.embedding import MiniLM
from knowledge_base.wording import words_of

ENOUGH_WORDS, ENOUGH_MEANING = 0.6, 0.6
SHUFFLED = 60  # pairs at most, evenly drawn
_MARK = re.compile(r"\s*\[(\w{1,3})\]")
_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z(])")


class Cited(NamedTuple):
    text: str
    reference: str


def claims_of(answer: str, calls: Sequence[CallRecord]) -> tuple[ClaimRecord, ...]:
    """Every sentence of the answer that carries a mark such as [a], judged by the passage the mark stands for."""
    passages = _passages(calls)
    return tuple(judge(each.text, each.reference, passages[each.reference]) for each in _cited(answer, passages))


def judge(text: str, reference: str, passage: str) -> ClaimRecord:
    said, written = set(words_of(text)), set(words_of(passage))
    words = len(said & written) / len(said) if said else 1.0
    meaning = None if words >= ENOUGH_WORDS else float(_embedded(text) @ _embedded(passage))
    return ClaimRecord(
        text=text, reference=reference, passage=passage, words=round(words, 4),
        meaning=None if meaning is None else round(meaning, 4),
        supported=meaning is None or meaning >= ENOUGH_MEANING,
    )  # fmt: skip


def citation_figures(turns: Sequence[TurnRecord]) -> CitationFigures | None:
    """Over all cited sentences, and over as many as 60 of them with the passage of another; None where none cites."""
    claims = [claim for turn in turns for claim in turn.claims]
    if not claims:
        return None
    shuffled = [judge(claim.text, other.reference, other.passage).supported for claim, other in _strangers(claims)]
    return CitationFigures(
        claims=len(claims),
        supported=sum(claim.supported for claim in claims) / len(claims),
        shuffled=sum(shuffled) / len(shuffled) if shuffled else None,
        shuffled_n=len(shuffled),
    )


def _passages(calls: Sequence[CallRecord]) -> dict[str, str]:
    found: dict[str, str] = {}
    for call in calls:
        cited: Any = (call.result or {}).get("citations", ())
        found |= {each["reference"]: each.get("text", "") for each in cited if isinstance(each, Mapping)}
    return {reference: text for reference, text in found.items() if text}


def _cited(answer: str, passages: Mapping[str, str]) -> Iterator[Cited]:
    """A mark is explained where a reference follows it ("Sources: [a] …"), and used everywhere else."""
    known = sorted(passages, key=len, reverse=True)
    meant: dict[str, str] = {}
    uses: list[tuple[str, str]] = []
    for line in answer.splitlines():
        start = 0
        for mark in _MARK.finditer(line):
            after = line[mark.end() :].lstrip()
            reference = next((each for each in known if after.startswith(each)), None)
            if reference:
                meant.setdefault(mark[1], reference)
            else:
                uses.append((_claim(line[start : mark.start()]), mark[1]))
            start = mark.end()
    last = ""
    for text, name in uses:
        last = text if words_of(text) else last  # "[a][b]": both bear the same sentence
        if name in meant and words_of(last):
            yield Cited(last, meant[name])


def _claim(before: str) -> str:
    """All since the last mark where the mark stands behind a full stop; else the sentence it stands in."""
    text = before.strip(" -;,.:\t") if before.rstrip().endswith((".", "!")) else _END.split(before.strip(" -;,\t"))[-1]
    return re.sub(r"^[A-Z][^:.]{2,40}:\s+", "", text)  # "Usual reasons: …" is a heading of ours


def _strangers(claims: Sequence[ClaimRecord]) -> Iterator[tuple[ClaimRecord, ClaimRecord]]:
    step = max(1, len(claims) // SHUFFLED)
    for n in range(0, len(claims), step):
        for m in range(1, len(claims)):
            other = claims[(n + m * 7919) % len(claims)]
            if other.passage != claims[n].passage:
                yield claims[n], other
                break


@cache
def _embedded(text: str) -> Any:
    return _language().embed([text], longest=192)[0]


@cache
def _language() -> MiniLM:
    return MiniLM()
