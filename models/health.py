"""A machine's condition now: failure probability, RUL, anomaly and limits, from the models in service."""

from datetime import datetime
from math import isfinite
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from machine_profiles.errors import MillwrightError
from machine_profiles.profile import Profile
from models.attribution import Attribution, attribute
from models.health_evidence import NoFiniteAnswer, ProfileChanged, doubts_about, usable
from models.health_state import LimitCrossing, State, limits_crossed, smoothed, state_of
from models.inference import Array, answer
from models.model_card import ModelCard
from models.registry import Registry
from models.registry_errors import NoModel
from models.results import Interval, Quantity, Result, Task
from models.stated_readings import with_readings
from models.telemetry import MAIN, NoTelemetry, Telemetry
from models.trends import SensorTrend, trends
from models.vibration_severity import VibrationZone, vibration_zones
from models.windows import ModelInput, latest_input, window_rows

JUDGING: tuple[Task, ...] = ("failure", "rul", "anomaly")
RANKING_HORIZON_HOURS = 24.0  # what predict_health looks ahead by default, so that both say the same
AT_CAP = 0.95  # of the cap: above it labels are flat, and the figure means "at least"
MOST_MOVED = 5


class SensorMovement(Result):
    """How far a sensor stands from the life's sound state; `deviation` is in standard deviations of sound readings."""

    sensor: str
    description: str
    unit: str
    latest: float
    sound: float
    deviation: float


class HealthPrediction(Result):
    """What is said of a unit at `at`. An answer without a model in service is None, never a sound number."""

    machine_id: str
    name: str
    unit: str
    at: datetime  # the latest reading used
    horizon_hours: float
    age_hours: float | None
    state: State
    failure_probability: Quantity | None  # within the horizon; unit "probability"
    failure_expected: bool | None  # probability at or above the model's threshold
    rul: Quantity | None  # operating hours (or the profile's time unit), with its interval
    rul_at_cap: bool | None  # True: "at least"; labels are flat above cap_hours
    cap_hours: float | None
    anomaly: Quantity | None  # unit "score", 0 sound to 1
    anomalous: bool | None
    moved: tuple[SensorMovement, ...]  # most moved first
    limits_crossed: tuple[LimitCrossing, ...]
    vibration_zones: tuple[VibrationZone, ...] = ()  # worst first; empty where the profile states no zone boundaries
    trends: tuple[SensorTrend, ...] = ()  # surest first, over the latest window
    attributions: tuple[Attribution, ...] = ()  # of failure_probability and rul, by sensor; empty where not asked for
    rows_used: int
    missing_sensors: tuple[str, ...]
    models: dict[str, int]  # task → version in service
    data_version: str
    doubts: tuple[str, ...] = ()  # what makes the record weak: silent sensors, few rows, an old last reading
    ahead_hours: float | None = None  # the horizon that the failure model's threshold is for, where it is longer
    probability_ahead: Quantity | None = None  # within ahead_hours
    failure_ahead: bool | None = None  # that probability is at or above the model's threshold


class RankedMachine(Result):
    rank: int
    machine_id: str
    name: str
    state: State
    failure_probability: Quantity | None
    rul: Quantity | None
    anomaly: Quantity | None
    limits_crossed: tuple[LimitCrossing, ...]
    at: datetime


class NotRanked(Result):
    machine_id: str
    reason: str


class FleetRanking(Result):
    """Worst first. Machines without telemetry or models stand apart, with the reason: not sound, but unknown."""

    by: Literal["rul", "failure_probability", "anomaly"]
    horizon_hours: float
    machines: tuple[RankedMachine, ...]
    ranked: int  # how many were compared, of which `machines` are the first
    not_ranked: tuple[NotRanked, ...]


