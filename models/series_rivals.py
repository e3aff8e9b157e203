"""AutoGluon's time series models as a rival of the forecast model, on windows of lives held out."""

import json
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models import forecasting
from models.chronos_weights import chronos_kind
from models.forecasting import ForecastModel
from models.lives import Lives
from models.lot import Lot
from models.timed_process import run_in_time

FEWEST_SECONDS, MOST_SECONDS = 25.0, 240.0  # less is gone before the libraries have loaded; more teaches little
SHARE = 0.2  # of the time of a training of several tasks
STARTING_S = 10.0  # the libraries take this long to load
FITTING = 0.5  # of what is left then; the rest is for the forecasts asked
WINDOWS = 24  # judged: rows before and after each are of one life held out
SERIES = 120  # taught, of as many sensors and lives
LOOK_BACK, STRETCH = 4, 8  # times the window's rows: what it sees before each forecast, and a series taught

Array = NDArray[np.float64]


@dataclass(frozen=True)
class SeriesRival:
    """mase: its own; model_mase: the forecast model's on the same `windows`. `name`: what it is made of; `compared`:
    all models that came to an answer.
    """

    name: str
    compared: tuple[str, ...]
    mase: float
    model_mase: float
    windows: int


def planned_seconds(time_limit_s: float) -> float:
    """What is kept for the rival in a training of several tasks; 0 where that would be too short."""
    seconds = SHARE * time_limit_s
    return min(seconds, MOST_SECONDS) if seconds >= FEWEST_SECONDS else 0.0


def ask_series_rival(lot: Lot, model: ForecastModel, seconds: float) -> SeriesRival | None:
    """Let it learn from the lives kept and forecast the held-out ones; None where it did not come to it in time.

    It sees up to LOOK_BACK times the rows that the model sees.
    """
    started, seconds = time.monotonic(), min(seconds, MOST_SECONDS)
    steps, centre, scale = model.steps, lot.scaling.centre, lot.scaling.scale
    places = _places(lot.held, steps)
    taught = _stretches(lot, steps)
    if seconds < FEWEST_SECONDS or not places or not taught:
        return None
    sensors = len(lot.profile.sensor_names)
    window = np.stack([values[cut - steps : cut] for values, cut in places])
    future = np.stack([values[cut : cut + steps] for values, cut in places])
    before = [(values[max(0, cut - LOOK_BACK * steps) : cut] - centre[:sensors]) / scale[:sensors]
              for values, cut in places]  # fmt: skip
    known = [(at, sensor) for at, rows in enumerate(before) for sensor in range(sensors)
             if not np.isnan(rows[:, sensor]).all()]  # fmt: skip
    found = _asked(lot, taught, [before[at][:, sensor] for at, sensor in known], steps, seconds, started)
    if found is None:
        return None
    path = np.full(future.shape, np.nan)
    for (at, sensor), answer in zip(known, found[0], strict=True):
        path[at, :, sensor] = answer * scale[sensor] + centre[sensor]
    naive = forecasting.seasonal_naive(lot.profile, window, steps)
    return SeriesRival(
        found[1],
        found[2],
        forecasting.mase(future, path, naive),
        forecasting.mase(future, model.path(window), naive),
        len(places),
    )


def _asked(
    lot: Lot, taught: list[Array], asked: list[Array], steps: int, seconds: float, started: float
) -> tuple[Array, str, tuple[str, ...]] | None:
    with tempfile.TemporaryDirectory(prefix="rival-") as folder:
        work = Path(folder)
        np.savez(
            work / "in.npz", taught=np.concatenate(taught), taught_cuts=_cuts(taught), asked=np.concatenate(asked),
            asked_cuts=_cuts(asked),
        )  # fmt: skip
        chronos = (chronos_kind(lot.chronos), str(lot.chronos)) if lot.chronos else None
        how = {
            "steps": steps, "season": forecasting.season_rows(lot.profile), "seed": lot.seed, "chronos": chronos,
            "seconds": FITTING * (seconds - STARTING_S),
        }  # fmt: skip
        (work / "how.json").write_text(json.dumps(how))
        ended = run_in_time("models._autogluon_series", work, seconds - (time.monotonic() - started))
        if not ended or not (work / "out.npz").exists():
            return None
        with np.load(work / "out.npz") as found:
            return found["answers"], str(found["name"]), tuple(map(str, found["compared"]))


def _places(held: Lives, steps: int) -> list[tuple[NDArray[np.float32], int]]:
    """A life's readings (rows, S) and where in it the forecast begins, evenly over all rows where one can."""
    lives = [
        rows[list(held.sensors)].to_numpy(np.float32)
        for _, rows in held.rows.sort_values(["life", "hours"], kind="stable").groupby("life", sort=False)
    ]
    places = [(values, cut) for values in lives for cut in range(steps, len(values) - steps + 1)]
    chosen = np.linspace(0, len(places) - 1, min(WINDOWS, len(places))).astype(int)
    return [places[at] for at in np.unique(chosen)]


def _stretches(lot: Lot, steps: int) -> list[Array]:
    """Standardised readings of one sensor each, of stretches that stand earlier in some lives kept, later in others."""
    sensors, kept = list(lot.profile.sensor_names), lot.kept
    lives = [
        rows[sensors].to_numpy(np.float64)
        for _, rows in kept.rows.sort_values(["life", "hours"], kind="stable").groupby("life", sort=False)
    ]
    lives = [values for values in lives if len(values) >= 3 * steps]
    count = min(len(lives), max(1, SERIES // len(sensors)))
    series = []
    for number, at in enumerate(np.linspace(0, len(lives) - 1, count).astype(int) if lives else []):
        room = max(0, len(lives[at]) - STRETCH * steps)
        begin = round(room * (number + 0.5) / count)
        standard = lives[at][begin : begin + STRETCH * steps] - lot.scaling.centre[: len(sensors)]
        standard = standard / lot.scaling.scale[: len(sensors)]
        series += [column for column in standard.T if not np.isnan(column).all()]
    return series


def _cuts(series: list[Array]) -> NDArray[np.int64]:
    return np.cumsum([len(each) for each in series])[:-1]
