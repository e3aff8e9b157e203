"""Whether a bundle answers as the models it came from: on recorded windows, on random ones, and row by row."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from machine_profiles.errors import MillwrightError
from machine_profiles.profile import Profile
from models.edge_platforms import Precision
from models.edge_runtime.run import Bundle, Stream
from models.edge_windows import RecordedWindows
from models.gates import MAIN_METRIC
from models.inference import Array, answer
from models.model_card import ModelCard
from models.registry import Registry
from models.results import Task
from models.windows import ModelInput, latest_input, window_rows

RANDOM_WINDOWS = 1000  # beside recorded ones; alone, as many as those
HORIZONS = (24.0, 168.0)
LARGEST_DIFFERENCE = 1e-5  # of the figure, or absolute below 1; for a graph whose numbers are the model's own
DECISIONS = 0.001  # the share that rounded weights may change
METRIC_LOSS = 0.01  # of the main metric on held-out lives, by rounded weights
STREAMED_ROWS = 24
CHUNK = 2048


class ParityLost(MillwrightError):
    def __init__(self, card: ModelCard, parity: "Parity", precision: Precision) -> None:
        instead = "train the model again" if precision == "fp32" else f"choose fp32 in place of {precision}"
        metric = MAIN_METRIC[card.task].name
        moved = f", {metric} {parity.before:.4g} to {parity.after:.4g}" if parity.before and parity.after else ""
        super().__init__(
            f"The {card.task} model in the bundle answers otherwise than version {card.version} in the registry: by up "
            f"to {parity.largest:.3g}, and {parity.decisions_changed} of {parity.rows} decisions differ{moved}. "
            f"Nothing was exported; {instead}."
        )


class Parity(NamedTuple):
    """Of the bundle's answers against the registered model's, in units of the outputs."""

    largest: float  # absolute difference of any output
    p999: float  # 99.9th percentile of a row's largest difference
    rows: int
    decisions_changed: int
    before: float | None = None  # main metric on held-out lives: the registered model's
    after: float | None = None  # and the bundle's


def random_windows(profile: Profile, rows: pd.DataFrame | None, seed: int, count: int = RANDOM_WINDOWS) -> ModelInput:
    """Random walks around the recorded readings (or the normal ranges), a tenth of the readings missing."""
    random = np.random.default_rng(seed)
    centre, spread = _levels(profile, rows)
    shape = (count, window_rows(profile), len(centre))
    walks = np.cumsum(random.normal(0, 0.2, shape), axis=1) + random.normal(0, 2, (count, 1, len(centre)))
    window = (centre + spread * walks).astype(np.float32)
    window[random.random(shape) < 0.1] = np.nan
    baseline = (centre + spread * random.normal(0, 1, (count, len(centre)))).astype(np.float32)
    return ModelInput(window, baseline, random.uniform(0, 10_000, (count, 1)).astype(np.float32))


def compare(
    bundle: Bundle,
    registry: Registry,
    card: ModelCard,
    recorded: RecordedWindows | None,
    random: ModelInput,
    precision: Precision,
) -> Parity:
    """The bundle's answers beside the registered model's; `precision` is what the bundle's file really holds.

    fp32: to LARGEST_DIFFERENCE and without a changed decision, on recorded and on random windows. Rounded weights:
    at most DECISIONS of the decisions and METRIC_LOSS of the main metric, on recorded windows where there are any.
    Raises ParityLost beyond that, and where one gives a number and the other none.
    """
    windows = [random] if recorded is None else [recorded.inputs, random] if precision == "fp32" else [recorded.inputs]
    apart, relative, changed = [], 0.0, 0
    before = after = None
    for model_input in windows:
        for horizon in _horizons(card):
            theirs = _in_chunks(partial(_registered, registry, card, horizon), model_input)
            ours = _in_chunks(partial(_bundled, bundle, card, horizon), model_input)
            found = [_differences(ours[name], theirs[name]) for name in theirs]
            apart.append(np.max([each[0] for each in found], axis=0))
            relative = max(relative, *(float(each[1].max()) for each in found))
            changed += int((_decisions(card, ours) != _decisions(card, theirs)).sum())
            if recorded is not None and model_input is recorded.inputs and horizon == _horizons(card)[-1]:
                name = MAIN_METRIC[card.task].name
                before, after = (recorded.figure(card, said).get(name) for said in (theirs, ours))
    rows = np.concatenate(apart)
    parity = Parity(float(rows.max()), float(np.quantile(rows, 0.999)), len(rows), changed, before, after)
    if precision == "fp32":
        lost = relative > LARGEST_DIFFERENCE or changed > 0
    else:
        lost = not np.isfinite(relative) or changed > DECISIONS * len(rows) or _worse(card, before, after) > METRIC_LOSS
    if lost:
        raise ParityLost(card, parity, precision)
    return parity


def require_same_stream(
    bundle: Bundle,
    registry: Registry,
    profile: Profile,
    cards: list[ModelCard],
    rows: pd.DataFrame,
    baseline: pd.Series,
    exact: set[Task],
) -> None:
    """Feed recorded rows one by one as a device would; the last answers must be those of the registered models.

    `exact`: tasks whose file holds the model's own numbers; of others the inputs alone are compared, through them.
    """
    stream = Stream(bundle, HORIZONS[0], forecast=True)
    for position, (_, row) in enumerate(rows.iterrows(), 1):
        stream.judge([float(row[name]) for name in profile.sensor_names], float(row["hours"]), str(row["life"]))
        last = position == len(rows)
        if not last and (stream.learning or position <= len(rows) - STREAMED_ROWS):
            continue  # a young life's sound state is still being learnt; it is complete at the last row
        expected = latest_input(profile, rows.iloc[:position], baseline)
        window, sound, age_hours = stream.inputs()
        ours = bundle.answers(window, sound, age_hours, HORIZONS[0])
        for card in (card for card in cards if card.task in exact):
            folder = registry.folder(card.machine_id, card.task, card.version)
            theirs = answer(folder, expected, HORIZONS[0] if card.task == "failure" else None)
            found = [_differences(ours[card.task][name], theirs[name]) for name in theirs]
            if max(float(each[1].max()) for each in found) > LARGEST_DIFFERENCE:
                raise ParityLost(card, Parity(max(float(each[0].max()) for each in found), 0.0, 1, 0), "fp32")


def _horizons(card: ModelCard) -> tuple[float, ...]:
    """A failure model's own horizon comes last."""
    return (HORIZONS[0], card.failure_horizon_hours or HORIZONS[1]) if card.task == "failure" else HORIZONS[:1]


