"""Whether a bundle answers as the models it came from: on recorded windows, on random ones, and row by row."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from machine_profiles.errors import MillwrightError
from machine_profiles.profile import Profile
from models.edge_runtime.run import Bundle, Stream
from models.inference import Array, answer
from models.lives import Lives
from models.model_card import ModelCard
from models.registry import Registry
from models.results import Task
from models.windows import ModelInput, inputs_of, latest_input, window_rows

WINDOWS = 1000  # of each kind
HORIZONS = (24.0, 168.0)
LARGEST_DIFFERENCE = 1e-5  # of the figure, or absolute below 1
STREAMED_ROWS = 24


class ParityLost(MillwrightError):
    def __init__(self, card: ModelCard, difference: float, decisions: int) -> None:
        super().__init__(
            f"The {card.task} model in the bundle answers otherwise than version {card.version} in the registry: by up "
            f"to {difference:.3g}, and {decisions} decisions differ. Nothing was exported; train the model again."
        )


class Parity(NamedTuple):
    largest: float  # absolute difference of any output
    rows: int
    decisions_changed: int


def recorded_windows(profile: Profile, rows: pd.DataFrame) -> ModelInput:
    """About WINDOWS causal windows from recorded rows of one life."""
    table = rows.assign(life="now")
    ends = pd.DataFrame(
        {"life": ["now"], "unit": ["main"], "ended_by": ["running"], "failure_mode": [None],
         "end_hours": [rows["hours"].max()]}
    )  # fmt: skip
    kept = ["life", "hours", *profile.sensor_names]
    lives = Lives(table.reindex(columns=kept), ends, profile.sensor_names)
    return inputs_of(profile, lives, every=max(1, len(table) // WINDOWS))[0]


def random_windows(profile: Profile, rows: pd.DataFrame | None, seed: int) -> ModelInput:
    """WINDOWS random walks around the recorded readings (or the normal ranges), a tenth of them missing."""
    random = np.random.default_rng(seed)
    centre, spread = _levels(profile, rows)
    shape = (WINDOWS, window_rows(profile), len(centre))
    walks = np.cumsum(random.normal(0, 0.2, shape), axis=1) + random.normal(0, 2, (WINDOWS, 1, len(centre)))
    window = (centre + spread * walks).astype(np.float32)
    window[random.random(shape) < 0.1] = np.nan
    baseline = (centre + spread * random.normal(0, 1, (WINDOWS, len(centre)))).astype(np.float32)
    return ModelInput(window, baseline, random.uniform(0, 10_000, (WINDOWS, 1)).astype(np.float32))


def compare(bundle: Bundle, registry: Registry, card: ModelCard, windows: list[ModelInput]) -> Parity:
    """The bundle's answers beside the registered model's. Raises ParityLost where they are out of bounds."""
    folder = registry.folder(card.machine_id, card.task, card.version)
    largest, relative, changed, rows = 0.0, 0.0, 0, 0
    for model_input in windows:
        for horizon in HORIZONS if card.task == "failure" else HORIZONS[:1]:
            theirs = answer(folder, model_input, horizon if card.task == "failure" else None)
            ours = bundle.answers(
                model_input.window, model_input.baseline, model_input.age_hours, horizon, tasks={card.task}
            )[card.task]
            found = [_difference(ours[name], theirs[name]) for name in theirs]
            largest = max(largest, *(each[0] for each in found))
            relative = max(relative, *(each[1] for each in found))
            changed += int((_decisions(card, ours) != _decisions(card, theirs)).sum())
            rows += len(model_input)
    if relative > LARGEST_DIFFERENCE or changed:
        raise ParityLost(card, largest, changed)
    return Parity(largest, rows, changed)


def require_same_stream(
    bundle: Bundle,
    registry: Registry,
    profile: Profile,
    cards: list[ModelCard],
    rows: pd.DataFrame,
    baseline: pd.Series,
) -> None:
    """Feed recorded rows one by one as a device would; the last answers must be those of the registered models."""
    stream = Stream(bundle, HORIZONS[0], forecast=True)
    for position, (_, row) in enumerate(rows.iterrows(), 1):
        stream.judge([float(row[name]) for name in profile.sensor_names], float(row["hours"]), str(row["life"]))
        last = position == len(rows)
        if not last and (stream.learning or position <= len(rows) - STREAMED_ROWS):
            continue  # a young life's sound state is still being learnt; it is complete at the last row
        expected = latest_input(profile, rows.iloc[:position], baseline)
        window, sound, age_hours = stream.inputs()
        ours = bundle.answers(window, sound, age_hours, HORIZONS[0])
        for card in cards:
            folder = registry.folder(card.machine_id, card.task, card.version)
            theirs = answer(folder, expected, HORIZONS[0] if card.task == "failure" else None)
            found = [_difference(ours[card.task][name], theirs[name]) for name in theirs]
            if max(each[1] for each in found) > LARGEST_DIFFERENCE:
                raise ParityLost(card, max(each[0] for each in found), 0)


def _difference(one: Array, other: Array) -> tuple[float, float]:
    """Largest absolute and relative difference; a number against no number is infinite."""
    if (np.isnan(one) != np.isnan(other)).any():
        return float("inf"), float("inf")
    apart = np.abs(one.astype(np.float64) - other)[~np.isnan(one)]
    size = np.maximum(1.0, np.abs(other[~np.isnan(one)]))
    return (float(apart.max()), float((apart / size).max())) if apart.size else (0.0, 0.0)


def _decisions(card: ModelCard, found: dict[str, Array]) -> "np.ndarray[tuple[int, ...], np.dtype[np.bool_]]":
    """What a person would act on: failure expected, anomalous, RUL within the horizon."""
    threshold = 0.5 if card.threshold is None else card.threshold
    figure: dict[Task, str] = {"failure": "probability", "anomaly": "score"}
    if card.task in figure:
        return found[figure[card.task]] >= threshold
    if card.task == "rul":
        return found["rul_hours"] <= HORIZONS[0]
    return np.zeros(0, bool)


def _levels(profile: Profile, rows: pd.DataFrame | None) -> tuple[Array, Array]:
    """Centre and spread of each sensor, from its normal range and, where recorded, its readings."""
    normal = [sensor.normal for sensor in profile.sensors]
    centre = np.array([(band.low + band.high) / 2 if band else 0.0 for band in normal])
    spread = np.array([(band.high - band.low) / 4 if band else 1.0 for band in normal])
    if rows is not None and len(rows) > 1:
        values = rows.reindex(columns=list(profile.sensor_names)).astype(float)
        mean, deviation = values.mean().to_numpy(), values.std().to_numpy()
        known = np.isfinite(mean) & (deviation > 0)
        centre, spread = np.where(known, mean, centre), np.where(known, deviation, spread)
    return centre.astype(np.float32), spread.astype(np.float32)
