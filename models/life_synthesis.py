"""Whole synthetic lives: drawn from the recorded lives' descriptions and rendered, so that their RUL is true."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from machine_profiles.profile import Profile
from models.constraints import Constraints
from models.life_description import NOT_STATED, Described, LifeDescription, describe, operation_terms
from models.life_drawing import Drawn, draw_lives
from models.lives import BadLives, Lives

BLOCK_ROWS = 168  # operation and noise are taken from the record in blocks; hourly: a week
FEWEST_FAILED = 2

Array = NDArray[np.float64]


def synthesize_lives(lives: Lives, profile: Profile, constraints: Constraints, rows: int, seed: int) -> Lives:
    """New lives with `rows` rows in all.

    Lengths, onsets, levels, steepness, strength and noise are learnt and drawn with SDV's Gaussian copula; modes and
    unfailed lives come in the recorded proportion. Operation and noise are blocks of the record. The RUL of a row is
    known by construction: a failed life's `end_hours` is the hour it was drawn to fail at.
    Raises BadLives where fewer than two failed lives can be described.
    """
    described, drawn = draw(lives, profile, rows, seed)
    backgrounds = _Backgrounds(described, np.random.default_rng(seed))
    return assembled(lives, described, drawn, constraints, lambda life: _render(described, life, backgrounds))


def draw(lives: Lives, profile: Profile, rows: int, seed: int) -> tuple[Described, list[Drawn]]:
    """What was learnt from the lives, and the figures of the new ones before they are rendered. Raises BadLives."""
    described = describe(lives, tuple(s.name for s in profile.sensors if s.role == "operating"))
    failed = [life for life in described.lives if life.mode is not None]
    if len(failed) < FEWEST_FAILED:
        raise BadLives(
            f"Only {len(failed)} recorded life that failed is long enough to describe; the method lives needs at least "
            f"{FEWEST_FAILED}. Use gaussian_copula, or record more failures."
        )
    end_rows = max(round(profile.modelling.failure_horizon_hours / described.step_hours), 1)
    return described, draw_lives(described, rows, profile.modelling.baseline_rows, end_rows, seed)


def assembled(
    lives: Lives,
    described: Described,
    drawn: list[Drawn],
    constraints: Constraints,
    render: Callable[[Drawn], pd.DataFrame],
) -> Lives:
    """The drawn lives rendered (a column a sensor, a row a step), cut to the rows kept, rounded as the record is."""
    tables, ends = [], []
    for number, life in enumerate(drawn):
        name = f"synthetic{number:05d}"
        table = render(life)
        table.insert(0, "life", name)
        table.insert(1, "hours", life.first_hours + described.step_hours * np.arange(life.rows))
        end = float(table["hours"].iloc[-1]) + life.gap_hours
        ended_by = "preventive" if life.mode is None else "failure"
        tables.append(pd.concat([table.iloc[first:stop] for first, stop in life.kept]))
        ends.append((name, name, ended_by, None if life.mode == NOT_STATED else life.mode, end))
    table = pd.concat(tables, ignore_index=True)[["life", "hours", *lives.sensors]]
    for sensor in lives.sensors:
        table[sensor] = table[sensor].round(_decimals(lives.rows[sensor]))
    table = constraints.kept(table)
    for sensor in lives.sensors:
        table[sensor] = table[sensor].astype("float32")
    return Lives(
        table, pd.DataFrame(ends, columns=["life", "unit", "ended_by", "failure_mode", "end_hours"]), lives.sensors
    )


def _render(described: Described, life: Drawn, backgrounds: "_Backgrounds") -> pd.DataFrame:
    """A life's readings: level, what operation adds, the path to failure, and noise."""
    operation, noise, missing = backgrounds.of(life)
    readings = life.level + operation_terms(operation, described.centre) @ described.effects + noise
    if life.mode is not None:
        u = np.clip((np.arange(life.rows) - life.before + 1) / life.lead, 0.0, 1.0)
        readings = readings + life.change * u[:, None] ** (life.exponent * described.shape[life.mode])
    values = np.column_stack([readings, operation])
    values[missing] = np.nan
    return pd.DataFrame(values, columns=[*described.condition, *described.operating])


class _Backgrounds:
    """Operation, noise and gaps for new lives, as blocks of recorded rows in a like state of wear."""

    def __init__(self, described: Described, random: np.random.Generator) -> None:
        self._lives = described.lives
        self._random = random
        self._sound = np.array([life.onset_row for life in described.lives], dtype=float)
        self._hourly = 0.9 < described.step_hours < 1.1 and all(d.hour_of_day is not None for d in described.lives)

    def of(self, life: Drawn) -> tuple[Array, Array, NDArray[np.bool_]]:
        """Arrays of `life.rows` rows: operation, noise by condition sensor, and which readings are missing."""
        blocks: list[tuple[LifeDescription, int, int]] = []
        hour = int(self._random.integers(24))
        done = 0
        while done < life.before:
            donor = self._lives[int(self._random.choice(len(self._lives), p=self._sound / self._sound.sum()))]
            length = min(BLOCK_ROWS, life.before - done, donor.onset_row)
            start = self._aligned(donor, int(self._random.integers(donor.onset_row - length + 1)), length, hour + done)
            blocks.append((donor, start, length))
            done += length
        failing = [d for d in self._lives if d.mode is not None and d.mode == life.mode]
        while done < life.rows:
            donor = failing[int(self._random.integers(len(failing)))]
            lead = donor.rows - donor.onset_row
            length = min(BLOCK_ROWS, life.rows - done, lead)
            reached = (done - life.before) / life.lead
            start = donor.onset_row + min(int(reached * lead), lead - length)
            blocks.append((donor, start, length))
            done += length
        return (
            np.concatenate([d.operation[s : s + n] for d, s, n in blocks]),
            np.concatenate([d.residual[s : s + n] * (life.noise / d.noise) for d, s, n in blocks]),
            np.concatenate([d.missing[s : s + n] for d, s, n in blocks]),
        )

    def _aligned(self, donor: LifeDescription, start: int, length: int, hour: int) -> int:
        """The start moved, by less than a day, so that the hour of the day runs on; unmoved where there is no room."""
        if not self._hourly or donor.hour_of_day is None:
            return start
        ahead = int((hour - donor.hour_of_day[start]) % 24)
        for moved in (start + ahead, start + ahead - 24):
            if 0 <= moved <= donor.onset_row - length:
                return moved
        return start


def _decimals(readings: "pd.Series[float]") -> int:
    """Decimal places the readings were written with, at most 6."""
    values = readings.dropna().to_numpy(float)[:2000]
    for places in range(6):
        if (np.abs(values - np.round(values, places)) <= 1e-6 * np.abs(values) + 1e-9).all():
            return places
    return 6
