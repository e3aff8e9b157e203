"""Causal windows over lives: what a model may look at when it judges a row."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from machine_profiles.profile import Profile
from models.lives import Lives

FEW_ROWS = 5  # a baseline from fewer rows than this is noise


@dataclass(frozen=True)
class ModelInput:
    """Inputs of a model's graph, float32, for n rows; see models.model_card.

    window (n, T, S): the latest T rows, oldest first, NaN where nothing was measured, before a short history, and
    before a hole in the record that is longer than the window itself.
    baseline (n, S): mean of the life's first rows as far as they had been seen, NaN where unknown.
    age_hours (n, 1): operating hours since the life began.
    """

    window: NDArray[np.float32]
    baseline: NDArray[np.float32]
    age_hours: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.window)

    def feeds(self) -> dict[str, NDArray[np.float32]]:
        return {"window": self.window, "baseline": self.baseline, "age_hours": self.age_hours}

    def rows(self, chosen: NDArray[np.bool_] | NDArray[np.int64] | slice) -> "ModelInput":
        return ModelInput(self.window[chosen], self.baseline[chosen], self.age_hours[chosen])


def window_rows(profile: Profile) -> int:
    return max(profile.modelling.windows)


def latest_input(profile: Profile, rows: pd.DataFrame, baseline: pd.Series) -> ModelInput:
    """The input for the last of `rows` (oldest first, at most a window of one life) with the life's baseline."""
    sensors, length = list(profile.sensor_names), window_rows(profile)
    values = rows.reindex(columns=sensors).to_numpy(np.float32)[-length:]
    if "hours" in rows and len(values):
        values = values[_unbroken_from(rows["hours"].to_numpy()[-length:], _longest_hole(profile))[-1] :]
    window = np.full((1, length, len(sensors)), np.nan, np.float32)
    if len(values):
        window[0, length - len(values) :] = values
    sound = baseline.reindex(sensors).to_numpy(np.float64)[None].astype(np.float32)
    if len(rows) < FEW_ROWS:
        sound[:] = np.nan
    age = float(rows["hours"].iloc[-1]) if len(rows) and "hours" in rows else np.nan
    return ModelInput(window, sound, np.array([[age]], np.float32))


def inputs_of(profile: Profile, lives: Lives, every: int = 1) -> tuple[ModelInput, pd.DataFrame]:
    """The causal input of each row of each life (each `every`-th, counted back from the life's last row).

    The second result has the columns `life` and `hours`, aligned to the first.
    """
    parts = list(life_inputs(profile, lives, every))
    if not parts:
        shape = (0, window_rows(profile), len(profile.sensor_names))
        nothing = ModelInput(np.empty(shape, np.float32), np.empty((0, shape[2]), np.float32), np.empty((0, 1), "f4"))
        return nothing, pd.DataFrame({"life": pd.Series(dtype=object), "hours": pd.Series(dtype=float)})
    inputs = ModelInput(
        np.concatenate([part.window for part, _ in parts]),
        np.concatenate([part.baseline for part, _ in parts]),
        np.concatenate([part.age_hours for part, _ in parts]),
    )
    return inputs, pd.concat([keys for _, keys in parts], ignore_index=True)


def life_inputs(profile: Profile, lives: Lives, every: int = 1) -> Iterator[tuple[ModelInput, pd.DataFrame]]:
    """The same life by life, so that a long history never lies in memory as windows all at once."""
    sensors, length = list(profile.sensor_names), window_rows(profile)
    ordered = lives.rows.sort_values(["life", "hours"], kind="stable")
    every_value, every_hour = ordered[sensors].to_numpy(np.float32), ordered["hours"].to_numpy()
    life = ordered["life"].to_numpy()
    starts = np.flatnonzero(np.concatenate([[True], life[1:] != life[:-1]])[: len(life)])
    for start, end in zip(starts, [*starts[1:], len(life)], strict=True):
        values, hours = every_value[start:end], every_hour[start:end]
        count = len(values)
        padded = np.concatenate([np.full((length - 1, len(sensors)), np.nan, np.float32), values])
        windows = np.lib.stride_tricks.sliding_window_view(padded, length, axis=0)
        chosen = np.arange((count - 1) % every, count, every)
        window = np.ascontiguousarray(windows[chosen].transpose(0, 2, 1))
        since = _unbroken_from(hours, _longest_hole(profile))[chosen]
        window[np.arange(length) < (since - chosen + length - 1)[:, None]] = np.nan
        yield (
            ModelInput(
                window,
                _baselines(values, profile.modelling.baseline_rows)[chosen],
                hours[chosen, None].astype(np.float32),
            ),
            pd.DataFrame({"life": life[start:end][chosen], "hours": hours[chosen]}),
        )


def _longest_hole(profile: Profile) -> float:
    return window_rows(profile) * profile.modelling.sample_hours


def _unbroken_from(hours: NDArray[np.float64], longest_hole: float) -> NDArray[np.int64]:
    """For each row the first one since the last hole in the record; rows before it are another time's.

    >>> _unbroken_from(np.array([0.0, 1.0, 2.0, 90.0, 91.0]), 24.0)
    array([0, 0, 0, 3, 3])
    """
    broken = np.diff(hours, prepend=hours[:1]) > longest_hole
    return np.maximum.accumulate(np.where(broken, np.arange(len(hours)), 0))


def _baselines(values: NDArray[np.float32], baseline_rows: int) -> NDArray[np.float32]:
    """Mean of the first `baseline_rows` rows as far as seen at each row; NaN while fewer than FEW_ROWS were."""
    seen = ~np.isnan(values)
    sums = np.cumsum(np.where(seen, values, 0.0), axis=0, dtype=np.float64)
    counts = np.cumsum(seen, axis=0)
    known_to = np.minimum(np.arange(len(values)), baseline_rows - 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        means = np.where(counts > 0, sums / counts, np.nan)[known_to]
    means[: FEW_ROWS - 1] = np.nan
    return means.astype(np.float32)
