"""`python -m evals.benchmarks.retrieval.fitting`: the weights of a search, fitted on the question set.

Writes knowledge_base/search_weights.json. What the bench reports of this question set is out of fold, never fitted.
"""

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import knowledge_base.retrieval
from evals.benchmarks.retrieval.questions import Question, questions
from knowledge_base.index import Index
from knowledge_base.looking import Look, Mix, answer_features, look
from knowledge_base.passages import Found
from knowledge_base.retrieval import Weights, answer_probability, judged, ranked
from machine_profiles.reading import SHIPPED, Catalog, load_catalog
from models.storage import Storage, whole_file

FOLDS = 10
RIDGE = 10.0  # of the ranking, for a hundred questions
REFUSED = 0.025  # of the answerable questions that the threshold may refuse where it was fitted


def looks(index: Index, machines: Catalog, asked: Sequence[Question], mix: Mix | None = None) -> list[Look]:
    index.refresh()
    return [
        look(index, each.question, machines[each.machine_id] if each.machine_id else None, None, mix or Mix())
        for each in asked
    ]


def fit(asked: Sequence[Question], seen: Sequence[Look]) -> Weights:
    """A conditional logit that ranks, then a logistic regression on what it ranked first."""
    from sklearn.linear_model import LogisticRegression

    rank = _rank_weights(asked, seen)
    rows = np.array([_answer_row(each, rank) for each in seen])
    answered = np.array([each.about != "none" for each in asked])
    spread = rows.std(axis=0) + 1e-6
    fitted = LogisticRegression(C=1.0, class_weight="balanced").fit(rows / spread, answered)
    weights = Weights(
        rank=tuple(np.round(rank, 4).tolist()),
        answer=tuple(np.round(fitted.coef_[0] / spread, 4).tolist()),
        intercept=round(float(fitted.intercept_[0]), 4),
        answers=0.5,
    )
    probability = [answer_probability(row, weights) for row in rows[answered].tolist()]
    return weights.model_copy(update={"answers": round(float(np.quantile(probability, REFUSED)), 4)})


def out_of_fold(asked: Sequence[Question], seen: Sequence[Look], seed: int) -> list[Found]:
    """Each question judged by weights that were fitted without it and without any question on its document."""
    groups = [each.answers[0].split("#")[0] if each.answers else each.question for each in asked]
    names = sorted(set(groups))
    np.random.default_rng(seed).shuffle(names)
    fold = {name: place % FOLDS for place, name in enumerate(names)}
    found: dict[int, Found] = {}
    for at in range(FOLDS):
        kept = [n for n, group in enumerate(groups) if fold[group] != at]
        weights = fit([asked[n] for n in kept], [seen[n] for n in kept])
        for n in set(range(len(asked))) - set(kept):
            found[n] = judged(seen[n], asked[n].question, 5, True, weights)
    return [found[n] for n in range(len(asked))]


def _answer_row(seen: Look, rank: NDArray[np.float64]) -> list[float]:
    order, shares = ranked(seen, rank.tolist())
    return answer_features(seen, order, float(shares[order[0]]) if order else 0.0)


def _rank_weights(asked: Sequence[Question], seen: Sequence[Look]) -> NDArray[np.float64]:
    """Maximises the likelihood that one of the answering passages is chosen; a ridge on the scaled weights."""
    from scipy.optimize import minimize

    sets = []
    for question, each in zip(asked, seen, strict=True):
        right = np.array([each.index.passages[at].id in question.answers for at in each.candidates], dtype=bool)
        if right.any():
            sets.append((each.features, right))
    spread = np.concatenate([rows for rows, _ in sets]).std(axis=0) + 1e-6
    ridge = RIDGE * len(sets) / 100

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        total, slope = ridge * float(weights @ weights) / 2, ridge * weights
        for rows, right in sets:
            scaled = rows / spread
            share = np.exp(scaled @ weights - (scaled @ weights).max())
            share /= share.sum()
            chosen = share * right
            total -= float(np.log(chosen.sum()))
            slope = slope - scaled.T @ (chosen / chosen.sum() - share)
        return total, slope

    found = minimize(loss, np.zeros(len(spread)), jac=True, method="L-BFGS-B")
    return np.asarray(found.x / spread)


def main() -> None:
    machines, asked = load_catalog(SHIPPED), questions()
    with tempfile.TemporaryDirectory() as home:
        weights = fit(asked, looks(Index(Storage(Path(home)), machines), machines, asked))
    path = Path(knowledge_base.retrieval.__file__).with_name("search_weights.json")
    with whole_file(path) as temporary:
        temporary.write_text(json.dumps(weights.model_dump(), indent=1) + "\n")


if __name__ == "__main__":
    main()
