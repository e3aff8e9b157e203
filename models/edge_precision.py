"""A graph's neural parts in int8 or half precision; trees, features and calibration stay as they are."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from machine_profiles.errors import MillwrightError
from models.edge_platforms import Precision
from models.onnx_graph import open_session
from models.windows import ModelInput

NEURAL = ("Gemm", "Conv")  # features and calibration are written with MatMul, whose weights are exact by design
SMALL = 256  # weights
CALIBRATION_ROWS = 512
CHUNK = 64
PREPARED = {"onnx.quant.pre_process": "onnxruntime.quant"}  # the graph needs no preparation, and no warning about it


class NothingToCalibrateOn(MillwrightError):
    def __init__(self, machine_id: str) -> None:
        super().__init__(
            f"Nothing was recorded of {machine_id}, and int8 needs recorded windows to be set by. Choose fp32 or fp16, "
            f"or import telemetry first."
        )


def neural_nodes(model: onnx.ModelProto) -> list[str]:
    """The names of the nodes that multiply by more than a few learnt network weights."""
    weights = {each.name for each in model.graph.initializer if np.prod(each.dims) >= SMALL}
    return [node.name for node in model.graph.node if node.op_type in NEURAL and node.input[1] in weights]


def in_precision(
    model: onnx.ModelProto, precision: Precision, windows: ModelInput | None, machine_id: str
) -> onnx.ModelProto | None:
    """The graph with its neural parts in that precision; None where it has none, or where fp32 is asked for.

    int8: weights have a scale a column. Hidden layers are quantised statically (QDQ), their ranges those seen on
    `windows`; the first layer's inputs stay as they are, for features rounded to 255 steps cost more than one percent
    of the error on held-out lives, and a small last layer as a whole. Raises NothingToCalibrateOn without windows.
    """
    nodes = neural_nodes(model)
    if precision == "fp32" or not nodes:
        return None
    if precision == "fp16":
        return _half(model, set(nodes))
    if windows is None or not len(windows):
        raise NothingToCalibrateOn(machine_id)
    first = _first_layers(model, nodes)
    hidden = [name for name in nodes if name not in first]
    return _weights_only(_quantised(model, hidden, windows) if hidden else model, first)


def _quantised(model: onnx.ModelProto, nodes: list[str], windows: ModelInput) -> onnx.ModelProto:
    from onnxruntime import quantization

    class Windows(quantization.CalibrationDataReader):
        def __init__(self) -> None:
            self.feeds = _feeds(model, windows)

        def get_next(self) -> dict[str, np.ndarray] | None:
            return next(self.feeds, None)

    with tempfile.TemporaryDirectory(prefix="int8-") as folder:
        source, file = Path(folder) / "fp32.onnx", Path(folder) / "int8.onnx"
        prepared = onnx.ModelProto()
        prepared.CopyFrom(model)
        helper.set_model_props(prepared, PREPARED)
        onnx.save(prepared, str(source))
        quantization.quantize_static(
            str(source), str(file), Windows(), quant_format=quantization.QuantFormat.QDQ, per_channel=True,
            activation_type=quantization.QuantType.QUInt8, weight_type=quantization.QuantType.QInt8,
            nodes_to_quantize=nodes, op_types_to_quantize=list(NEURAL),
        )  # fmt: skip
        made = onnx.load(str(file))
    del made.metadata_props[:]
    made.ir_version = model.ir_version
    return made


def _first_layers(model: onnx.ModelProto, nodes: list[str]) -> set[str]:
    """Those of the nodes that no other of them feeds."""
    fed: dict[str, bool] = {}  # value → whether a neural node lies before it; nodes stand in the order of their inputs
    for node in model.graph.node:
        before = any(fed.get(name, False) for name in node.input)
        for name in node.output:
            fed[name] = before or node.name in nodes
    return {
        node.name
        for node in model.graph.node
        if node.name in nodes and not any(fed.get(name, False) for name in node.input)
    }


def _weights_only(model: onnx.ModelProto, nodes: set[str]) -> onnx.ModelProto:
    """The nodes' weights as int8 with a scale a column (an output channel of a Conv), read by DequantizeLinear."""
    made = onnx.ModelProto()
    made.CopyFrom(model)
    constants = {each.name: each for each in made.graph.initializer}
    read: list[onnx.NodeProto] = []
    for node in made.graph.node:
        if node.name not in nodes:
            continue
        weights = numpy_helper.to_array(constants[node.input[1]])
        turned = any(each.name == "transB" and each.i for each in node.attribute)
        axis = 0 if node.op_type == "Conv" or turned else 1
        others = tuple(n for n in range(weights.ndim) if n != axis)
        scale = (np.maximum(np.abs(weights).max(axis=others), 1e-12) / 127).astype(np.float32)
        steps = np.round(weights / np.expand_dims(scale, others)).astype(np.int8)
        name = f"{node.name}_int8"
        made.graph.initializer.extend(
            [numpy_helper.from_array(steps, name), numpy_helper.from_array(scale, f"{name}_scale"),
             numpy_helper.from_array(np.zeros(len(scale), np.int8), f"{name}_zero")]
        )  # fmt: skip
        parts = [name, f"{name}_scale", f"{name}_zero"]
        read.append(helper.make_node("DequantizeLinear", parts, [f"{name}_read"], name=f"{name}_read", axis=axis))
        node.input[1] = f"{name}_read"
    written = [*read, *made.graph.node]
    used = {name for node in written for name in node.input}
    return _rebuilt(made, written, [each for each in made.graph.initializer if each.name in used])


