"""The health tools hand on the plant's present moment, and errors a person can act on."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from machine_profiles.errors import UnknownMachine
from models.registry_errors import NoModel
from models.storage import Storage
from tests.models.test_health import NOW, PUMP, rows, serve
from tools.health import PredictHealth, RankFleet, predict_health, rank_fleet
from tools.plant import Plant


@pytest.fixture
def plant(tmp_path: Path) -> Plant:
    plant = Plant(Storage(tmp_path), seed=7, user="anna", fixed_now=NOW)
    plant.telemetry.append(PUMP.id, rows(moved=3.0))
    return plant


def test_a_prediction_looks_ahead_as_far_as_asked(plant: Plant, tmp_path: Path):
    serve(tmp_path)
    found = predict_health.run(plant, PredictHealth(machine_id=PUMP.id, horizon_hours=168))
    assert (found.horizon_hours, found.rul.value, found.at) == (168, pytest.approx(70.0), NOW)
    stated = predict_health.run(plant, PredictHealth(machine_id=PUMP.id, readings={"vibration_velocity": 2.0}))
    assert stated.rul.value == pytest.approx(100.0)


def test_a_prediction_without_a_model_says_to_train(plant: Plant):
    with pytest.raises(NoModel, match="train its models first"):
        predict_health.run(plant, PredictHealth(machine_id=PUMP.id))


def test_an_unknown_machine_is_named_beside_the_known(plant: Plant):
    with pytest.raises(UnknownMachine, match=PUMP.id):
        predict_health.run(plant, PredictHealth(machine_id="PUMP_4"))


@pytest.mark.parametrize("horizon", [0, -1, 2161, float("nan")])
def test_a_horizon_out_of_range_is_refused_by_the_schema(horizon: float):
    with pytest.raises(ValidationError):
        PredictHealth(machine_id=PUMP.id, horizon_hours=horizon)


def test_the_fleet_says_which_machines_it_could_not_judge(plant: Plant, tmp_path: Path):
    serve(tmp_path)
    found = rank_fleet.run(plant, RankFleet(top=1))
    assert [machine.machine_id for machine in found.machines] == [PUMP.id]
    assert (found.ranked, len(found.not_ranked)) == (1, 19)
