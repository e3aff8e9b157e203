"""Small real models for tests: ONNX graphs whose answers can be worked out by hand, with the cards to go with them."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from machine_profiles.profile import Profile
from models.gates import MAIN_METRIC
from models.model_card import GRAPH, ModelCard
from models.registry import Registry
from models.results import TASKS, Task

MAIN_FIGURE: dict[Task, float] = {"failure": 0.7, "rul": 40.0, "anomaly": 0.95, "forecast": 0.8}
MEASURED: dict[Task, dict[str, float]] = {"failure": {"ece": 0.02}, "rul": {"coverage_90": 0.9}}
CONSTANT: dict[Task, float] = {"failure": 0.2, "rul": 90.0, "anomaly": 0.5, "forecast": 1.0}


def card(profile: Profile, task: Task, main: float | None = None, **changes: object) -> ModelCard:
    name = MAIN_METRIC[task].name
    stated = {
        "machine_id": profile.id,
        "task": task,
        "created_at": datetime(2026, 5, 1, tzinfo=UTC),
        "seed": 7,
        "engine": "a linear graph for tests",
        "sensors": profile.sensor_names,
        "units": tuple(sensor.unit for sensor in profile.sensors),
        "window_rows": max(profile.modelling.windows),
        "baseline_rows": profile.modelling.baseline_rows,
        "sample_hours": profile.modelling.sample_hours,
        "datasets": ("history@1", "labels@1"),
        "data_hash": "0123456789abcdef" * 4,
        "cap_hours": 500.0 if task == "rul" else None,
        "failure_horizon_hours": 72.0 if task == "failure" else None,
        "threshold": 0.5 if task in ("failure", "anomaly") else None,
        "protocol": "40 lives, 10 of them held out, seed 7",
        "metrics": {name: MAIN_FIGURE[task] if main is None else main, **MEASURED.get(task, {})},
        "baselines": {"constant": {name: CONSTANT[task]}},
        "seconds": 1.0,
    }
    return ModelCard.model_validate(stated | changes)


def write_graph(folder: Path, profile: Profile, task: Task, shift: float = 0.0, opset: int = 15) -> Path:
    """A graph of `moved`, the first sensor's last reading (0 where missing) less its baseline (0 where unknown):

    probability = sigmoid(moved - 4 + horizon / 100 + shift); rul = 100 - 10 moved + shift, from 20 below to 20 above;
    score = sigmoid(moved - 4 + shift), deviation = last reading less baseline; path = the last reading, ±1.
    """
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(_graph(profile, task, shift, opset), str(folder / GRAPH))
    return folder


def register_small(registry: Registry, profile: Profile, folder: Path, tasks: tuple[Task, ...] = TASKS) -> None:
    """Register a small model of each task."""
    for task in tasks:
        registry.register(card(profile, task), write_graph(folder / task, profile, task))


def _graph(profile: Profile, task: Task, shift: float, opset: int) -> onnx.ModelProto:
    sensors, rows = len(profile.sensor_names), max(profile.modelling.windows)
    first = np.zeros((sensors, 1), np.float32)
    first[0] = 1
    known = {
        "last_row": np.array(rows - 1, np.int64), "zero": np.float32(0), "first": first, "shift": np.float32(shift),
        "four": np.float32(4), "hundred": np.float32(100), "ten": np.float32(10), "twenty": np.float32(20),
        "one": np.float32(1), "steps": np.array([1, 12, 1], np.int64), "axis": np.array([1], np.int64),
    }  # fmt: skip
    node = helper.make_node
    nodes = [
        node("Gather", ["window", "last_row"], ["raw"], axis=1),
        node("IsNaN", ["raw"], ["silent"]),
        node("Where", ["silent", "zero", "raw"], ["last"]),
        node("IsNaN", ["baseline"], ["unknown"]),
        node("Where", ["unknown", "zero", "baseline"], ["sound"]),
        node("Sub", ["last", "sound"], ["apart"]),
        node("MatMul", ["apart", "first"], ["moved"]),
        node("Add", ["moved", "shift"], ["shifted"]),
        node("Sub", ["shifted", "four"], ["margin"]),
    ]
    inputs = {"window": ["n", rows, sensors], "baseline": ["n", sensors], "age_hours": ["n", 1]}
    outputs: dict[str, list[object]] = {}
    if task == "failure":
        inputs["horizon_hours"] = ["n", 1]
        outputs = {"probability": ["n", 1]}
        nodes += [
            node("Div", ["horizon_hours", "hundred"], ["far"]),
            node("Add", ["margin", "far"], ["logit"]),
            node("Sigmoid", ["logit"], ["probability"]),
        ]
    elif task == "rul":
        outputs = {"rul_hours": ["n", 1], "low": ["n", 1], "high": ["n", 1]}
        nodes += [
            node("Mul", ["moved", "ten"], ["lost"]),
            node("Sub", ["hundred", "lost"], ["left"]),
            node("Add", ["left", "shift"], ["rul_hours"]),
            node("Sub", ["rul_hours", "twenty"], ["low"]),
            node("Add", ["rul_hours", "twenty"], ["high"]),
        ]
    elif task == "anomaly":
        outputs = {"score": ["n", 1], "deviation": ["n", sensors]}
        nodes += [node("Sigmoid", ["margin"], ["score"]), node("Identity", ["apart"], ["deviation"])]
    else:
        outputs = {name: ["n", 12, sensors] for name in ("path", "low", "high")}
        nodes += [
            node("Unsqueeze", ["last", "axis"], ["step"]),
            node("Tile", ["step", "steps"], ["path"]),
            node("Sub", ["path", "one"], ["low"]),
            node("Add", ["path", "one"], ["high"]),
        ]
    graph = helper.make_graph(
        nodes,
        f"small {task}",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in inputs.items()],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in outputs.items()],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in known.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
