"""Where a sensor is going: the forecast model's path, its interval, and when it passes a limit."""

from datetime import datetime
from math import ceil, isfinite, sqrt
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from machine_profiles.errors import MillwrightError
from machine_profiles.profile import Profile, Sensor
from models.health_evidence import ProfileChanged, doubts_about, usable
from models.health_state import LimitCrossing, limits_crossed, smoothed
from models.inference import answer
from models.registry import Registry
from models.registry_errors import NoModel
from models.results import Interval, Quantity, Result
from models.telemetry import MAIN, NoTelemetry, Telemetry
from models.windows import ModelInput, latest_input, window_rows

MOST_PASSES = 3  # so often a forecast may go on from its own end
POINTS = 24
SMOOTHING = 3  # rows of the running median that must be beyond a limit: one noisy step passes none
CONFIDENCE = 0.9

Array = NDArray[np.float64]


class ForecastPoint(Result):
    after_hours: float
    value: float
    low: float
    high: float


class LimitAhead(Result):
    """A limit and when it is passed, in hours from the latest reading; None: not within the horizon."""

    level: Literal["warning", "alarm"]
    side: Literal["above", "below"]
    limit: float
    path_after_hours: float | None  # the forecast itself
    interval_after_hours: float | None  # the nearer end of its interval


class SensorForecast(Result):
    machine_id: str
    name: str
    unit_name: str
    sensor: str
    description: str
    unit: str
    time_unit: str
    at: datetime  # the latest reading
    latest: float  # median over the shortest window
    horizon_hours: float
    at_horizon: Quantity
    lowest: ForecastPoint
    highest: ForecastPoint
    points: tuple[ForecastPoint, ...]
    crossed_now: tuple[LimitCrossing, ...]
    limits: tuple[LimitAhead, ...]
    reach_hours: float  # as far as the model was taught to look; beyond, it goes on from its own forecast
    version: int
    mase: float | None  # mean absolute error over the seasonal naive forecast's, on held-out lives
    data_version: str
    doubts: tuple[str, ...] = ()


class TooFarAhead(MillwrightError):
    def __init__(self, profile: Profile, hours: float, most: float) -> None:
        unit = profile.modelling.time_unit
        super().__init__(
            f"A forecast of {profile.id} reaches {most:g} {unit} ahead at most, not {hours:g} {unit}. Ask for less, or "
            f"ask for its remaining useful life with predict_health, which looks further."
        )


def forecast(
    telemetry: Telemetry,
    registry: Registry,
    profile: Profile,
    sensor_name: str,
    horizon_hours: float,
    now: datetime,
    unit: str = MAIN,
) -> SensorForecast:
    """The sensor's path from its latest reading on, with the model in service.

    Beyond the model's own reach the forecast goes on from its own end, up to MOST_PASSES times, its interval wider by
    the square root of the number of passes, as errors of independent steps add up.
    Raises UnknownSensor, NoModel, NoTelemetry, NothingMeasured, TooFarAhead, ProfileChanged or UnusableGraph;
    MillwrightError where the sensor is silent.
    """
    sensor = profile.sensor(sensor_name)
    if not (isfinite(horizon_hours) and horizon_hours > 0):
        raise MillwrightError(f"A horizon of {horizon_hours:g} h cannot be looked ahead; give hours above zero.")
    version = registry.in_service(profile.id).get("forecast")
    if version is None:
        raise NoModel(profile.id, "forecast")
    recorded = telemetry.latest(profile.id, window_rows(profile), unit, until=now)
    if recorded.empty:
        raise NoTelemetry(f"Nothing was recorded of {profile.id} up to {now:%Y-%m-%d %H:%M} UTC; import telemetry.")
    at = recorded["at"].iloc[-1].to_pydatetime()
    used, silent = usable(profile, recorded, at)
    if sensor.name in silent:
        raise MillwrightError(
            f"{sensor.name} of {profile.id} has given no reading of late, so where it is going is not known. "
            f"Check the sensor, or ask for another: {', '.join(n for n in profile.sensor_names if n not in silent)}."
        )
    card = registry.card(profile.id, "forecast", version)
    if (card.sensors, card.window_rows) != (profile.sensor_names, window_rows(profile)):
        raise ProfileChanged(card)

    place, step = profile.sensor_names.index(sensor.name), profile.modelling.sample_hours
    rows = ceil(horizon_hours / step - 1e-9)
    first = latest_input(profile, recorded, telemetry.baseline(profile, unit))
    path, low, high, reach = _path(registry.folder(profile.id, "forecast", version), first, place, rows, profile)
    points = [
        ForecastPoint(after_hours=step * (row + 1), value=path[row], low=low[row], high=high[row])
        for row in range(rows)
    ]
    values = smoothed(profile, recorded)
    crossed = tuple(each for each in limits_crossed(profile, values) if each.sensor == sensor.name)
    doubts = list(doubts_about(profile, used, (), at, now))
    if rows > reach:
        doubts.append(
            f"beyond {reach * step:g} {profile.modelling.time_unit} the forecast goes on from its own end, and its "
            f"interval is widened"
        )
    mase, last = card.metrics.get("mase"), points[-1]
    if mase is not None and mase >= 1:
        doubts.append("on held-out lives it was no better than repeating the day before")
    return SensorForecast(
        machine_id=profile.id,
        name=profile.name,
        unit_name=unit,
        sensor=sensor.name,
        description=sensor.description,
        unit=sensor.unit,
        time_unit=profile.modelling.time_unit,
        at=at,
        latest=float(values[sensor.name]),
        horizon_hours=horizon_hours,
        at_horizon=Quantity(
            value=last.value, unit=sensor.unit, interval=Interval(low=last.low, high=last.high, confidence=CONFIDENCE)
        ),
        lowest=min(points, key=lambda point: point.value),
        highest=max(points, key=lambda point: point.value),
        points=tuple(points[row] for row in np.unique(np.linspace(0, rows - 1, min(POINTS, rows)).round().astype(int))),
        crossed_now=crossed,
        limits=_limits_ahead(sensor, path, low, high, step),
        reach_hours=reach * step,
        version=version,
        mase=mase,
        data_version=telemetry.data_hash(profile.id)[:12],
        doubts=tuple(doubts),
    )


