"""Recorded windows that a bundle is checked on, and what is known of each: lives not learnt from come first."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from machine_profiles.errors import MillwrightError
from machine_profiles.profile import Profile
from models import metrics
from models.datasets import Datasets
from models.gates import MAIN_METRIC
from models.holdout import held_out
from models.inference import Array
from models.lives import Lives
from models.model_card import ModelCard
from models.storage import Storage
from models.telemetry import Telemetry
from models.windows import ModelInput, inputs_of

WINDOWS = 10_000


@dataclass(frozen=True)
class RecordedWindows:
    """n windows. `left` (n,): hours the life is known to have lasted from then on; `held`: of lives not learnt from."""

    inputs: ModelInput
    held: NDArray[np.bool_]
    failed: NDArray[np.bool_]
    left: NDArray[np.float64]
    horizon_hours: float  # rows this near to a failure are what an anomaly model should see
    sound_hours: float  # and rows this far from one are sound

    def __len__(self) -> int:
        return len(self.inputs)

    def to_calibrate_on(self) -> ModelInput:
        """Of lives held out; of any where none was."""
        return self.inputs.rows(self.held) if self.held.any() else self.inputs

    def figure(self, card: ModelCard, found: dict[str, Array]) -> dict[str, float]:
        """The task's main metric on the windows of lives held out; empty where their truth is not known.

        `found`: answers for all windows, of failure models within the horizon that the card states.
        """
        horizon = card.failure_horizon_hours or 0.0
        failed, left = self.failed[self.held], self.left[self.held]
        answers = {name: value[self.held] for name, value in found.items()}
        name = MAIN_METRIC[card.task].name
        value = None
        if card.task == "failure":
            known = failed | (left >= horizon)
            true = (failed & (left <= horizon))[known].astype(float)
            if 0 < true.sum() < len(true):
                value = metrics.average_precision(true, answers["probability"][known, 0].astype(float))
        elif card.task == "rul" and failed.any():
            true = np.minimum(left[failed], np.inf if card.cap_hours is None else card.cap_hours)
            value = metrics.rmse(true, answers["rul_hours"][failed, 0].astype(float))
        elif card.task == "anomaly":
            near, sound = failed & (left <= self.horizon_hours), left >= self.sound_hours
            judged = (near | sound) & np.isfinite(answers["score"][:, 0])
            if near[judged].any() and sound[judged].any():
                value = metrics.auroc(near[judged], answers["score"][judged, 0].astype(float))
        return {} if value is None or not np.isfinite(value) else {name: float(value)}


def recorded_windows(
    storage: Storage, telemetry: Telemetry, profile: Profile, card: ModelCard, count: int = WINDOWS
) -> RecordedWindows | None:
    """`count` windows, or as many as there are, of the lives the model was made from; None where there is none."""
    lives = _lives(storage, telemetry, profile, card)
    if lives is None or not len(lives.rows):
        return None
    held = set(held_out(lives, card.seed)) if len(lives.names) > 1 else set()
    first = _windows(profile, lives.only(sorted(held)), count) if held else None
    more = count - (len(first[1]) if first else 0)
    rest = _windows(profile, lives.only([name for name in lives.names if name not in held]), more) if more > 0 else None
    parts = [part for part in (first, rest) if part is not None]
    inputs = ModelInput(
        np.concatenate([part.window for part, _ in parts]),
        np.concatenate([part.baseline for part, _ in parts]),
        np.concatenate([part.age_hours for part, _ in parts]),
    )
    keys = pd.concat([keys for _, keys in parts], ignore_index=True)
    ends = lives.ends.set_index("life")
    return RecordedWindows(
        inputs,
        keys["life"].isin(held).to_numpy(),
        keys["life"].isin(lives.failed).to_numpy(),
        np.asarray(keys["life"].map(ends["end_hours"]).astype(float) - keys["hours"].astype(float), np.float64),
        profile.modelling.failure_horizon_hours,
        max(profile.modelling.rul_cap_hours or 0.0, profile.modelling.failure_horizon_hours),
    )


def _lives(storage: Storage, telemetry: Telemetry, profile: Profile, card: ModelCard) -> Lives | None:
    """Those of the data set the card names, as they were learnt from; else what is recorded now."""
    datasets = Datasets(storage)
    for reference in card.datasets:
        try:
            return datasets.lives(datasets.find(profile.id, reference, content=("lives",)), profile.sensor_names)
        except MillwrightError:
            continue
    return telemetry.lives(profile) if telemetry.has(profile.id) else None


def _windows(profile: Profile, lives: Lives, count: int) -> tuple[ModelInput, pd.DataFrame]:
    """At most `count`, evenly over the lives' rows."""
    every = max(1, len(lives.rows) // count)
    inputs, keys = inputs_of(profile, lives, every)
    if len(inputs) <= count:
        return inputs, keys
    chosen = np.unique(np.linspace(0, len(inputs) - 1, count).astype(np.int64))
    return inputs.rows(chosen), keys.iloc[chosen].reset_index(drop=True)