def predict(
    telemetry: Telemetry,
    registry: Registry,
    profile: Profile,
    horizon_hours: float,
    readings: dict[str, float] | None,
    now: datetime,
    unit: str = MAIN,
    attributed: bool = True,
) -> HealthPrediction:
    """Judge a unit by its latest window at `now` (`readings` in place of recorded ones), with the models in service.

    `attributed`: also say which sensors the answers come from, which takes most of the time.

    Raises NoTelemetry, NothingMeasured, NoModel, UnknownSensor, ImpossibleReading, ProfileChanged or UnusableGraph.
    """
    if not (isfinite(horizon_hours) and horizon_hours > 0):
        raise MillwrightError(f"A horizon of {horizon_hours:g} h cannot be looked ahead; give hours above zero.")
    recorded = telemetry.latest(profile.id, window_rows(profile), unit, until=now)
    if recorded.empty:
        raise NoTelemetry(
            f"Nothing was recorded of {profile.id} up to {now:%Y-%m-%d %H:%M} UTC; import telemetry first."
        )
    rows = with_readings(profile, recorded, readings)
    at = rows["at"].iloc[-1].to_pydatetime()
    used, silent = usable(profile, rows, at)

    in_service = {task: version for task, version in registry.in_service(profile.id).items() if task in JUDGING}
    if not in_service:
        raise NoModel(profile.id, "failure, rul or anomaly")
    baseline = telemetry.baseline(profile, unit)
    model_input = latest_input(profile, rows, baseline)
    cards = {task: registry.card(profile.id, task, version) for task, version in in_service.items()}
    answers = {task: _ask(registry, profile, card, model_input, horizon_hours) for task, card in cards.items()}
    ahead_hours = _longer(cards.get("failure"), horizon_hours)
    ahead = _ask(registry, profile, cards["failure"], model_input, ahead_hours) if ahead_hours else None

    probability = _probability(answers.get("failure"))
    rul = _rul(answers.get("rul"), profile.modelling.time_unit)
    anomaly = _anomaly(answers.get("anomaly"))
    expected = _at_least(probability, cards.get("failure"))
    probability_ahead = _probability(ahead)
    failure_ahead = _at_least(probability_ahead, cards.get("failure"))
    anomalous = _at_least(anomaly, cards.get("anomaly"))
    cap = cards["rul"].cap_hours if "rul" in cards else None
    at_cap = None if rul is None else cap is not None and rul.value >= AT_CAP * cap
    values = smoothed(profile, rows)
    crossed = limits_crossed(profile, values)
    doubts = doubts_about(profile, used, silent, at, now)
    complete = not doubts and len(answers) == len(JUDGING)
    return HealthPrediction(
        machine_id=profile.id,
        name=profile.name,
        unit=unit,
        at=at,
        horizon_hours=horizon_hours,
        age_hours=float(rows["hours"].iloc[-1]),
        state=state_of(crossed, expected, rul, at_cap, anomalous, horizon_hours, complete, failure_ahead),
        failure_probability=probability,
        failure_expected=expected,
        rul=rul,
        rul_at_cap=at_cap,
        cap_hours=cap,
        anomaly=anomaly,
        anomalous=anomalous,
        moved=_moved(profile, values, baseline, answers.get("anomaly")),
        limits_crossed=crossed,
        vibration_zones=vibration_zones(profile, values),
        trends=trends(profile, rows.tail(max(profile.modelling.windows))),
        attributions=_attributions(registry, profile, cards, model_input, horizon_hours, values) if attributed else (),
        rows_used=used,
        missing_sensors=silent,
        models=dict(in_service),
        data_version=telemetry.data_hash(profile.id)[:12],
        doubts=doubts,
        ahead_hours=ahead_hours,
        probability_ahead=probability_ahead,
        failure_ahead=failure_ahead,
    )


def rank(
    telemetry: Telemetry,
    registry: Registry,
    profiles: list[Profile],
    by: Literal["rul", "failure_probability", "anomaly"],
    top: int,
    now: datetime,
) -> FleetRanking:
    """Judge every machine and name the `top` worst; one that cannot be judged stands apart, with the reason."""
    judged: list[HealthPrediction] = []
    apart: list[NotRanked] = []
    for profile in profiles:
        try:
            found = predict(telemetry, registry, profile, RANKING_HORIZON_HOURS, None, now, attributed=False)
        except MillwrightError as error:
            apart.append(NotRanked(machine_id=profile.id, reason=str(error)))
            continue
        if getattr(found, by) is None:
            apart.append(
                NotRanked(machine_id=profile.id, reason=f"No {by.split('_')[0]} model is in service; train it.")
            )
        else:
            judged.append(found)
    judged.sort(key=lambda found: _badness(found, by), reverse=True)
    return FleetRanking(
        by=by,
        horizon_hours=RANKING_HORIZON_HOURS,
        machines=tuple(_ranked(place, found) for place, found in enumerate(judged[:top], 1)),
        ranked=len(judged),
        not_ranked=tuple(apart),
    )