def _registered(registry: Registry, card: ModelCard, horizon: float, windows: ModelInput) -> dict[str, Array]:
    folder = registry.folder(card.machine_id, card.task, card.version)
    return answer(folder, windows, horizon if card.task == "failure" else None)


def _bundled(bundle: Bundle, card: ModelCard, horizon: float, windows: ModelInput) -> dict[str, Array]:
    return bundle.answers(windows.window, windows.baseline, windows.age_hours, horizon, tasks={card.task})[card.task]


def _in_chunks(ask: Callable[[ModelInput], dict[str, Array]], windows: ModelInput) -> dict[str, Array]:
    parts = [ask(windows.rows(slice(start, start + CHUNK))) for start in range(0, len(windows), CHUNK)]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _differences(one: Array, other: Array) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Each row's largest absolute and relative difference (n,); a number against no number is infinite."""
    apart = np.abs(one.astype(np.float64) - other)
    apart[np.isnan(one) & np.isnan(other)] = 0.0
    apart[np.isnan(one) != np.isnan(other)] = np.inf
    size = np.maximum(1.0, np.abs(np.nan_to_num(other.astype(np.float64))))
    rows = (len(one), -1)
    return apart.reshape(rows).max(axis=1), (apart / size).reshape(rows).max(axis=1)


def _worse(card: ModelCard, before: float | None, after: float | None) -> float:
    """By what share of the main metric the bundle is worse; 0 where it is not known or not worse."""
    if before is None or after is None or before == 0:
        return 0.0
    lost = before - after if MAIN_METRIC[card.task].higher_is_better else after - before
    return max(0.0, lost / abs(before))


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
