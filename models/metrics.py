"""Figures of merit, each as its source defines it, in plain numpy."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def average_precision(true: Array, score: Array) -> float:
    """Area under the precision-recall steps (Manning, Introduction to Information Retrieval, 2008, section 8.4).

    true (n,) of 0 and 1; ties of score count as one step. NaN where nothing is true.

    >>> average_precision(np.array([1, 0, 1, 0]), np.array([0.9, 0.8, 0.7, 0.1])).round(4)
    0.8333
    """
    hits, flagged = _steps(true, score)
    if not hits.size or hits[-1] == 0:
        return float("nan")
    recall = hits / hits[-1]
    return float(np.sum(np.diff(recall, prepend=0.0) * hits / flagged))


def auroc(true: NDArray[np.bool_] | Array, score: Array) -> float:
    """Probability that a true row scores above a false one, ties half (Mann and Whitney, 1947).

    >>> auroc(np.array([1, 0, 0]), np.array([0.5, 0.5, 0.1]))
    0.75
    """
    yes = np.asarray(true, bool)
    positive, negative = int(yes.sum()), int((~yes).sum())
    if not positive or not negative:
        return float("nan")
    _, place, count = np.unique(score, return_inverse=True, return_counts=True)
    rank = (np.cumsum(count) - (count - 1) / 2)[place]
    return float((rank[yes].sum() - positive * (positive + 1) / 2) / (positive * negative))


def best_f1_threshold(true: Array, score: Array) -> tuple[float, float]:
    """The threshold (at and above it: yes) with the highest F1, and that F1."""
    hits, flagged = _steps(true, score)
    if not hits.size or hits[-1] == 0:
        return 1.0, 0.0
    f1 = 2 * hits / (flagged + hits[-1])
    best = int(np.argmax(f1))
    return float(np.unique(score)[::-1][best]), float(f1[best])


def f1(true: Array, yes: NDArray[np.bool_]) -> float:
    """Harmonic mean of precision and recall; 0 where nothing is found.

    >>> round(f1(np.array([1, 1, 0]), np.array([True, False, False])), 4)
    0.6667
    """
    found = int((np.asarray(true, bool) & yes).sum())
    return 2 * found / max(int(true.sum() + yes.sum()), 1)


def macro_f1(true: NDArray[np.int64], given: NDArray[np.int64]) -> float:
    """Mean F1 of the levels that are true somewhere, each level counting the same.

    >>> round(macro_f1(np.array([0, 0, 1]), np.array([0, 0, 0])), 4)
    0.4
    """
    return float(np.mean([f1((true == level).astype(float), given == level) for level in np.unique(true)]))


def balanced_accuracy(true: NDArray[np.int64], given: NDArray[np.int64]) -> float:
    """Mean recall of the levels that are true somewhere (Brodersen et al., ICPR 2010).

    >>> balanced_accuracy(np.array([0, 0, 1]), np.array([0, 0, 0]))
    0.5
    """
    return float(np.mean([np.mean(given[true == level] == level) for level in np.unique(true)]))


def brier(true: Array, probability: Array) -> float:
    """Mean squared error of probabilities (Brier, Monthly Weather Review 78, 1950)."""
    return float(np.mean((np.asarray(probability) - np.asarray(true, float)) ** 2))


def expected_calibration_error(true: Array, probability: Array, bins: int = 10) -> float:
    """Mean gap of stated and observed frequency over equal-width bins (Naeini et al., AAAI 2015)."""
    true, probability = np.asarray(true, float), np.asarray(probability, float)
    place = np.minimum((probability * bins).astype(int), bins - 1)
    gap = np.bincount(place, probability - true, minlength=bins)
    return float(np.abs(gap).sum() / len(true))


def rmse(true: Array, predicted: Array) -> float:
    return float(np.sqrt(np.mean((np.asarray(predicted) - true) ** 2)))


def r2(true: Array, predicted: Array) -> float:
    """Share of variance explained; NaN where there is none."""
    variance = float(np.var(true))
    return float(1 - np.mean((np.asarray(predicted) - true) ** 2) / variance) if variance > 0 else float("nan")


def phm08(true: Array, predicted: Array) -> float:
    """The score of the PHM 2008 challenge: late answers cost more than early ones (Saxena et al., PHM 2008, eq. 11).

    >>> round(phm08(np.array([10.0]), np.array([20.0])), 4)
    1.7183
    """
    late = np.asarray(predicted) - true
    return float(np.sum(np.where(late < 0, np.exp(-late / 13), np.exp(late / 10)) - 1))


def coverage(true: Array, low: Array, high: Array) -> float:
    """Share of truths inside their interval; a float32's rounding at its ends does not count."""
    slack = 1e-4 * np.maximum(np.abs(true), 1.0)
    return float(np.mean((true >= low - slack) & (true <= high + slack)))


def _steps(true: Array, score: Array) -> tuple[Array, Array]:
    """True and all rows at or above each distinct score, highest first."""
    distinct, place = np.unique(score, return_inverse=True)
    hits = np.bincount(place, np.asarray(true, float), minlength=len(distinct))[::-1].cumsum()
    flagged = np.bincount(place, minlength=len(distinct))[::-1].cumsum()
    return hits, flagged.astype(float)
