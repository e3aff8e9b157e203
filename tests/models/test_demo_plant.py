"""The demo plant is whole, repeatable, hard to overwrite, quick to copy, and in the trouble its truth file states."""

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from machine_profiles.errors import UnknownMachine
from machine_profiles.reading import SHIPPED, load_catalog
from models.datasets import Datasets
from models.demo_machine import TROUBLE, simulate_machine
from models.demo_plant import PlantExists, cached_demo_plant, copy_plant, prepare_data, prepare_demo_plant
from models.plant_truth import read_truth
from models.registry import Registry
from models.results import TASKS
from models.storage import Storage
from models.telemetry import Telemetry

MACHINES = load_catalog(SHIPPED)
PUMP, CHILLER, HAAS = "PUMP_GRUNDFOS_CR3_004", "CHILLER_CARRIER_30RB_015", "CNC_HAAS_VF2_016"
NOW = datetime(2026, 6, 1, tzinfo=UTC)


def silent(_done: float, _step: str) -> None: ...


def hashes(home: Path) -> dict[str, str]:
    """SHA-256 by name of every file but the empty ones that writers lock."""
    files = sorted(path for path in home.rglob("*") if path.is_file() and not path.name.endswith(".lock"))
    return {path.relative_to(home).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole plant's data, without models."""
    home = tmp_path_factory.mktemp("plant")
    prepare_data(home, 7, silent)
    return home


def test_every_machine_has_ninety_days_up_to_now_and_the_failures_to_learn_from(home):
    telemetry, datasets = Telemetry(Storage(home)), Datasets(Storage(home))
    for machine_id, profile in MACHINES.items():
        first, last = telemetry.span(machine_id)
        history = datasets.find(machine_id, "history", content=("lives",))
        assert last == NOW
        assert last - first >= timedelta(days=90)
        assert history.created_at == NOW
        assert 25_000 <= history.rows <= 42_000
        assert len(datasets.lives(history, profile.sensor_names).failed) >= 15


def test_six_machines_are_in_trouble_in_six_ways_and_the_rest_is_sound_for_weeks(home):
    machines = read_truth(Storage(home)).machines
    troubled = {machine_id: each for machine_id, each in machines.items() if each.in_trouble}
    assert {each.failure_mode for each in troubled.values()} == {
        "imbalance", "bearing_wear", "cavitation", "overheating", "gland_leak", "fouling",
    }  # fmt: skip
    for each in troubled.values():
        assert each.onset_hours < each.now_hours < each.failure_hours
        assert 20 <= each.rul_hours <= 250
    for machine_id in set(machines) - set(troubled):
        assert machines[machine_id].onset_hours - machines[machine_id].now_hours >= 1000


def test_a_machine_in_trouble_reads_unlike_its_own_first_weeks(home):
    telemetry = Telemetry(Storage(home))
    pump = MACHINES[PUMP]
    vibration = pump.sensor("vibration_velocity")
    before, now = telemetry.baseline(pump), telemetry.latest(PUMP, 12)
    assert vibration.behaviour is not None
    assert now["vibration_velocity"].mean() - before["vibration_velocity"] > 5 * vibration.behaviour.noise


def test_truth_and_maintenance_log_tell_of_the_same_earlier_failures(home):
    telemetry, truth = Telemetry(Storage(home)), read_truth(Storage(home))
    repaired = 0
    for machine_id, each in truth.machines.items():
        own = telemetry.maintenance(machine_id, "main")
        failures = [(event.life, event.failure_mode) for event in own if event.action == "failure"]
        assert failures == [
            (k.life, k.failure_mode) for k in each.lives if k.unit == "main" and k.ended_by == "failure"
        ]
        assert telemetry.current_life(machine_id) == (each.life, each.now_hours)
        repaired += bool(failures)
    assert 2 <= repaired <= 12  # about a third of fourteen sound machines


def test_routine_maintenance_falls_due_as_the_profile_says():
    pump = MACHINES[PUMP]
    own = [event for event in simulate_machine(pump, 7).events if event.unit == "main"]
    looks = [event.at for event in own if event.note == "Check shaft seal for leakage"]  # every 720 h, over 540 days
    assert len(looks) in (17, 18, 19)
    assert max(event.at for event in own) < NOW
    assert {event.action for event in own} >= {"inspection", "lubrication"}
    assert "replacement" not in {event.action for event in own}  # a new seal is no new pump


def test_one_seed_gives_one_plant_bit_for_bit_however_many_work_on_it(tmp_path):
    prepare_data(tmp_path / "alone", 7, silent, workers=1, machines=[PUMP, HAAS])
    prepare_data(tmp_path / "together", 7, silent, workers=2, machines=[HAAS, PUMP])
    prepare_data(tmp_path / "other", 8, silent, workers=1, machines=[PUMP])
    alone, other = hashes(tmp_path / "alone"), hashes(tmp_path / "other")
    assert alone == hashes(tmp_path / "together")
    assert len(alone) == 2 + 2 * 5  # plant.json and the truth; telemetry, log, and a data set of three files
    assert not set(alone.values()) & set(other.values())


def test_a_machine_is_the_same_in_the_whole_plant_as_alone(home, tmp_path):
    prepare_data(tmp_path, 7, silent, workers=1, machines=[CHILLER])
    alone, whole = hashes(tmp_path), hashes(home)
    of_chiller = {name for name in alone if CHILLER in name}
    assert len(of_chiller) == 5
    assert {name: alone[name] for name in of_chiller} == {name: whole[name] for name in of_chiller}


def test_a_home_that_holds_a_plant_is_left_alone(home, tmp_path):
    before = hashes(home)
    with pytest.raises(PlantExists, match="already holds a plant"):
        prepare_data(home, 8, silent, workers=1)
    assert hashes(home) == before


def test_what_else_lies_in_a_home_stays(tmp_path):
    (tmp_path / "audit.jsonl").write_text("kept\n")
    (tmp_path / "telemetry" / PUMP).mkdir(parents=True)
    prepare_data(tmp_path, 7, silent, workers=1, machines=[PUMP])
    assert (tmp_path / "audit.jsonl").read_text() == "kept\n"
    assert Telemetry(Storage(tmp_path)).has(PUMP)
    assert not list(tmp_path.glob(".*"))


def test_an_unknown_machine_is_named_before_anything_is_made(tmp_path):
    with pytest.raises(UnknownMachine, match="PUMP_4"):
        prepare_data(tmp_path / "plant", 7, silent, machines=["PUMP_4"])
    assert not (tmp_path / "plant").exists()


def test_interrupted_preparation_leaves_nothing(tmp_path):
    def stop(done: float, _step: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prepare_data(tmp_path, 7, stop, workers=1, machines=[PUMP])
    assert not list(tmp_path.iterdir())


def test_what_happens_to_a_copy_does_not_happen_to_its_source(home, tmp_path):
    before = hashes(home)
    copy_plant(home, tmp_path / "copy")
    assert hashes(tmp_path / "copy") == before
    storage = Storage(tmp_path / "copy")
    telemetry = Telemetry(storage)
    telemetry.log(PUMP, telemetry.maintenance(PUMP)[-1])
    storage.plant_file.write_text("{}")
    Datasets(storage).write(
        {"machine_id": PUMP, "name": "history", "content": "rows", "origin": "recorded", "created_at": NOW},
        telemetry.latest(PUMP, 5),
    )
    next((storage.telemetry(PUMP)).glob("*.parquet")).unlink()
    assert hashes(home) == before


def test_a_copy_is_never_made_over_something(home, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(PlantExists):
        copy_plant(home, tmp_path)


def test_a_prepared_plant_has_a_model_of_each_task_in_service_and_is_built_once(tmp_path):
    steps: list[tuple[float, str]] = []
    first = cached_demo_plant(tmp_path, 7, lambda done, step: steps.append((done, step)), 1, machines=[PUMP])
    shares = [done for done, _ in steps]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    registry = Registry(Storage(first), None)
    assert registry.in_service(PUMP) == dict.fromkeys(TASKS, 1)
    assert all(registry.card(PUMP, task, 1).created_at == NOW for task in TASKS)

    steps.clear()
    assert cached_demo_plant(tmp_path, 7, lambda done, step: steps.append((done, step)), 1, machines=[PUMP]) == first
    assert steps == []


def test_every_trouble_is_a_failure_mode_of_its_machine():
    for machine_id, (mode, _) in TROUBLE.items():
        assert mode in [each.name for each in MACHINES[machine_id].failure_modes]


def test_preparing_models_over_a_plant_is_refused_at_once(home):
    with pytest.raises(PlantExists):
        prepare_demo_plant(home, 7, silent)
