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

    int8 is static (QDQ): ranges are those seen on `windows`, weights have a scale a column. A small last layer stays as
    it is, since its answer would be rounded to one of 256. Raises NothingToCalibrateOn where there are no windows.
    """
    nodes = neural_nodes(model)
    if precision == "fp32" or not nodes:
        return None
    if precision == "fp16":
        return _half(model, set(nodes))
    if windows is None or not len(windows):
        raise NothingToCalibrateOn(machine_id)
    return _quantised(model, nodes, windows)


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
    del made.graph.node[:]
    made.graph.node.extend(written)
    used = {name for node in written for name in node.input}
    kept = [each for each in [*made.graph.initializer, *halves.values()] if each.name in used]
    del made.graph.initializer[:]
    made.graph.initializer.extend(kept)
    onnx.checker.check_model(made)
    return made
