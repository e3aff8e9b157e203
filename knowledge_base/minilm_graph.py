"""BERT's forward pass over one sentence as ONNX nodes, the weights named as in their file and held outside."""

from collections.abc import Mapping, Sequence
from typing import Any

import onnx
from onnx import TensorProto, helper

LAYERS, HEADS = 6, 12
_OPSET, _IR_VERSION = 20, 10


def sentence_graph(shapes: Mapping[str, Sequence[int]]) -> tuple[bytes, list[str]]:
    """Word pieces (n) and their places (n), both int64, in; the mean of the last layer (384,), not yet of length one,
    out (Devlin et al. 2019, section 3). Also gives the names of the weights that whoever runs it must hand over.

    `shapes`: of the tensors in the weights' file.
    """
    made = _Nodes()
    words, places, kind = (f"embeddings.{name}_embeddings.weight" for name in ("word", "position", "token_type"))
    word, place = made.add("Gather", words, "pieces"), made.add("Gather", places, "places")
    of_kind = made.add("Gather", kind, made.whole(0))
    x = made.normalised(made.add("Add", made.add("Add", word, place), of_kind), "embeddings.LayerNorm")
    for layer in range(LAYERS):
        x = _layer(made, x, f"encoder.layer.{layer}", shapes[words][1])
    made.nodes.append(helper.make_node("ReduceMean", [x, made.whole(0)], ["mean"], keepdims=0))
    names = sorted({name for node in made.nodes for name in node.input} & shapes.keys())
    graph = helper.make_graph(
        made.nodes,
        "minilm",
        [helper.make_tensor_value_info(name, TensorProto.INT64, ["n"]) for name in ("pieces", "places")],
        [helper.make_tensor_value_info("mean", TensorProto.FLOAT, [shapes[words][1]])],
        [*made.constants, *(_outside(name, shapes[name]) for name in names)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR_VERSION)
    return model.SerializeToString(), names


class _Nodes:
    """The nodes so far; every method adds some and gives the name of what comes out."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def add(self, op: str, *inputs: str, **attributes: Any) -> str:
        name = f"{op}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, list(inputs), [name], **attributes))
        return name

    def dense(self, x: str, at: str) -> str:
        return self.add("Gemm", x, f"{at}.weight", f"{at}.bias", transB=1)

    def normalised(self, x: str, at: str) -> str:
        return self.add("LayerNormalization", x, f"{at}.weight", f"{at}.bias", axis=-1, epsilon=1e-12)

    def whole(self, *values: int) -> str:
        name = f"whole_{len(self.constants)}"
        self.constants.append(helper.make_tensor(name, TensorProto.INT64, [len(values)], values))
        return name

    def real(self, value: float) -> str:
        name = f"real_{len(self.constants)}"
        self.constants.append(helper.make_tensor(name, TensorProto.FLOAT, [], [value]))
        return name


def _layer(made: _Nodes, x: str, at: str, width: int) -> str:
    by_head = made.whole(-1, HEADS, width // HEADS)
    query, key, value = (
        made.add("Transpose", made.add("Reshape", made.dense(x, f"{at}.attention.self.{part}"), by_head), perm=order)
        for part, order in (("query", (1, 0, 2)), ("key", (1, 2, 0)), ("value", (1, 0, 2)))
    )
    scores = made.add("Mul", made.add("MatMul", query, key), made.real((width // HEADS) ** -0.5))
    mixed = made.add("MatMul", made.add("Softmax", scores, axis=-1), value)
    flat = made.add("Reshape", made.add("Transpose", mixed, perm=(1, 0, 2)), made.whole(-1, width))
    attended = made.add("Add", x, made.dense(flat, f"{at}.attention.output.dense"))
    x = made.normalised(attended, f"{at}.attention.output.LayerNorm")
    inner = made.add("Gelu", made.dense(x, f"{at}.intermediate.dense"))
    return made.normalised(made.add("Add", x, made.dense(inner, f"{at}.output.dense")), f"{at}.output.LayerNorm")


def _outside(name: str, shape: Sequence[int]) -> onnx.TensorProto:
    tensor = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=shape, data_location=TensorProto.EXTERNAL)
    tensor.external_data.add(key="location", value="model.safetensors")
    return tensor
