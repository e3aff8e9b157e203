"""Versions appear whole, gates guard what is in service, and an interrupted write changes nothing."""

import json
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from machine_profiles.reading import SHIPPED, load_catalog
from models.datasets import Datasets
from models.inference import UnusableGraph
from models.registry import NewModel, Registry
from models.registry_errors import GateFailed, NoModel, NothingToRollBackTo, UnknownVersion
from models.storage import Storage
from tests.models.small_models import card, write_graph

PUMP = load_catalog(SHIPPED)["PUMP_GRUNDFOS_CR3_004"]


@pytest.fixture(scope="module")
def empty_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A HOME whose MLflow database has its tables; making them takes seconds, copying them none."""
    home = tmp_path_factory.mktemp("home")
    Registry(Storage(home)).record_export("PUMP_X_001", "bundles/none", {}, [])
    return home


@pytest.fixture
def registry(tmp_path: Path, empty_home: Path) -> Registry:
    (tmp_path / "mlflow.db").write_bytes((empty_home / "mlflow.db").read_bytes())
    return Registry(Storage(tmp_path))


def graph(tmp_path: Path, task: str = "rul") -> Path:
    return write_graph(tmp_path / "trained" / task, PUMP, task)


def test_the_first_version_goes_into_service_and_the_next_is_a_challenger(registry: Registry, tmp_path: Path):
    first, alias = registry.register(card(PUMP, "rul"), graph(tmp_path))
    second, second_alias = registry.register(card(PUMP, "rul", 30.0), graph(tmp_path), {"error.png": b"png"})
    assert (first.version, alias, second.version, second_alias) == (1, "champion", 2, "challenger")
    assert registry.in_service(PUMP.id) == {"rul": 1}
    assert registry.card(PUMP.id, "rul", 2).metrics["rmse_hours"] == 30.0
    assert (registry.folder(PUMP.id, "rul", 2) / "error.png").read_bytes() == b"png"


def test_versions_stand_side_by_side_newest_first(registry: Registry, tmp_path: Path):
    for rmse in (40.0, 30.0, 35.0):
        registry.register(card(PUMP, "rul", rmse), graph(tmp_path))
    found = registry.compare(PUMP.id, "rul")
    assert (found.main_metric, found.higher_is_better) == ("rmse_hours", False)
    assert (found.champion, found.challenger, found.best) == (1, 3, 2)
    assert [(v.version, v.alias) for v in found.versions] == [(3, "challenger"), (2, None), (1, "champion")]


def test_best_is_promoted_and_rolled_back_in_one_step(registry: Registry, tmp_path: Path):
    for rmse in (40.0, 30.0):
        registry.register(card(PUMP, "rul", rmse), graph(tmp_path))
    preview = registry.preview_promotion(PUMP.id, "rul", "best")
    assert (preview.replaces, preview.warnings, preview.facts["version"]) == ("version 1", (), "2")
    assert preview.facts["beats the constant"] == "passed: rmse_hours 30 against the constant's 90"
    change = registry.promote(PUMP.id, "rul", "best")
    assert (change.version, change.replaced, all(gate.passed for gate in change.gates)) == (2, 1, True)
    back = registry.rollback(PUMP.id, "rul")
    assert (back.version, back.replaced, registry.in_service(PUMP.id)) == (1, 2, {"rul": 1})
    with pytest.raises(NothingToRollBackTo, match="Version 1 is in service and replaced none"):
        registry.rollback(PUMP.id, "rul")


@pytest.mark.parametrize(
    ("rmse", "said"),
    [(95.0, "beats the constant: rmse_hours 95 against the constant's 90"), (45.0, "rmse_hours 45 against 40 of")],
    ids=["worse than the constant", "worse than the champion"],
)
def test_a_failing_gate_keeps_the_champion_and_says_the_figure(registry: Registry, tmp_path, rmse: float, said: str):
    registry.register(card(PUMP, "rul", 40.0), graph(tmp_path))
    registry.register(card(PUMP, "rul", rmse), graph(tmp_path))
    assert said in " ".join(registry.preview_promotion(PUMP.id, "rul", 2).warnings)
    with pytest.raises(GateFailed, match=said):
        registry.promote(PUMP.id, "rul", 2)
    assert registry.in_service(PUMP.id) == {"rul": 1}


def test_a_graph_damaged_since_does_not_go_into_service(registry: Registry, tmp_path: Path):
    for rmse in (40.0, 30.0):
        registry.register(card(PUMP, "rul", rmse), graph(tmp_path))
    (registry.folder(PUMP.id, "rul", 2) / "model.onnx").write_bytes(b"half a file")
    with pytest.raises(GateFailed, match=r"graph loads and answers: .*damaged or truncated"):
        registry.promote(PUMP.id, "rul", 2)


def test_promoting_what_is_in_service_changes_nothing(registry: Registry, tmp_path: Path):
    registry.register(card(PUMP, "rul", 95.0), graph(tmp_path))
    assert "already in service" in registry.preview_promotion(PUMP.id, "rul", "best").warnings[0]
    assert registry.promote(PUMP.id, "rul", "best").replaced is None
    assert registry.preview_rollback(PUMP.id, "rul").warnings[0].startswith("There is no earlier rul model")


def test_what_does_not_exist_is_named_beside_what_does(registry: Registry, tmp_path: Path):
    with pytest.raises(NoModel, match="train its models first"):
        registry.promote(PUMP.id, "rul", "best")
    assert "train its models first" in registry.preview_promotion(PUMP.id, "rul", "best").warnings[0]
    with pytest.raises(NoModel, match="no rul model yet"):
        registry.compare(PUMP.id, "rul")
    registry.register(card(PUMP, "rul"), graph(tmp_path))
    assert "Its versions: 1." in registry.preview_promotion(PUMP.id, "rul", 9).warnings[0]
    with pytest.raises(UnknownVersion, match=r"no version 9 of its rul model\. Its versions: 1\."):
        registry.promote(PUMP.id, "rul", 9)


def test_a_graph_that_is_not_what_its_card_says_is_not_registered(registry: Registry, tmp_path: Path):
    with pytest.raises(UnusableGraph, match="outputs missing: rul_hours"):
        registry.register(card(PUMP, "rul"), graph(tmp_path, "anomaly"))
    assert registry.in_service(PUMP.id) == {}
    assert registry.versions(PUMP.id, "rul") == []


def test_several_models_are_registered_together_or_not_at_all(registry: Registry, tmp_path: Path):
    good = NewModel(card(PUMP, "rul"), graph(tmp_path))
    bad = NewModel(card(PUMP, "failure"), tmp_path / "nowhere")
    with pytest.raises(UnusableGraph, match="missing"):
        registry.register_many([good, bad])
    assert registry.versions(PUMP.id, "rul") == []


def test_figures_that_are_no_numbers_are_left_out(registry: Registry, tmp_path: Path):
    figures = {"rmse_hours": 40.0, "r2": float("nan")}
    registry.register(card(PUMP, "rul", metrics=figures), graph(tmp_path))
    assert registry.card(PUMP.id, "rul", 1).metrics == {"rmse_hours": 40.0}


def test_mlflow_holds_versions_aliases_figures_and_lineage(registry: Registry, tmp_path: Path):
    registry.register(card(PUMP, "rul"), graph(tmp_path))
    registry.register(card(PUMP, "rul", 30.0), graph(tmp_path))
    registry.promote(PUMP.id, "rul", 2)
    registry.record_export(PUMP.id, "bundles/x", {"precision": "fp32"}, [registry.card(PUMP.id, "rul", 2)])
    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{tmp_path}/mlflow.db")
    champion = client.get_model_version_by_alias(f"{PUMP.id}-rul", "champion")
    assert champion.tags["millwright.version"] == "2"
    assert champion.tags["lineage"] == f"0123456789ab → history@1 → labels@1 → {PUMP.id}-rul v2"
    assert json.loads(champion.tags["millwright.bundles"]) == ["bundles/x"]
    run = client.get_run(champion.run_id)
    assert run.data.metrics["rmse_hours"] == 30.0
    assert run.data.metrics["constant.rmse_hours"] == 90.0
    assert run.data.params["seed"] == "7"
    assert [each.dataset.name for each in run.inputs.dataset_inputs] == ["history@1", "labels@1"]
    assert "model.onnx" in [item.path for item in client.list_artifacts(champion.run_id)]


STEPS = {
    "before the folder": "registry.whole_folder",
    "before MLflow": "_mlflow.Recorder.sync",
    "before in_service.json": "registry.write_state",
}


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS.keys())
def test_a_kill_at_any_step_leaves_the_registry_as_it_was(registry: Registry, tmp_path: Path, step: str):
    """The child is killed when it reaches the step; the next registration gives out the number again."""
    registry.register(card(PUMP, "rul"), graph(tmp_path))
    code = f"""
