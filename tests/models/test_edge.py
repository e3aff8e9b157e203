"""A bundle says what the chat says, holds what its manifest says, and refuses what it was not made for."""

import ast
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pandas as pd
import pytest
from onnx import helper, numpy_helper

from models import edge, edge_parity, health
from models.edge import NotForTarget, TooLarge
from models.edge_files import RUNTIME
from models.edge_manifest import with_older_trees
from models.edge_parity import ParityLost
from models.edge_runtime.run import BadInput, Bundle, Damaged, Stream, readings
from models.registry import Registry
from models.registry_errors import NoModel
from models.storage import Storage
from models.telemetry import Telemetry
from models.windows import latest_input
from tests.models.small_models import write_graph
from tests.models.test_health import NOW, PUMP, rows, serve

SENSORS = list(PUMP.sensor_names)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pump with four small models in service and 300 recorded hours, in trouble over the last 40."""
    home = tmp_path_factory.mktemp("home")
    random = np.random.default_rng(7)
    table = rows(count=300, moved=3.0)
    table[SENSORS] += random.normal(0, 0.05, (300, len(SENSORS)))
    table.loc[table.index[-20:-15], "seal_temperature"] = np.nan
    Telemetry(Storage(home)).append(PUMP.id, table)
    serve(home)
    return home


@pytest.fixture(scope="module")
def exported(home: Path) -> tuple[edge.EdgeBundle, Path]:
    bundle = export(home)
    return bundle, Storage(home).absolute(bundle.bundle)


def export(home: Path, target="jetson_nano", precision="int8") -> edge.EdgeBundle:
    storage = Storage(home)
    return edge.export(storage, Telemetry(storage), Registry(storage), PUMP, target, precision, seed=7)


def device(folder: Path, *arguments: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
    """The bundle's run.py as a device runs it: from elsewhere, with nothing of ours on the path."""
    command = [sys.executable, "-I", str(folder / "run.py"), *arguments]
    return subprocess.run(command, input=text, capture_output=True, text=True, cwd=folder.parent)


def test_the_bundle_holds_every_model_in_service_with_its_parity(exported):
    bundle, folder = exported
    assert bundle.bundle == f"bundles/{PUMP.id}/jetson_nano-int8-1"
    assert [(m.task, m.version, m.file) for m in bundle.models] == [
        (task, 1, f"models/{PUMP.id}.{task}/1/model.onnx") for task in ("failure", "rul", "anomaly", "forecast")
    ]
    assert all(
        m.parity_max_abs == m.parity_p999 == 0 and m.decisions_changed == 0 and m.parity_rows >= 1300
        for m in bundle.models
    )
    assert all(m.precision == "fp32" for m in bundle.models)
    assert "no neural part" in bundle.notes[1]
    assert bundle.total_bytes == sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    assert sorted(path.name for path in folder.iterdir()) == [
        "Dockerfile", "build_engine.sh", "manifest.json", "millwright-edge.service", "models", "run.py",
    ]  # fmt: skip
    manifest = json.loads((folder / "manifest.json").read_text())
    assert [model["checked"]["parity_rows"] for model in manifest["models"]] == [m.parity_rows for m in bundle.models]
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert set(manifest["files"]) == files - {"manifest.json"}
    assert not [name for name in files if name.endswith((".pkl", ".pickle", ".joblib", ".npy", ".pt"))]


def test_the_device_program_is_written_in_the_python_of_a_jetson_nano():
    ast.parse(RUNTIME.read_text(), feature_version=(3, 6))


def test_the_device_says_what_the_chat_says(home: Path, exported):
    storage = Storage(home)
    said = health.predict(Telemetry(storage), Registry(storage), PUMP, 24, None, NOW)
    recorded = Telemetry(storage).latest(PUMP.id, 72)
    file = home / "readings.csv"
    recorded.drop(columns=["unit", "life"]).to_csv(file, index=False)
    done = device(exported[1], "--input", str(file), "--last")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["failure"]["probability"] == said.failure_probability.value
    assert found["failure"]["expected"] == said.failure_expected
    rul = found["rul"]
    assert (rul["value"], rul["low"], rul["high"]) == (said.rul.value, said.rul.interval.low, said.rul.interval.high)
    assert (found["anomaly"]["score"], found["anomaly"]["anomalous"]) == (said.anomaly.value, said.anomalous)
    assert found["missing_sensors"] == list(said.missing_sensors)
    assert [(c["sensor"], c["level"]) for c in found["limits_crossed"]] == [
        (c.sensor, c.level) for c in said.limits_crossed
    ]


def test_a_stream_of_json_lines_gives_one_answer_a_row(exported):
    lines = "\n".join(json.dumps(row) for row in rows(count=10)[["hours", *SENSORS]].to_dict("records"))
    done = device(exported[1], text=lines)
    said = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["row"] for answer in said] == list(range(1, 11))
    assert said[4]["abstained"] == "only 5 rows of this life so far; 6 are needed"
    assert "rul" not in said[4]
    assert said[5]["rul"]["value"] == pytest.approx(100.0)  # the meter starts near zero: these rows are the sound state