def _rebuilt(made: onnx.ModelProto, nodes: list[onnx.NodeProto], constants: list[onnx.TensorProto]) -> onnx.ModelProto:
    rebuilt = onnx.ModelProto()
    rebuilt.CopyFrom(made)
    del rebuilt.graph.node[:], rebuilt.graph.initializer[:]
    rebuilt.graph.node.extend(nodes)
    rebuilt.graph.initializer.extend(constants)
    onnx.checker.check_model(rebuilt)
    return rebuilt


def _feeds(model: onnx.ModelProto, windows: ModelInput) -> Iterator[dict[str, np.ndarray]]:
    wanted = [put.name for put in open_session(model.SerializeToString()).get_inputs()]
    chosen = windows.rows(np.unique(np.linspace(0, len(windows) - 1, CALIBRATION_ROWS).astype(np.int64)))
    for start in range(0, len(chosen), CHUNK):
        part = chosen.rows(slice(start, start + CHUNK))
        feeds = {**part.feeds(), "horizon_hours": np.full((len(part), 1), 24.0, np.float32)}
        yield {name: feeds[name] for name in wanted}


def _half(model: onnx.ModelProto, nodes: set[str]) -> onnx.ModelProto:
    """Weights and products of the nodes in float16, cast at their borders; a CPU may compute them in float32."""
    made = onnx.ModelProto()
    made.CopyFrom(model)
    constants = {each.name: each for each in made.graph.initializer}
    halves: dict[str, onnx.TensorProto] = {}
    written: list[onnx.NodeProto] = []
    for node in made.graph.node:
        if node.name not in nodes:
            written.append(node)
            continue
        for place, name in enumerate(node.input):
            if name in constants:
                value = numpy_helper.to_array(constants[name]).astype(np.float16)
                halves[name] = numpy_helper.from_array(value, f"{name}_half")
                node.input[place] = f"{name}_half"
            elif name:
                given = f"{node.name}_half_{place}"
                written.append(helper.make_node("Cast", [name], [given], name=given, to=TensorProto.FLOAT16))
                node.input[place] = given
        answer = node.output[0]
        node.output[0] = f"{answer}_half"
        back = helper.make_node("Cast", [f"{answer}_half"], [answer], name=f"{answer}_back", to=TensorProto.FLOAT)
        written += [node, back]
    used = {name for node in written for name in node.input}
    return _rebuilt(made, written, [c for c in [*made.graph.initializer, *halves.values()] if c.name in used])