import os, sys
from pathlib import Path
from models import _mlflow, registry
from tests.models.small_models import card
from tests.models.test_registry import PUMP
target, name = {step.rsplit(".", 1)[0]}, {step.rsplit(".", 1)[1]!r}
setattr(target, name, lambda *args, **kwargs: os.kill(os.getpid(), 9))
registry.Registry(registry.Storage(Path(sys.argv[1]))).register(card(PUMP, "rul", 30.0), Path(sys.argv[2]))
"""
    killed = subprocess.run([sys.executable, "-c", code, str(tmp_path), str(graph(tmp_path))], capture_output=True)
    assert killed.returncode == -9, killed.stderr.decode()
    again = Registry(Storage(tmp_path))
    assert [each.version for each in again.versions(PUMP.id, "rul")] == [1]
    assert again.in_service(PUMP.id) == {"rul": 1}
    assert again.register(card(PUMP, "rul", 20.0), graph(tmp_path))[0].version == 2
    assert again.promote(PUMP.id, "rul", "best").version == 2
    assert sorted(path.name for path in Storage(tmp_path).models(PUMP.id, "rul").iterdir()) == [
        "in_service.json", "v1", "v2",
    ]  # fmt: skip
    with sqlite3.connect(tmp_path / "mlflow.db") as database:
        rows = database.execute("SELECT value FROM model_version_tags WHERE key = 'millwright.version'").fetchall()
    assert sorted(rows) == [("1",), ("2",)]


def test_data_sets_and_evaluations_are_runs_once_each(registry: Registry, tmp_path: Path):
    datasets = Datasets(Storage(tmp_path))
    rows = pd.DataFrame({"hours": [1.0, 2.0], "flow": [3.0, 4.0]})
    info = {"machine_id": PUMP.id, "created_at": datetime(2026, 5, 1, tzinfo=UTC), "content": "rows", "seed": 7}
    datasets.write({**info, "name": "history", "origin": "recorded"}, rows)
    made = {"name": "synthetic", "origin": "synthetic", "method": "tvae", "made_from": "history@1"}
    datasets.write({**info, **made, "details": {"quality": 0.97, "parts": {"shape": 0.5}, "note": "x"}}, rows)
    ran = tmp_path / "evals" / "20260501-abc"
    ran.mkdir(parents=True)
    (ran / "result.json").write_text(json.dumps({"model": "offline", "seed": 7, "n": 40, "pass_rate": 0.975}))
    registry.register(card(PUMP, "rul"), graph(tmp_path))
    registry.record_everything([PUMP.id])
    registry.record_everything([PUMP.id])

    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{tmp_path}/mlflow.db")
    experiment = client.get_experiment_by_name("millwright").experiment_id
    runs = {run.info.run_name: run for run in client.search_runs([experiment])}
    assert len(runs) == len(client.search_runs([experiment])), "each once"
    synthetic = runs[f"{PUMP.id} synthetic@1"].data
    assert (synthetic.params["method"], synthetic.params["made_from"]) == ("tvae", "history@1")
    assert (synthetic.metrics["quality"], synthetic.metrics["parts.shape"]) == (0.97, 0.5)
    assert f"{PUMP.id} history@1" not in runs
    evaluated = runs["evaluation of offline"]
    assert evaluated.data.metrics["pass_rate"] == 0.975
    assert [file.path for file in client.list_artifacts(evaluated.info.run_id)] == ["result.json"]


def test_a_lost_mlflow_database_is_filled_again_at_the_next_write(registry: Registry, tmp_path: Path, empty_home: Path):
    registry.register(card(PUMP, "rul"), graph(tmp_path))
    moved = tmp_path / "moved"
    Storage(tmp_path).models(PUMP.id, "rul").parent.parent.rename(moved)
    home = tmp_path / "new"
    home.mkdir()
    moved.rename(home / "models")
    (home / "mlflow.db").write_bytes((empty_home / "mlflow.db").read_bytes())
    Registry(Storage(home)).register(card(PUMP, "rul", 30.0), graph(tmp_path))
    with sqlite3.connect(home / "mlflow.db") as database:
        rows = database.execute("SELECT value FROM model_version_tags WHERE key = 'millwright.version'").fetchall()
    assert sorted(rows) == [("1",), ("2",)]


def test_two_at_once_never_get_the_same_number(tmp_path: Path, registry: Registry):
    registry.register(card(PUMP, "rul"), graph(tmp_path))
    both = [Registry(Storage(tmp_path)), Registry(Storage(tmp_path))]
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda each: each.register(card(PUMP, "rul"), tmp_path / "trained/rul")[0].version, both))
    assert sorted(found) == [2, 3]


def test_reading_the_registry_loads_no_mlflow(tmp_path: Path, registry: Registry):
    registry.register(card(PUMP, "rul"), graph(tmp_path))
    code = f"""import sys
from pathlib import Path
from models.registry import Registry, Storage
registry = Registry(Storage(Path({str(tmp_path)!r})))
assert registry.in_service({PUMP.id!r}) == {{"rul": 1}}
registry.compare({PUMP.id!r}, "rul"), registry.preview_promotion({PUMP.id!r}, "rul", "best")
print("mlflow" in sys.modules)"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "False", done.stderr