def test_a_new_life_is_judged_by_its_own_rows(exported):
    table = pd.concat([rows(count=80, moved=5.0), rows(count=20).assign(vibration_velocity=4.0)])
    said = [json.loads(line) for line in device(exported[1], text=csv(table)).stdout.splitlines()]
    assert said[79]["rul"]["value"] == pytest.approx(100 - 50 + 50 * 32 / 72, abs=1e-3)  # 32 of 72 first rows were high
    assert "abstained" in said[80]
    assert said[99]["rul"]["value"] == pytest.approx(100.0)


def test_rows_before_a_hole_longer_than_the_window_are_another_times(exported):
    """The device's window is that of models.windows, hole included; 72 rows of one hour are a window."""
    table = rows(count=100)
    table.loc[table.index[60:], "hours"] += 73
    stream = Stream(Bundle(str(exported[1])), 24.0)
    said = [stream.judge(list(row[SENSORS]), row["hours"], "1") for _, row in table.iterrows()]
    assert said[60]["abstained"] == "only 1 rows of this life since the last hole in the record; 6 are needed"
    expected = latest_input(PUMP, table.tail(72), table[SENSORS].head(PUMP.modelling.baseline_rows).mean())
    assert np.isnan(expected.window[0, :32]).all()
    for ours, theirs in zip(stream.inputs(), (expected.window, expected.baseline, expected.age_hours), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-6)


def test_a_machine_whose_sensors_are_silent_gets_no_figures(exported):
    table = rows(count=12)
    condition = [sensor.name for sensor in PUMP.sensors if sensor.role == "condition"]
    table[condition] = np.nan
    done = device(exported[1], text=csv(table))
    assert done.returncode == 1
    assert "no reading of the machine's condition" in json.loads(done.stdout.splitlines()[-1])["abstained"]
    assert "No row could be judged" in done.stderr


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t.drop(columns="flow"), "no column for flow"),
        (lambda t: t.rename(columns={"flow": "flwo"}), "no column for flow; unknown columns: flwo"),
        (lambda t: t.rename(columns={"flow": "flow [L/min]"}), "flow is in L/min; this bundle takes m^3/h"),
        (lambda t: t.assign(flow="high"), "flow is 'high', not a number"),
        (lambda t: t.assign(bearing_temperature=-300.0), "below what can be"),
        (lambda t: t.iloc[:0], "no rows after the header"),
    ],
    ids=["missing sensor", "misspelt sensor", "wrong unit", "text", "impossible", "header only"],
)
def test_readings_not_as_agreed_are_refused(exported, change, said: str):
    done = device(exported[1], text=csv(change(rows(count=12))))
    assert (done.returncode, said in done.stderr) == (2, True), done.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the input is empty"),
        ("1,2,3\n4,5,6\n", "holds numbers, not column names"),
        ("flow,flow\n1,2\n", "comes more than once"),
        ("a,b\n1\n", "line 2 has 1 fields, the header 2"),
        ('{"flow": 1}\n{"flow": \n', "no column for"),
        ("{flow}\n", "line 1 is not JSON"),
        ("{}\n", "no column for"),
    ],
    ids=["empty", "no header", "twice", "short line", "truncated", "no JSON", "empty object"],
)
def test_malformed_text_is_refused_with_the_line(exported, text: str, said: str):
    sensors = Bundle(str(exported[1])).sensors
    with pytest.raises(BadInput, match=said):
        list(readings(text.splitlines(keepends=True), sensors))


def test_columns_may_stand_in_any_order_and_state_their_unit(exported):
    table = rows(count=12)
    shuffled = table[["hours", *reversed(SENSORS)]].rename(columns={"flow": "flow [m^3/h]"})
    assert device(exported[1], text=shuffled.to_csv(index=False)).stdout == device(exported[1], text=csv(table)).stdout


