"""Neural parts are rounded and nothing else, and a bundle that rounding changed too much is not kept."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from models import edge
from models.datasets import Datasets
from models.edge import WorseThanTeacher, teacher_loss
from models.edge_parity import ParityLost
from models.edge_precision import NothingToCalibrateOn, in_precision, neural_nodes
from models.features import add_features, features_of, fit_scaling
from models.history import current_history
from models.model_card import GRAPH
from models.network import fit_network
from models.onnx_graph import Graph, open_session, run, save
from models.registry import Registry
from models.storage import Storage
from models.telemetry import Telemetry
from models.windows import ModelInput, inputs_of
from tests.models.small_models import card
from tests.models.training_world import MACHINE, record, wearing_lives

LIVES = wearing_lives()
CAP = 60.0


@pytest.fixture(scope="module")
def network_graph() -> onnx.ModelProto:
    """An RUL graph of four networks that have learnt the wear of LIVES, averaged as a model's folds are."""
    scaling = fit_scaling(MACHINE, LIVES.rows)
    features, keys = features_of(MACHINE, LIVES, scaling)
    left = keys["life"].map(LIVES.ends.set_index("life")["end_hours"]) - keys["hours"]
    share = np.clip(left.to_numpy(float), 0, CAP) / CAP
    graph = Graph()
    seen, _ = add_features(graph, scaling)
    answers = [fit_network(features, share, seed, steps=250).add(graph, seen) for seed in range(4)]
    hours = graph.op("Mul", graph.op("Sum", *answers), graph.constant(CAP / len(answers)))
    for name, moved in (("rul_hours", 0.0), ("low", -10.0), ("high", 10.0)):
        graph.output(name, graph.op("Add", hours, graph.constant(moved)), 1)
    return graph.model()


@pytest.fixture(scope="module")
def windows() -> ModelInput:
    return inputs_of(MACHINE, LIVES)[0]


def in_service(home: Path, graph: onnx.ModelProto, **metrics: float) -> tuple[Storage, Telemetry, Registry]:
    storage = Storage(home)
    telemetry, registry = record(storage, LIVES), Registry(storage)
    reference = current_history(Datasets(storage), telemetry, MACHINE).reference
    (home / "new").mkdir()
    save(graph, home / "new" / GRAPH)
    stated = {"rmse_hours": 10.0, **metrics}
    registry.register(
        card(MACHINE, "rul", datasets=(reference,), cap_hours=CAP, metrics=stated), home / "new"
    )  # fmt: skip
    return storage, telemetry, registry


def export(parts: tuple[Storage, Telemetry, Registry], precision: str) -> edge.EdgeBundle:
    return edge.export(*parts, MACHINE, "jetson_nano", precision, seed=7)


@pytest.mark.parametrize(("precision", "most"), [("fp16", 0.1), ("int8", 5.0)])
def test_the_network_is_rounded_and_its_figure_on_held_out_lives_hardly_moves(
    tmp_path: Path, network_graph: onnx.ModelProto, precision: str, most: float
):
    bundle = export(in_service(tmp_path, network_graph), precision)
    (model,) = bundle.models
    assert model.precision == precision
    assert 0 < model.parity_p999 <= model.parity_max_abs < most  # hours of 60
    assert model.decisions_changed <= 0.001 * model.parity_rows
    assert model.metric_before != model.metric_after
    assert model.metric_after == pytest.approx(model.metric_before, rel=0.01)
    assert model.size_bytes < 0.75 * network_graph.ByteSize()
    assert not any("no neural part" in note for note in bundle.notes)