def _ask(
    registry: Registry, profile: Profile, card: ModelCard, model_input: ModelInput, horizon_hours: float
) -> dict[str, Array]:
    if (card.sensors, card.window_rows) != (profile.sensor_names, window_rows(profile)):
        raise ProfileChanged(card)
    folder = registry.folder(profile.id, card.task, card.version)
    found = answer(folder, model_input, horizon_hours if card.task == "failure" else None)
    if not all(np.isfinite(value).all() for name, value in found.items() if name != "deviation"):
        raise NoFiniteAnswer(card)
    return found


def _attributions(
    registry: Registry, profile: Profile, cards: dict[Task, ModelCard], model_input: ModelInput, horizon_hours: float,
    values: "pd.Series[float]",
) -> tuple[Attribution, ...]:  # fmt: skip
    asked: tuple[tuple[Task, str, str, str], ...] = (
        ("failure", "failure_probability", "probability", "probability"),
        ("rul", "rul", "rul_hours", profile.modelling.time_unit),
    )
    latest = {str(name): float(value) for name, value in values.items()}
    found = []
    for task, of, output, unit in asked:
        if task in cards:
            folder = registry.folder(profile.id, task, cards[task].version)
            horizon = horizon_hours if task == "failure" else None

            def said(
                given: ModelInput, folder: Path = folder, horizon: float | None = horizon, output: str = output
            ) -> NDArray[np.float64]:
                return answer(folder, given, horizon)[output][:, 0].astype(np.float64)

            found.append(attribute(of, unit, profile, model_input, said, latest))
    return tuple(found)


def _probability(found: dict[str, Array] | None) -> Quantity | None:
    return None if found is None else Quantity(value=float(found["probability"][0, 0]), unit="probability")


def _rul(found: dict[str, Array] | None, time_unit: str) -> Quantity | None:
    if found is None:
        return None
    low, value, high = (max(0.0, float(found[name][0, 0])) for name in ("low", "rul_hours", "high"))
    interval = Interval(low=min(low, value), high=max(high, value), confidence=0.9)
    return Quantity(value=value, unit=time_unit, interval=interval)


def _anomaly(found: dict[str, Array] | None) -> Quantity | None:
    return None if found is None else Quantity(value=float(found["score"][0, 0]), unit="score")


def _longer(card: ModelCard | None, horizon_hours: float) -> float | None:
    """The horizon that the failure model's threshold is for, where the one asked about is shorter."""
    own = card.failure_horizon_hours if card else None
    return own if own is not None and own > horizon_hours else None


def _at_least(figure: Quantity | None, card: ModelCard | None) -> bool | None:
    if figure is None or card is None:
        return None
    return figure.value >= (0.5 if card.threshold is None else card.threshold)


def _moved(
    profile: Profile, values: "pd.Series[float]", baseline: "pd.Series[float]", found: dict[str, Array] | None
) -> tuple[SensorMovement, ...]:
    if found is None:
        return ()
    moved = []
    for sensor, deviation in zip(profile.sensors, found["deviation"][0].tolist(), strict=True):
        latest, sound = float(values[sensor.name]), float(baseline[sensor.name])
        if sensor.role == "condition" and all(map(isfinite, (latest, sound, deviation))):
            moved.append(
                SensorMovement(
                    sensor=sensor.name, description=sensor.description, unit=sensor.unit, latest=latest, sound=sound,
                    deviation=deviation,
                )
            )  # fmt: skip
    return tuple(sorted(moved, key=lambda each: -abs(each.deviation))[:MOST_MOVED])


def _badness(found: HealthPrediction, by: str) -> tuple[float, float]:
    probability = found.failure_probability.value if found.failure_probability else 0.0
    figure: Quantity = getattr(found, by)
    return (-figure.value if by == "rul" else figure.value, probability)


def _ranked(place: int, found: HealthPrediction) -> RankedMachine:
    shared = {name: getattr(found, name) for name in RankedMachine.model_fields if name != "rank"}
    return RankedMachine(rank=place, **shared)
