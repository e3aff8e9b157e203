"""The fleet at a glance: every machine by risk, with its state, course, remaining life, alarms and last maintenance."""

import threading
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd

from agent.answers.figures import say_figure, say_hours, say_probability
from machine_profiles.errors import MillwrightError
from machine_profiles.profile import Profile, Sensor
from models import health
from models.health import RANKING_HORIZON_HOURS, HealthPrediction
from models.telemetry import MaintenanceEvent
from tools.plant import Plant
from ui.page._templates import render
from ui.page.conversation import ago
from ui.page.next_questions import short_name

ORDER = ("alarm", "act", "unknown", "watch", "sound")  # what is not known comes before what is known to be watched
DAYS = 14
KEPT_S = 300.0
BRIDGED = 12  # steps of a spark, nearly three days: nights and weekends that stand still are no gap in the record
SPARK_WIDE, SPARK_HIGH = 132, 30


@dataclass(frozen=True)
class Spark:
    """A course as an SVG path in a box of SPARK_WIDE by SPARK_HIGH; `limit` is the height of the warning line."""

    path: str
    sensor: str
    last: tuple[float, float]
    limit: float | None
    said: str


@dataclass(frozen=True)
class MachineRow:
    machine_id: str
    name: str
    short: str
    state: str
    why: str  # of an unknown state
    rul: str
    rul_value: float | None
    low: float  # of the RUL's interval, as a share of the widest
    mid: float
    high: float
    failure: str
    alarms: tuple[str, ...]
    warnings: tuple[str, ...]
    spark: Spark | None
    maintained: str
    maintained_what: str


class FleetView:
    """Every machine's row, kept for some minutes or until a record, a log or a model in service changes."""

    def __init__(self, plant: Plant) -> None:
        self._plant, self._rows, self._key, self._at = plant, list[MachineRow](), "", 0.0
        self._lock = threading.Lock()

    @property
    def ready(self) -> bool:
        return bool(self._rows)

    def rows(self) -> list[MachineRow]:
        with self._lock:
            key = self._state()
            if key != self._key or time.monotonic() - self._at > KEPT_S:
                self._rows, self._key, self._at = machine_rows(self._plant), key, time.monotonic()
            return self._rows

    def _state(self) -> str:
        plant = self._plant
        return "|".join(
            f"{id_}:{plant.telemetry.data_hash(id_)}:{plant.registry.in_service(id_)}" for id_ in plant.machines
        )


def page(rows: list[MachineRow], now: datetime) -> str:
    counts = {state: sum(row.state == state for row in rows) for state in ORDER}
    return render(
        "fleet", rows=rows, counts=counts, now=now, horizon=RANKING_HORIZON_HOURS, wide=SPARK_WIDE, high=SPARK_HIGH
    )


def waiting_html(plant: Plant) -> str:
    """What is shown while the machines are judged: their names, and that nothing is known yet."""
    return render("fleet_waiting", machines=list(plant.machines.values()))


def machine_rows(plant: Plant) -> list[MachineRow]:
    """Worst first; a machine that cannot be judged stands as not known, with the reason."""
    judged = [(profile, *_judged(plant, profile)) for profile in plant.machines.values()]
    ends = [j.rul.interval.high if j.rul.interval else j.rul.value for _, j, _ in judged if j and j.rul]
    widest = max(ends, default=1.0) or 1.0
    rows = [_row(plant, profile, found, why, widest) for profile, found, why in judged]
    return sorted(rows, key=lambda row: (ORDER.index(row.state), row.rul_value if row.rul_value is not None else 1e9))