def test_everything_but_the_network_keeps_its_numbers(network_graph: onnx.ModelProto, windows: ModelInput):
    made = in_precision(network_graph, "int8", windows, MACHINE.id)
    weights = {node.input[1] for node in network_graph.graph.node if node.name in neural_nodes(network_graph)}
    before = {each.name: numpy_helper.to_array(each) for each in network_graph.graph.initializer}
    after = {each.name: numpy_helper.to_array(each) for each in made.graph.initializer}
    assert len(weights) == 8  # two layers of each network; the last one's 48 weights stay
    offsets = {node.input[2] for node in network_graph.graph.node if node.name in neural_nodes(network_graph)}
    for name in set(before) - weights - offsets:
        np.testing.assert_array_equal(before[name], after[name])
    sizes = {before[name].size for name in weights}
    assert [value.dtype.name for value in after.values() if value.size in sizes] == ["int8"] * 8
    assert made.ir_version == network_graph.ir_version
    assert not made.metadata_props


def test_a_missing_reading_is_missing_in_every_precision(network_graph: onnx.ModelProto, windows: ModelInput):
    holed = ModelInput(windows.window.copy(), windows.baseline, windows.age_hours)
    holed.window[:, :, 0] = np.nan
    whole = run(open_session(network_graph.SerializeToString()), holed.feeds())
    for precision in ("fp16", "int8"):
        made = in_precision(network_graph, precision, windows, MACHINE.id)
        found = run(open_session(made.SerializeToString()), holed.feeds())
        np.testing.assert_array_equal(np.isnan(found["rul_hours"]), np.isnan(whole["rul_hours"]))
        assert np.abs(found["rul_hours"] - whole["rul_hours"]).max() < 5


def test_a_network_that_int8_breaks_is_not_exported(tmp_path: Path, network_graph: onnx.ModelProto):
    """One unit of each network is 10,000 times larger and counts as much less: the same answers, but the others of
    its layer are left without steps in int8."""
    broken = onnx.ModelProto()
    broken.CopyFrom(network_graph)
    places = {each.name: each for each in broken.graph.initializer}
    layers = [node for node in broken.graph.node if node.name in neural_nodes(broken)]
    for first, second in zip(layers[::2], layers[1::2], strict=True):
        for name, at, by in ((first.input[1], np.s_[:, 0], 1e4), (first.input[2], np.s_[0], 1e4),
                             (second.input[1], np.s_[0], 1e-4)):  # fmt: skip
            value = numpy_helper.to_array(places[name]).copy()
            value[at] *= by
            places[name].CopyFrom(numpy_helper.from_array(value, name))
    parts = in_service(tmp_path, broken)
    with pytest.raises(ParityLost, match="choose fp32 in place of int8"):
        export(parts, "int8")
    assert list(parts[0].bundles(MACHINE.id).glob("[!.]*")) == []
    assert export(parts, "fp32").models[0].parity_max_abs == 0


def test_int8_without_recorded_windows_says_what_to_choose(network_graph: onnx.ModelProto):
    with pytest.raises(NothingToCalibrateOn, match="Choose fp32 or fp16"):
        in_precision(network_graph, "int8", None, MACHINE.id)


@pytest.mark.parametrize(("teacher", "loss"), [(10.0, 0.0), (9.95, 0.005), (9.0, 0.111), (11.0, -0.091)])
def test_a_student_more_than_one_percent_behind_its_teacher_is_not_exported(
    tmp_path: Path, network_graph: onnx.ModelProto, teacher: float, loss: float
):
    parts = in_service(tmp_path, network_graph, teacher_rmse_hours=teacher)
    assert teacher_loss(parts[2].card(MACHINE.id, "rul", 1)) == pytest.approx(loss, abs=1e-3)
    preview = edge.preview(parts[0], parts[2], MACHINE, "jetson_nano", "fp32")
    assert any("AutoGluon's ensemble" in warning for warning in preview.warnings) == (loss > 0.01)
    if loss > 0.01:
        with pytest.raises(WorseThanTeacher, match=r"11\.1% worse than its teacher, .* 10 against 9"):
            export(parts, "fp32")
    else:
        assert export(parts, "fp32").models[0].teacher_loss == pytest.approx(loss, abs=1e-3)
