"""Building an ONNX graph node by node: one small writer for features, trees and linear algebra."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

OPSET, TREE_OPSET, IR_VERSION = 15, 3, 8  # read by ONNX Runtime 1.10 and later, as found on older Jetsons
TREES = "ai.onnx.ml"


class Graph:
    """An ONNX graph being written; every value in it is named by the string its method returns."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._constants: dict[bytes, onnx.TensorProto] = {}
        self._inputs: list[onnx.ValueInfoProto] = []
        self._outputs: list[onnx.ValueInfoProto] = []
        self._stated: dict[str, str] = {}

    def state(self, key: str, text: str) -> None:
        """Something the graph's file says of itself."""
        self._stated[key] = text

    def input(self, name: str, *shape: int) -> str:
        """A float32 input (n, *shape)."""
        self._inputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", *shape]))
        return name

    def output(self, name: str, value: str, *shape: int) -> None:
        """Give `value` out as `name`, float32 (n, *shape)."""
        self._nodes.append(helper.make_node("Identity", [value], [name], name=f"give_{name}"))
        self._outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", *shape]))

    def constant(self, value: Any, dtype: Any = np.float32) -> str:
        array = np.asarray(value, dtype=dtype)
        key = array.tobytes() + str((array.dtype, array.shape)).encode()
        if key not in self._constants:
            self._constants[key] = numpy_helper.from_array(array, f"c{len(self._constants)}")
        return self._constants[key].name

    def op(self, kind: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        name = f"v{len(self._nodes)}_{kind}"
        self._nodes.append(helper.make_node(kind, list(inputs), [name], name=name, domain=domain, **attributes))
        return name

    def pick(self, value: str, places: Any, axis: int) -> str:
        """The entries at `places` along `axis`."""
        return self.op("Gather", value, self.constant(places, np.int64), axis=axis)

    def without_nan(self, value: str, instead: float = 0.0) -> str:
        return self.op("Where", self.op("IsNaN", value), self.constant(instead), value)

    def nan_unless(self, condition: str, value: str) -> str:
        return self.op("Where", condition, value, self.constant(np.nan))

    def flat(self, value: str, width: int) -> str:
        """(n, …) as (n, width)."""
        return self.op("Reshape", value, self.constant([-1, width], np.int64))

    def model(self) -> onnx.ModelProto:
        """The finished, checked model."""
        used = {name for node in self._nodes for name in node.input}
        constants = [tensor for tensor in self._constants.values() if tensor.name in used]
        graph = helper.make_graph(self._nodes, "millwright", self._inputs, self._outputs, constants)
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(TREES, TREE_OPSET)]
        model = helper.make_model(graph, opset_imports=opsets, producer_name="millwright", ir_version=IR_VERSION)
        helper.set_model_props(model, self._stated)
        onnx.checker.check_model(model)
        return model


def save(model: onnx.ModelProto, path: Path) -> None:
    path.write_bytes(model.SerializeToString())


def run(
    session: onnxruntime.InferenceSession, feeds: dict[str, NDArray[np.float32]], chunk: int = 4096
) -> dict[str, NDArray[np.float32]]:
    """Every output for every row, computed in chunks of rows so that memory stays small; unasked feeds are left out."""
    wanted = {put.name for put in session.get_inputs()}
    feeds = {name: value for name, value in feeds.items() if name in wanted}
    names = [put.name for put in session.get_outputs()]
    rows = len(next(iter(feeds.values())))
    parts = [
        session.run(names, {name: value[start : start + chunk] for name, value in feeds.items()})
        for start in range(0, max(rows, 1), chunk)
    ]
    return {name: np.concatenate([part[place] for part in parts]) for place, name in enumerate(names)}


def open_session(model: bytes, threads: int = 1) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
