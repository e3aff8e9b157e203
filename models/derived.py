"""A profile's derived quantities: worked out in numpy for people, and as ONNX nodes for models."""

import ast
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from machine_profiles.formula import parse_formula
from machine_profiles.profile import Derived, Profile
from models.onnx_graph import Graph

Value = TypeVar("Value")
_NODES = {ast.Add: "Add", ast.Sub: "Sub", ast.Mult: "Mul", ast.Div: "Div", ast.Pow: "Pow", ast.USub: "Neg"}
_NODES_OF_CALLS = {"abs": "Abs", "sqrt": "Sqrt", "min": "Min", "max": "Max"}
_UFUNCS: dict[str, Any] = {
    "Add": np.add, "Sub": np.subtract, "Mul": np.multiply, "Div": np.divide, "Pow": np.power, "Neg": np.negative,
    "Abs": np.abs, "Sqrt": np.sqrt, "Min": np.minimum, "Max": np.maximum,
}  # fmt: skip


def derived_of(profile: Profile, rows: pd.DataFrame) -> pd.DataFrame:
    """Each derived quantity of each row, in its own unit; NaN where a reading is missing or the result is no number."""
    known = {name: rows[name].to_numpy(np.float64) for name in profile.sensor_names}
    return pd.DataFrame({each.name: _in_numpy(each, known) for each in profile.derived}, index=rows.index)


def add_derived(graph: Graph, raw: str, sensors: tuple[str, ...], derived: tuple[Derived, ...]) -> str:
    """`raw` (…, S) with a column a derived quantity put behind its sensors: (…, S + D)."""
    if not derived:
        return raw

    def number(value: float) -> str:
        return graph.constant(value)

    known = {name: graph.pick(raw, [place], axis=-1) for place, name in enumerate(sensors)}
    columns = []
    for each in derived:
        value = _walk(parse_formula(each.formula, sensors), known, number, graph.op)
        columns.append(graph.nan_unless(graph.op("Not", graph.op("IsInf", value)), value))
    return graph.op("Concat", raw, *columns, axis=-1)


def _in_numpy(each: Derived, known: Mapping[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    def number(value: float) -> NDArray[np.float64]:
        return np.float64(value)  # type: ignore[return-value]

    def apply(node: str, *values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(_UFUNCS[node](*values))

    with np.errstate(all="ignore"):
        value = _walk(parse_formula(each.formula, tuple(known)), known, number, apply)
    return np.where(np.isfinite(value), value, np.nan)


def _walk(
    tree: ast.expr,
    known: Mapping[str, Value],
    number: Callable[[float], Value],
    apply: Callable[..., Value],
) -> Value:
    """The formula's value, each step given to `apply` by its ONNX operator's name."""

    def value(node: ast.expr) -> Value:
        match node:
            case ast.Constant(value=constant):
                return number(float(constant))  # type: ignore[arg-type]
            case ast.Name(id=name):
                return known[name]
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return value(operand)
            case ast.UnaryOp(op=op, operand=operand):
                return apply(_NODES[type(op)], value(operand))
            case ast.BinOp(left=left, op=op, right=right):
                return apply(_NODES[type(op)], value(left), value(right))
            case ast.Call(func=ast.Name(id=name), args=arguments):
                return apply(_NODES_OF_CALLS[name], *(value(argument) for argument in arguments))
        raise AssertionError(ast.dump(node))  # parse_formula lets nothing else through

    return value(tree)