@pytest.mark.parametrize("name", [f"models/{PUMP.id}.rul/1/model.onnx", "run.py", "Dockerfile", "manifest.json"])
@pytest.mark.parametrize("how", ["truncated", "changed", "missing"])
def test_a_damaged_bundle_is_refused_with_the_file_named(exported, tmp_path: Path, name: str, how: str):
    folder = tmp_path / "bundle"
    shutil.copytree(exported[1], folder)
    file, whole = folder / name, (folder / name).read_bytes()
    if how == "missing":
        file.unlink()
    else:
        file.write_bytes(whole[: len(whole) // 2] if how == "truncated" else whole.replace(b"pump", b"punp", 1) + b" ")
    if name == "manifest.json" and how == "changed":
        file.write_bytes(whole.replace(b'"threshold": 0.5', b'"threshold": 0.9', 1))
    with pytest.raises(Damaged, match=name):
        Bundle(str(folder))


def test_a_bundle_that_answers_otherwise_is_not_kept(home: Path, exported, tmp_path: Path):
    """The registry's model is exchanged for one whose answers are 0.01 h longer, against the bundle's own."""
    storage = Storage(home)
    card = Registry(storage).card(PUMP.id, "rul", 1)
    windows = edge_parity.random_windows(PUMP, None, seed=7)
    other = tmp_path / "other"
    serve(other, tasks=("rul",))
    write_graph(Storage(other).models(PUMP.id, "rul") / "v1", PUMP, "rul", shift=0.01)
    with pytest.raises(ParityLost, match="Nothing was exported"):
        edge_parity.compare(Bundle(str(exported[1])), Registry(Storage(other)), card, None, windows, "fp32")


def test_a_graph_too_new_for_the_target_is_not_exported(tmp_path: Path):
    serve(tmp_path, tasks=("rul",))
    write_graph(Storage(tmp_path).models(PUMP.id, "rul") / "v1", PUMP, "rul", opset=17)
    with pytest.raises(NotForTarget, match=r"needs operator set 17, .* jetson_nano .* reads up to 15"):
        export(tmp_path)
    assert list(Storage(tmp_path).bundles(PUMP.id).glob("[!.]*")) == []


def test_trees_are_written_for_the_runtime_of_the_target(tmp_path: Path):
    """ONNX Runtime 1.10 refuses ai.onnx.ml 3; a tree that needs nothing of it is stamped 2, others are refused."""
    found = {}
    for name, values in (("plain", {}), ("double", {"base_values_as_tensor": numpy_helper.from_array(np.zeros(1))})):
        tree = helper.make_node(
            "TreeEnsembleRegressor", ["x"], ["y"], domain="ai.onnx.ml", n_targets=1, nodes_treeids=[0],
            nodes_nodeids=[0], nodes_featureids=[0], nodes_values=[0.0], nodes_modes=["LEAF"], nodes_truenodeids=[0],
            nodes_falsenodeids=[0], target_treeids=[0], target_nodeids=[0], target_ids=[0], target_weights=[1.5],
            **values,
        )  # fmt: skip
        shape = [helper.make_tensor_value_info(side, onnx.TensorProto.FLOAT, ["n", 1]) for side in "xy"]
        graph = helper.make_graph([tree], "tree", shape[:1], shape[1:])
        stamps = [helper.make_opsetid("", 15), helper.make_opsetid("ai.onnx.ml", 3)]
        found[name] = with_older_trees(helper.make_model(graph, opset_imports=stamps, ir_version=8), 2)
    assert {each.domain: each.version for each in found["plain"].opset_import} == {
        "": 15, "ai.onnx.ml": 2,
    }  # fmt: skip
    assert found["double"] is None


def test_a_model_above_ten_megabytes_is_not_exported(tmp_path: Path):
    serve(tmp_path, tasks=("rul",))
    path = Storage(tmp_path).models(PUMP.id, "rul") / "v1" / "model.onnx"
    model = onnx.load(str(path))
    model.graph.initializer.append(numpy_helper.from_array(np.zeros(3_000_000, np.float32), "ballast"))
    onnx.save(model, str(path))
    with pytest.raises(TooLarge, match=r"has 12\.0 MB; a bundle takes up to 10 MB"):
        export(tmp_path)
    assert list(Storage(tmp_path).bundles(PUMP.id).glob("[!.]*")) == []


def test_without_a_model_nothing_is_exported_and_the_card_says_so(tmp_path: Path):
    storage = Storage(tmp_path)
    with pytest.raises(NoModel, match="train its models first"):
        export(tmp_path)
    card = edge.preview(storage, Registry(storage), PUMP, "cpu", "fp32")
    assert "train its models first" in card.warnings[0]


def test_the_card_says_what_a_bundle_would_hold(tmp_path: Path):
    registry = serve(tmp_path, tasks=("failure", "rul"))
    card = edge.preview(Storage(tmp_path), registry, PUMP, "jetson_orin", "fp16")
    assert card.facts["models"] == "failure v1, rul v1"
    assert "where a model has any" in card.facts["precision"]
    assert [warning.split()[1] for warning in card.warnings] == ["anomaly", "forecast"]


def test_the_next_export_is_a_bundle_of_its_own_and_mlflow_knows_both(home: Path, exported):
    second = export(home)
    assert second.bundle == f"bundles/{PUMP.id}/jetson_nano-int8-2"
    from mlflow import MlflowClient

    version = MlflowClient(f"sqlite:///{home}/mlflow.db").search_model_versions(f"name = '{PUMP.id}-rul'")[0]
    assert json.loads(version.tags["millwright.bundles"])[-2:] == [exported[0].bundle, second.bundle]


def csv(table: pd.DataFrame) -> str:
    return table.drop(columns=["unit", "life", "at"]).to_csv(index=False)