def _path(
    folder: Path, first: ModelInput, place: int, rows: int, profile: Profile
) -> tuple[list[float], list[float], list[float], int]:
    """Path, low and high of `rows` rows of the sensor, and how many rows one pass gives."""
    paths, lows, highs = [], [], []
    window, reach, done = first.window, 0, 0
    while done < rows:
        found = answer(folder, ModelInput(window, first.baseline, first.age_hours))
        course, lower, upper = (found[name][0] for name in ("path", "low", "high"))
        reach = len(course)
        if rows > MOST_PASSES * reach:
            step = profile.modelling.sample_hours
            raise TooFarAhead(profile, rows * step, MOST_PASSES * reach * step)
        wider = sqrt(done // reach + 1)
        paths.append(course[:, place])
        lows.append(course[:, place] - wider * (course[:, place] - lower[:, place]))
        highs.append(course[:, place] + wider * (upper[:, place] - course[:, place]))
        window = np.concatenate([window, course[None]], axis=1)[:, -window.shape[1] :].astype(np.float32)
        done += reach
    path, low, high = (np.concatenate(part)[:rows].astype(float).tolist() for part in (paths, lows, highs))
    return path, low, high, reach


def _limits_ahead(
    sensor: Sensor, path: list[float], low: list[float], high: list[float], step: float
) -> tuple[LimitAhead, ...]:
    found = []
    for level, limit in (("warning", sensor.warning), ("alarm", sensor.alarm)):
        for side, bound, edge in (
            ("above", limit.high if limit else None, high),
            ("below", limit.low if limit else None, low),
        ):
            if bound is not None:
                found.append(
                    LimitAhead.model_validate(
                        {"level": level, "side": side, "limit": bound,
                         "path_after_hours": _first_beyond(path, bound, side, step),
                         "interval_after_hours": _first_beyond(edge, bound, side, step)}
                    )
                )  # fmt: skip
    return tuple(found)


def _first_beyond(values: list[float], bound: float, side: str, step: float) -> float | None:
    """
    >>> _first_beyond([1.0, 9.0, 1.0, 2.0, 9.0, 9.0, 9.0], 5.0, "above", 1.0)  # the single peak passes nothing
    5.0
    """
    beyond = np.array(values) > bound if side == "above" else np.array(values) < bound
    run = min(SMOOTHING, len(beyond))
    steady = np.flatnonzero(np.convolve(beyond, np.ones(run, int), "valid") == run)
    return float(step * (steady[0] + 1)) if len(steady) else None
