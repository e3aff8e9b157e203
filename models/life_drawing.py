"""New lives in figures: learnt from the recorded lives' descriptions with SDV's copula, and chosen to match them."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.life_description import Described, LifeDescription
from models.life_keeping import keep_rows, lives_for

CANDIDATES = 6  # lives drawn for each one kept
TRIALS = 2000  # sets of candidates compared with the record
STRENGTH_LIMIT = 3.0  # a change at failure stays between a third and three times its mode's mean
LEVEL, STRENGTH = "level_", "strength_"

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Drawn:
    """The figures of a new life, before it is rendered; as in LifeDescription. `kept` are the rows kept of it."""

    mode: str | None
    before: int  # sound rows
    lead: int  # rows from onset to failure; 0 where it does not fail
    kept: tuple[tuple[int, int], ...]  # stretches of rows, each from its first row to before its last
    first_hours: float
    gap_hours: float
    exponent: float
    noise: float
    level: Array
    change: Array

    @property
    def rows(self) -> int:
        return self.before + self.lead


def draw_lives(described: Described, rows: int, baseline_rows: int, end_rows: int, seed: int) -> list[Drawn]:
    """Lives whose kept rows sum to `rows`, failed and unfailed ones and modes in the recorded proportion.

    Of several sets of candidates, the one whose means over rows (levels, share and extent of degradation, modes)
    lie closest to the record's is kept: with few lives, chance alone would distort them.
    """
    random = np.random.default_rng(seed)
    recorded = described.lives
    failed = [life for life in recorded if life.mode is not None]
    unfailed = [life for life in recorded if life.mode is None]
    usual = float(np.mean([life.rows for life in recorded]))
    wanted = lives_for(rows, usual, len(failed) / len(recorded), baseline_rows, end_rows)
    failing = min(max(round(wanted * len(failed) / len(recorded)), 1), wanted)
    enough = CANDIDATES * wanted + 10
    candidates = _failing(described, failed, enough, seed)
    others = _lasting(recorded, unfailed, enough, random, seed) if wanted > failing else []
    chosen = _closest(described, candidates, others, failing, wanted - failing, wanted * usual, random)
    return keep_rows(chosen, [life.rows for life in failed], rows, baseline_rows, end_rows, random)


def _failing(described: Described, failed: list[LifeDescription], count: int, seed: int) -> list[Drawn]:
    from models import _sdv  # heavy: torch

    answering = np.any([change != 0.0 for change in described.mean_change.values()], axis=0)
    table = pd.DataFrame([_figures(life, described, answering) for life in failed])
    sampled = _sdv.sample_figures(table, count, seed)
    lives = []
    for _, row in sampled.iterrows():
        mean = described.mean_change[row["mode"]]
        strength = np.ones(len(mean))
        strength[answering] = np.exp(row.filter(like=STRENGTH).to_numpy(float))
        lead = max(round(float(np.exp(row["lead"]))), 3)
        before = max(round(float(np.expm1(row["before"]))), 3)
        lives.append(
            Drawn(
                mode=row["mode"],
                before=before,
                lead=lead,
                kept=((0, before + lead),),
                first_hours=max(float(np.expm1(row["first_hours"])), 0.0),
                gap_hours=max(float(row["gap"]), 0.0),
                exponent=float(np.exp(row["exponent"])),
                noise=float(np.exp(row["noise"])),
                level=row.filter(like=LEVEL).to_numpy(float),
                change=mean * strength,
            )
        )
    return lives


def _lasting(
    recorded: tuple[LifeDescription, ...],
    unfailed: list[LifeDescription],
    count: int,
    random: np.random.Generator,
    seed: int,
) -> list[Drawn]:
    """Lives that do not fail: levels and noise learnt from all lives, lengths and ages those of recorded ones."""
    from models import _sdv  # heavy: torch

    table = pd.DataFrame([_common(life) for life in recorded])
    sampled = _sdv.sample_figures(table, count, seed + 1)
    lives = []
    for _, row in sampled.iterrows():
        like = unfailed[int(random.integers(len(unfailed)))]
        lives.append(
            Drawn(
                mode=None,
                before=like.rows,
                lead=0,
                kept=((0, like.rows),),
                first_hours=like.first_hours * float(np.exp(0.1 * random.standard_normal())),
                gap_hours=like.gap_hours,
                exponent=1.0,
                noise=float(np.exp(row["noise"])),
                level=row.filter(like=LEVEL).to_numpy(float),
                change=np.zeros_like(like.change),
            )
        )
    return lives


def _common(life: LifeDescription) -> dict[str, float]:
    return {"noise": float(np.log(life.noise)), **{f"{LEVEL}{i:03d}": float(v) for i, v in enumerate(life.level)}}


def _figures(life: LifeDescription, described: Described, answering: NDArray[np.bool_]) -> dict[str, float | str]:
    mean = described.mean_change[str(life.mode)]
    with np.errstate(all="ignore"):
        ratio = np.clip(life.change / mean, 1.0 / STRENGTH_LIMIT, STRENGTH_LIMIT)
    strength = np.log(np.where(np.isfinite(ratio), ratio, 1.0))
    return {
        "mode": str(life.mode),
        "lead": float(np.log(max(life.rows - life.onset_row, 1))),
        "before": float(np.log1p(life.onset_row)),
        "first_hours": float(np.log1p(max(life.first_hours, 0.0))),
        "gap": life.gap_hours,
        "exponent": float(np.log(life.exponent)),
        **_common(life),
        **{f"{STRENGTH}{i:03d}": float(strength[i]) for i in np.flatnonzero(answering)},
    }


def _closest(
    described: Described,
    failing: list[Drawn],
    others: list[Drawn],
    count: int,
    other_count: int,
    rows: float,
    random: np.random.Generator,
) -> list[Drawn]:
    measure = _measure(described)
    recorded = [(life, life.rows, life.rows - life.onset_row) for life in described.lives]
    target = np.sum([measure(*life) for life in recorded], axis=0)
    first = np.array([measure(life, life.rows, life.lead) for life in failing])
    second = np.array([measure(life, life.rows, 0) for life in others]).reshape(len(others), first.shape[1])
    these = np.argsort(random.random((TRIALS, len(failing))), axis=1)[:, :count]
    those = np.argsort(random.random((TRIALS, len(others))), axis=1)[:, :other_count]
    totals = first[these].sum(axis=1) + second[those].sum(axis=1)
    shares, target = totals[:, 1:] / totals[:, :1], target[1:] / target[0]
    loss = np.abs(shares - target).sum(axis=1) + np.abs(totals[:, 0] / rows - 1.0)
    best = int(np.argmin(loss))
    return [failing[i] for i in these[best]] + [others[i] for i in those[best]]


def _measure(described: Described) -> Callable[[LifeDescription | Drawn, int, int], Array]:
    """What is compared with the record: rows, and how many of them lie in each fifth of a sensor's levels (the more a
    sensor's level tells units apart, the more it counts), are degraded by each mode, and how far."""
    modes = sorted(described.mean_change)
    levels = np.stack([life.level for life in described.lives])
    weights = np.array([life.rows for life in described.lives], dtype=float)
    edges = np.stack([_weighted_quantiles(column, weights) for column in levels.T])
    apart = levels.var(axis=0)
    counts = apart / np.maximum(apart + described.spread**2, 1e-12)
    spread = np.where(described.spread > 0, described.spread, np.inf)

    def measure(life: LifeDescription | Drawn, rows: int, lead: int) -> Array:
        fifth = (life.level[:, None] > edges).sum(axis=1)
        occupied = rows * counts[:, None] * (fifth[:, None] == np.arange(5))
        moved = lead * np.minimum(np.abs(life.change) / spread / 10.0, 3.0)
        ran = [3.0 * lead * (life.mode == mode) for mode in modes]
        return np.concatenate([[rows], occupied.ravel(), moved, ran])

    return measure


def _weighted_quantiles(values: Array, weights: Array) -> Array:
    order = np.argsort(values)
    shares = np.cumsum(weights[order]) / weights.sum()
    return np.asarray([values[order][int(np.searchsorted(shares, q))] for q in (0.2, 0.4, 0.6, 0.8)])
