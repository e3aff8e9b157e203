"""Which rows of drawn lives are kept: a budget of rows spent on many lives, where they teach."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from models.life_drawing import Drawn

UNFAILED_SHARE = 0.5  # of the rows that a failed life is given
BINS = 16  # of the rows left to a life's end, compared with the record
PLACES = 40  # where the later stretch may lie

Stretches = tuple[tuple[int, int], ...]  # each from its first row to before its last
Array = NDArray[np.float64]


def keep_rows(
    lives: list["Drawn"],
    recorded: list[int],
    rows: int,
    baseline_rows: int,
    end_rows: int,
    random: np.random.Generator,
) -> list["Drawn"]:
    """The lives with `kept` set so that their rows sum to `rows`; hours are never changed: what is left out is a hole.

    A life that has more rows than its share keeps its first `baseline_rows`, which tell its sound state, a stretch
    from later on and, where it fails, its last `end_rows`. The middle stretches lie so that of failed lives as many
    rows are so far from failure as in the record (`recorded`: rows of its failed lives).
    """
    failing = np.array([life.mode is not None for life in lives])
    shares = _shares(np.array([life.rows for life in lives]), np.where(failing, 1.0, UNFAILED_SHARE), rows)
    if shares.sum() < rows:  # every life whole, and still too few rows: sound parts grow
        lives = _lengthened(lives, rows)
        shares = np.array([life.rows for life in lives])
    left = np.concatenate([np.arange(n) for n in recorded])
    edges = np.unique(np.quantile(left, np.linspace(0.0, 1.0, BINS + 1)[1:-1]))
    wanted = np.bincount(np.searchsorted(edges, left), minlength=len(edges) + 1) / len(left) * shares[failing].sum()
    filled = np.zeros_like(wanted)
    kept: dict[int, Stretches] = {}
    for i in random.permutation(np.flatnonzero(shares)):
        life, share = lives[i], int(shares[i])
        if not failing[i]:
            first = min(baseline_rows, share // 2)
            kept[i] = _stretches(life.rows, first, share - first, 0)[int(random.integers(PLACES))]
            continue
        first, end = min(baseline_rows, share // 3), min(end_rows, share // 3)
        choices = _stretches(life.rows, first, share - first - end, end)
        counts = np.array([_counts(choice, life.rows, edges) for choice in choices])
        best = int(np.argmin((((filled + counts) ** 2) / np.maximum(wanted, 1.0)).sum(axis=1)))
        kept[i], filled = choices[best], filled + counts[best]
    return [replace(lives[i], kept=kept[i]) for i in sorted(kept)]


def lives_for(rows: int, usual: float, failed_share: float, baseline_rows: int, end_rows: int) -> int:
    """How many lives a budget of rows is spent on, where whole ones have `usual` rows.

    A failed life then keeps its baseline, twice as long a stretch later on, and its end; shorter stretches cost more
    rows whose trailing windows are not filled yet than further lives are worth.
    """
    each = (3 * baseline_rows + end_rows) * (failed_share + UNFAILED_SHARE * (1.0 - failed_share))
    return max(round(rows / min(usual, each)), 1)


def _shares(lengths: NDArray[np.int64], weights: Array, rows: int) -> NDArray[np.int64]:
    """Rows of each life, in proportion to the weights, but none more than it has."""
    shares = np.zeros(len(lengths), dtype=np.int64)
    while (left := rows - int(shares.sum())) > 0 and (open_ := np.flatnonzero(shares < lengths)).size:
        more = np.floor(left * weights[open_] / weights[open_].sum()).astype(np.int64)
        more[: left - int(more.sum())] += 1
        shares[open_] = np.minimum(shares[open_] + more, lengths[open_])
    return shares


def _lengthened(lives: list["Drawn"], rows: int) -> list["Drawn"]:
    before = np.array([life.before for life in lives], dtype=float)
    missing = rows - sum(life.rows for life in lives)
    added = np.floor(missing * before / before.sum()).astype(int)
    added[int(np.argmax(before))] += missing - added.sum()
    return [replace(life, before=life.before + int(more)) for life, more in zip(lives, added, strict=True)]


def _stretches(length: int, first: int, later: int, end: int) -> list[Stretches]:
    """The first rows, `later` rows from somewhere between, and the last rows, for each place of those between."""
    starts = np.linspace(first, length - end - later, PLACES).astype(int)
    return [((0, first), (int(s), int(s) + later), (length - end, length)) for s in starts]


def _counts(kept: Stretches, length: int, edges: Array) -> Array:
    left = np.concatenate([length - 1 - np.arange(first, stop) for first, stop in kept])
    return np.bincount(np.searchsorted(edges, left), minlength=len(edges) + 1).astype(float)