def spark_of(plant: Plant, profile: Profile, sensor: Sensor, days: int = DAYS) -> Spark | None:
    """The sensor's last days as a small line; None where nothing was recorded in them."""
    try:
        readings = plant.telemetry.resample(
            profile.id, plant.now - timedelta(days=days), plant.now, days * 24 / 60
        ).reindex(columns=[sensor.name])[sensor.name]
    except MillwrightError:
        return None
    known = readings.dropna()
    if known.empty:
        return None
    limit = sensor.warning.high if sensor.warning else None
    low, high = float(known.min()), float(known.max())
    if limit is not None and limit < high + 2 * (high - low or abs(high) or 1):
        high = max(high, limit)
    span = high - low or 1.0
    step = SPARK_WIDE / max(len(readings) - 1, 1)
    points, before = list[str](), -BRIDGED - 1
    for place, value in enumerate(readings):
        if pd.isna(value):
            continue
        pen = "L" if points and place - before <= BRIDGED else "M"
        points.append(f"{pen}{place * step:.1f} {_height(value, low, span):.1f}")
        before = place
    at = len(readings) - 1 - int(readings.iloc[::-1].notna().to_numpy().argmax())
    said = f"{sensor.name.replace('_', ' ')} {say_figure(float(known.iloc[-1]), sensor.unit)}"
    line = _height(limit, low, span) if limit is not None and limit <= high else None
    return Spark("".join(points), sensor.name, (at * step, _height(float(known.iloc[-1]), low, span)), line, said)


def _height(value: float, low: float, span: float) -> float:
    return SPARK_HIGH - 3 - (SPARK_HIGH - 6) * (value - low) / span


def _judged(plant: Plant, profile: Profile) -> tuple[HealthPrediction | None, str]:
    try:
        found = health.predict(
            plant.telemetry, plant.registry, profile, RANKING_HORIZON_HOURS, None, plant.now, attributed=False
        )
    except MillwrightError as error:
        return None, str(error).replace(profile.id, "it")
    return found, ""


def _row(plant: Plant, profile: Profile, found: HealthPrediction | None, why: str, widest: float) -> MachineRow:
    rul, chance = (found.rul, found.failure_probability) if found else (None, None)
    low, high = (rul.interval.low, rul.interval.high) if rul and rul.interval else (0.0, 0.0)
    crossed = found.limits_crossed if found else ()
    last = _last_event(plant, profile)
    sensor = _shown_sensor(profile, found)
    unit = profile.modelling.time_unit
    text = "not known"
    if rul is not None:
        cap = found.cap_hours if found else None
        text = f"at least {say_hours(min(rul.value, cap or rul.value), unit)}" if found and found.rul_at_cap else (
            f"{say_hours(rul.value, unit)}"
        )  # fmt: skip
    return MachineRow(
        machine_id=profile.id, name=profile.name, short=short_name(profile),
        state=found.state if found else "unknown", why=why, rul=text, rul_value=rul.value if rul else None,
        low=100 * low / widest, mid=100 * rul.value / widest if rul else 0.0, high=100 * min(high / widest, 1.0),
        failure=say_probability(chance.value) if chance else "not known",
        alarms=tuple(_said(c.sensor, c.value, c.unit) for c in crossed if c.level == "alarm"),
        warnings=tuple(_said(c.sensor, c.value, c.unit) for c in crossed if c.level == "warning"),
        spark=spark_of(plant, profile, sensor) if sensor else None,
        maintained=ago(last.at, plant.now) if last else "nothing logged",
        maintained_what=last.action if last else "",
    )  # fmt: skip


def _said(sensor: str, value: float, unit: str) -> str:
    return f"{sensor.replace('_', ' ')} {say_figure(value, unit)}"


def _shown_sensor(profile: Profile, found: HealthPrediction | None) -> Sensor | None:
    """The one beyond a limit, else the one that moved most, else the primary vibration or the first one."""
    if found and found.limits_crossed:
        return profile.sensor(found.limits_crossed[0].sensor)
    if found and found.moved:
        return profile.sensor(found.moved[0].sensor)
    return profile.primary("vibration") or profile.sensors[0]


def _last_event(plant: Plant, profile: Profile) -> MaintenanceEvent | None:
    try:
        events = [event for event in plant.telemetry.maintenance(profile.id, "main") if event.at <= plant.now]
    except MillwrightError:
        return None
    return events[-1] if events else None
