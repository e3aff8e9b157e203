"""A machine is judged by what was measured, and what was not measured is never health."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from machine_profiles.errors import MillwrightError, UnknownSensor
from machine_profiles.profile import Profile
from machine_profiles.reading import SHIPPED, load_catalog
from models import health
from models.health import HealthPrediction
from models.health_evidence import NothingMeasured, ProfileChanged
from models.health_state import limits_crossed, state_of
from models.registry import Registry
from models.registry_errors import NoModel
from models.results import TASKS, Interval, Quantity
from models.stated_readings import ImpossibleReading
from models.storage import Storage
from models.telemetry import NoTelemetry, Telemetry
from tests.models.small_models import card, write_graph

CATALOG = load_catalog(SHIPPED)
PUMP, MOTOR = CATALOG["PUMP_GRUNDFOS_CR3_004"], CATALOG["MOTOR_WEG_W22_003"]
NOW = datetime(2026, 6, 1, tzinfo=UTC)


def rows(profile=PUMP, count: int = 120, end: datetime = NOW, moved: float = 0.0) -> pd.DataFrame:
    """Hourly rows up to `end` in the middle of every normal range; the last 40 `moved` higher on the first sensor."""
    at = pd.date_range(end=end, periods=count, freq="h").as_unit("us")
    table = pd.DataFrame({"unit": "main", "at": at, "life": "1", "hours": np.arange(1.0, count + 1)})
    for sensor in profile.sensors:
        table[sensor.name] = (sensor.normal.low + sensor.normal.high) / 2
    table.loc[table.index[-40:], profile.sensor_names[0]] += moved
    return table


def serve(home: Path, profile=PUMP, tasks=TASKS) -> Registry:
    """Small models in service. Their folders are written as the registry writes them, without the wait for MLflow."""
    for task in tasks:
        place = write_graph(Storage(home).models(profile.id, task) / "v1", profile, task)
        (place / "card.json").write_text(card(profile, task, version=1).model_dump_json())
        (place.parent / "in_service.json").write_text(json.dumps({"versions": [1], "champion": 1}))
    return Registry(Storage(home))


def judge(home: Path, table: pd.DataFrame, readings=None, horizon: float = 24, tasks=TASKS) -> HealthPrediction:
    telemetry = Telemetry(Storage(home))
    telemetry.append(PUMP.id, table)
    return health.predict(telemetry, serve(home, tasks=tasks), PUMP, horizon, readings, NOW)


def test_a_sound_machine_is_sound_with_every_figure_in_its_unit(tmp_path: Path):
    found = judge(tmp_path, rows())
    assert (found.state, found.doubts, found.missing_sensors, found.rows_used) == ("sound", (), (), 72)
    assert found.rul == Quantity(value=100.0, unit="h", interval=Interval(low=80.0, high=120.0, confidence=0.9))
    assert found.failure_probability.value == pytest.approx(1 / (1 + np.exp(4 - 0.24)), rel=1e-5)
    assert (found.failure_expected, found.anomalous, found.rul_at_cap, found.cap_hours) == (False, False, False, 500.0)
    assert (found.models, found.at, found.age_hours) == ({"failure": 1, "rul": 1, "anomaly": 1}, NOW, 120.0)


def test_a_machine_in_trouble_says_what_moved_and_which_limit_is_crossed(tmp_path: Path):
    found = judge(tmp_path, rows(moved=7.0))  # 2 mm/s in the sound state, 9 now; the alarm limit is 8.5
    assert found.state == "alarm"
    assert found.rul.value == pytest.approx(30.0)
    assert (found.moved[0].sensor, found.moved[0].latest, found.moved[0].sound) == ("vibration_velocity", 9.0, 2.0)
    assert found.moved[0].deviation == pytest.approx(7.0)
    (crossing,) = found.limits_crossed
    assert (crossing.level, crossing.side, crossing.value, crossing.limit) == ("alarm", "above", 9.0, 8.5)


def test_the_horizon_changes_the_answer(tmp_path: Path):
    near, far = judge(tmp_path, rows(), horizon=24), judge(tmp_path, rows(), horizon=720)
    assert near.failure_probability.value < 0.1 < 0.9 < far.failure_probability.value
    assert (near.state, far.state) == ("sound", "alarm")  # the whole RUL interval lies within a month


def test_stated_readings_stand_in_for_the_latest_ones(tmp_path: Path):
    found = judge(tmp_path, rows(), readings={"vibration_velocity": 6.0})
    assert found.rul.value == pytest.approx(60.0)  # 4 above the sound state
    assert [crossing.level for crossing in found.limits_crossed] == ["warning"]


@pytest.mark.parametrize(
    ("readings", "error", "said"),
    [
        ({"wobble": 1.0}, UnknownSensor, "Its sensors: vibration_velocity"),
        ({"vibration_velocity": -1.0}, ImpossibleReading, "never negative"),
        ({"bearing_temperature": -300.0}, ImpossibleReading, "absolute zero"),
        ({"flow": float("nan")}, ImpossibleReading, "finite"),
    ],
    ids=["unknown", "negative vibration", "below absolute zero", "no number"],
)
def test_readings_that_cannot_be_are_refused(tmp_path: Path, readings, error, said: str):
    with pytest.raises(error, match=said):
        judge(tmp_path, rows(), readings=readings)


@pytest.mark.parametrize("horizon", [0.0, -5.0, float("nan"), float("inf")])
def test_a_horizon_that_is_none_is_refused(tmp_path: Path, horizon: float):
    with pytest.raises(MillwrightError, match="hours above zero"):
        judge(tmp_path, rows(), horizon=horizon)


def test_one_outlier_crosses_no_limit(tmp_path: Path):
    table = rows()
    table.loc[table.index[-2], "vibration_velocity"] = 50.0
    assert judge(tmp_path, table).limits_crossed == ()


def test_a_silent_sensor_is_named_and_the_machine_is_not_called_sound(tmp_path: Path):
    table = rows()
    table.loc[table.index[-6:], "seal_temperature"] = np.nan
    found = judge(tmp_path, table)
    assert (found.state, found.missing_sensors) == ("watch", ("seal_temperature",))
    assert found.doubts == ("no reading of seal_temperature over the last 6 rows",)


def test_a_machine_whose_sensors_are_all_silent_has_no_health(tmp_path: Path):
    table = rows()
    condition = [sensor.name for sensor in PUMP.sensors if sensor.role == "condition"]
    table.loc[table.index[-6:], condition] = np.nan
    with pytest.raises(NothingMeasured, match="A silent machine is not a healthy one"):
        judge(tmp_path, table)


@pytest.mark.parametrize(
    ("table", "doubt"),
    [(rows(count=3), "only 3 rows"), (rows(end=NOW - timedelta(days=5)), "the last reading is 120 h old")],
    ids=["a life just begun", "an old record"],
)
def test_a_weak_record_is_said_so_and_never_sound(tmp_path: Path, table: pd.DataFrame, doubt: str):
    found = judge(tmp_path, table)
    assert found.state == "watch"
    assert doubt in " ".join(found.doubts)


def test_readings_after_now_are_not_seen(tmp_path: Path):
    table = rows(end=NOW + timedelta(hours=10), moved=7.0)
    assert judge(tmp_path, table).at == NOW
    with pytest.raises(NoTelemetry, match=r"Nothing was recorded of .* up to 2026-06-01"):
        other = tmp_path / "other"
        judge(other, rows(count=5, end=NOW + timedelta(hours=10)))


def test_a_task_without_a_model_has_no_answer_and_the_rest_stands(tmp_path: Path):
    found = judge(tmp_path, rows(), tasks=("rul", "forecast"))
    assert (found.failure_probability, found.failure_expected, found.anomaly, found.moved) == (None, None, None, ())
    assert (found.rul.value, found.state, found.models) == (100.0, "watch", {"rul": 1})


def test_no_model_and_no_telemetry_say_what_to_do(tmp_path: Path):
    with pytest.raises(NoModel, match="train its models first"):
        judge(tmp_path, rows(), tasks=("forecast",))
    with pytest.raises(NoTelemetry, match="import telemetry first"):
        health.predict(Telemetry(Storage(tmp_path)), serve(tmp_path, MOTOR), MOTOR, 24, None, NOW)


def test_a_profile_that_changed_since_training_asks_for_a_new_one(tmp_path: Path):
    registry = serve(tmp_path)
    telemetry = Telemetry(Storage(tmp_path))
    telemetry.append(PUMP.id, rows())
    changed = Profile.model_validate(PUMP.model_dump() | {"modelling": {"windows": [6, 24]}})
    with pytest.raises(ProfileChanged, match="train it again"):
        health.predict(telemetry, registry, changed, 24, None, NOW)


def test_the_fleet_is_ranked_worst_first_and_the_unknown_stand_apart(tmp_path: Path):
    telemetry = Telemetry(Storage(tmp_path))
    fan = CATALOG["FAN_SYSTEMAIR_AXC_010"]
    for profile, moved in ((PUMP, 2.0), (MOTOR, 6.0)):
        telemetry.append(profile.id, rows(profile, moved=moved))
        serve(tmp_path, profile)
    telemetry.append(fan.id, rows(fan))
    blower = CATALOG["BLOWER_AERZEN_GM10S_020"]
    registry = Registry(Storage(tmp_path))
    found = health.rank(telemetry, registry, [PUMP, MOTOR, fan, blower], "rul", 1, NOW)
    assert [(m.rank, m.machine_id, m.rul.value) for m in found.machines] == [(1, MOTOR.id, 40.0)]
    assert found.ranked == 2
    reasons = {each.machine_id: each.reason for each in found.not_ranked}
    assert "train its models first" in reasons[fan.id]
    assert "import telemetry first" in reasons[blower.id]
    by_anomaly = health.rank(telemetry, registry, [PUMP, MOTOR], "anomaly", 5, NOW)
    assert [m.machine_id for m in by_anomaly.machines] == [MOTOR.id, PUMP.id]


def test_a_machine_that_lacks_the_asked_for_model_is_not_ranked(tmp_path: Path):
    telemetry = Telemetry(Storage(tmp_path))
    telemetry.append(PUMP.id, rows())
    found = health.rank(telemetry, serve(tmp_path, tasks=("failure",)), [PUMP], "rul", 5, NOW)
    assert found.machines == ()
    assert "rul" in found.not_ranked[0].reason


RUL_40 = Quantity(value=40, unit="h", interval=Interval(low=20, high=60, confidence=0.9))


@pytest.mark.parametrize(
    ("expected", "rul", "at_cap", "anomalous", "horizon", "complete", "state"),
    [
        (False, RUL_40, False, False, 10, True, "sound"),
        (False, RUL_40, False, False, 30, True, "watch"),
        (False, RUL_40, False, True, 10, True, "watch"),
        (False, RUL_40, False, False, 10, False, "watch"),
        (False, RUL_40, False, False, 50, True, "act"),
        (True, RUL_40, False, False, 10, True, "act"),
        (True, RUL_40, False, False, 100, True, "alarm"),
        (False, RUL_40, True, False, 100, True, "sound"),
    ],
    ids=["all quiet", "interval reaches in", "anomalous", "incomplete", "RUL within", "failure expected",
         "expected and whole interval within", "at least the cap says nothing of a longer horizon"],
)  # fmt: skip
def test_the_state_is_the_worst_that_anything_says(expected, rul, at_cap, anomalous, horizon, complete, state: str):
    assert state_of((), expected, rul, at_cap, anomalous, horizon, complete) == state


def test_a_short_question_does_not_hide_a_failure_that_is_likely_within_the_models_own_horizon(tmp_path: Path):
    found = judge(tmp_path, rows(), horizon=24)
    assert (found.ahead_hours, found.failure_ahead, found.state) == (72.0, False, "sound")
    assert found.probability_ahead.value == pytest.approx(1 / (1 + np.exp(4 - 0.72)), rel=1e-5)
    place = Storage(tmp_path).models(PUMP.id, "failure") / "v1" / "card.json"
    place.write_text(json.dumps({**json.loads(place.read_text()), "threshold": 0.03}))  # 0.023 in a day, 0.036 in three
    found = health.predict(Telemetry(Storage(tmp_path)), Registry(Storage(tmp_path)), PUMP, 24, None, NOW)
    assert (found.failure_expected, found.failure_ahead, found.state) == (False, True, "act")
    week = health.predict(Telemetry(Storage(tmp_path)), Registry(Storage(tmp_path)), PUMP, 168, None, NOW)
    assert (week.ahead_hours, week.probability_ahead) == (None, None)


def test_a_reading_below_a_lower_limit_is_crossed_too():
    values = pd.Series({sensor.name: (sensor.normal.low + sensor.normal.high) / 2 for sensor in PUMP.sensors})
    values["flow"], values["discharge_pressure"] = 1.9, 3.0
    found = [(c.sensor, c.level, c.side) for c in limits_crossed(PUMP, values)]
    assert found == [("discharge_pressure", "alarm", "below"), ("flow", "warning", "below")]


def test_an_answer_says_which_sensors_it_comes_from(tmp_path: Path):
    found = judge(tmp_path, rows(moved=3.0))
    assert [each.of for each in found.attributions] == ["failure_probability", "rul"]
    for each in found.attributions:
        total = each.reference + sum(part.contribution.value for part in each.contributions)
        assert total == pytest.approx(each.value, abs=1e-6)
    assert found.attributions[1].value == pytest.approx(found.rul.value)
