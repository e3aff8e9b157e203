"""Search: keywords and meaning fused by rank, the first ranked anew, and whether what was found answers at all."""

import json
import math
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from knowledge_base.index import Index
from knowledge_base.looking import Look, Mix, answer_features, look
from knowledge_base.passages import Found, Passage
from machine_profiles.profile import Profile
from models.results import Result

BOTH = Mix()


class Weights(Result):
    """Of the two linear models of a search, in the order of RANK_FEATURES and ANSWER_FEATURES.

    `rank`: a conditional logit over the candidates (McFadden 1974). `answer`: logistic regression; `answers` is the
    probability from which a question counts as answerable. `python -m evals.benchmarks.retrieval.fitting` writes them.
    """

    rank: tuple[float, ...]
    answer: tuple[float, ...]
    intercept: float
    answers: float


@cache
def shipped_weights() -> Weights:
    return Weights.model_validate(json.loads(Path(__file__).with_name("search_weights.json").read_text()))


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
    return judged(look(index, asked, machine, kind, mix), question, top, mix.rerank, shipped_weights())


def judged(seen: Look, question: str, top: int, rerank: bool, weights: Weights) -> Found:
    order, shares = ranked(seen, weights.rank if rerank else None)
    features = answer_features(seen, order, float(shares[order[0]]) if order else 0.0)
    confidence = answer_probability(features, weights)
    passages = seen.index.passages
    return Found(
        question=question,
        answerable=confidence >= weights.answers,
        confidence=confidence,
        passages=_merged(passages, order, shares, top),
        cases=_merged(passages, seen.cases, seen.fused, 3) if seen.machine else (),
    )


def ranked(seen: Look, weights: Sequence[float] | None) -> tuple[list[int], NDArray[np.float64]]:
    """The candidates, best first, and each one's share; passages with a code of the question before all others.

    Without weights they stay as they were fused.
    """
    candidates, shares = list(seen.candidates), np.array(seen.fused)
    if weights is not None and candidates:
        score = seen.features @ np.array(weights)
        share = np.exp(score - score.max())
        shares[candidates] = share / share.sum()
    order = sorted(candidates, key=lambda at: (at not in seen.coded, -shares[at]))
    return order, shares


def answer_probability(values: Sequence[float], weights: Weights) -> float:
    score = weights.intercept + sum(w * value for w, value in zip(weights.answer, values, strict=True))
    return 1 / (1 + math.exp(-score))


def _merged(
    passages: Sequence[Passage], order: Sequence[int], shares: NDArray[np.float64], top: int
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
                "score": round(float(shares[group[0]]), 4),
            }
        )
        for group in taken
    )


def _follows(passages: Sequence[Passage], group: Sequence[int], at: int) -> bool:
    first = passages[group[0]]
    same = first.document == passages[at].document and first.section == passages[at].section
    return same and len(group) < 3 and any(abs(at - other) == 1 for other in group)
