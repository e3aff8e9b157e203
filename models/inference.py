"""Answers from trained graphs, through ONNX Runtime: what serves predictions, here and on the edge."""

import json
import os
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from machine_profiles.errors import MillwrightError
from models.model_card import GRAPH, TYPICAL, ModelCard
from models.results import Task

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

    from models.windows import ModelInput

Array = npt.NDArray[np.float32]

OUTPUTS: dict[Task, tuple[str, ...]] = {
    "failure": ("probability",),
    "rul": ("rul_hours", "low", "high"),
    "anomaly": ("score", "deviation"),
    "forecast": ("path", "low", "high"),
}


class UnusableGraph(MillwrightError):
    """A model's file is missing, damaged or not what its card says; the text names the file and the fault."""


def answer(folder: Path, model_input: "ModelInput", horizon_hours: float | None = None) -> dict[str, Array]:
    """What the model in `folder` says of each window, by output name (models/model_card.py gives the shapes).

    `horizon_hours`, in operating hours, is for failure models only. Raises UnusableGraph.
    """
    feeds = dict(model_input.feeds())
    if horizon_hours is not None:
        feeds["horizon_hours"] = np.full((len(feeds["window"]), 1), horizon_hours, np.float32)
    return run(session(f"{folder}/{GRAPH}"), feeds)  # joining Path objects costs a tenth of a small graph's answer


def run(graph: "InferenceSession", feeds: dict[str, Array]) -> dict[str, Array]:
    """Run the graph on the inputs it has, in float32."""
    inputs, outputs = _puts(graph)
    wanted = {name: np.ascontiguousarray(feeds[name], np.float32) for name in inputs}
    return dict(zip(outputs, graph.run(outputs, wanted), strict=True))


def session(path: Path | str) -> "InferenceSession":
    """The graph of a file, loaded once and again when the file has changed; on one core. Raises UnusableGraph."""
    try:
        changed_ns = os.stat(path).st_mtime_ns
    except (FileNotFoundError, NotADirectoryError):
        where = "/".join(Path(path).parts[-2:])
        raise UnusableGraph(f"{where} is missing; train the model again or roll back.") from None
    return _load(str(path), changed_ns)


def try_graph(folder: Path, card: ModelCard) -> str:
    """Ask the graph about two made-up windows, one full and one nearly empty; says what it answered with.

    Raises UnusableGraph where an input or output is not as the card states, or a full window has no finite answer.
    """
    graph = session(folder / GRAPH)
    feeds = _made_up(card, graph.get_modelmeta().custom_metadata_map.get(TYPICAL))
    unknown = [each.name for each in graph.get_inputs() if each.name not in feeds]
    absent = [name for name in OUTPUTS[card.task] if name not in {each.name for each in graph.get_outputs()}]
    if unknown or absent:
        raise UnusableGraph(
            f"The graph of {card.machine_id}'s {card.task} model is not as agreed: "
            f"inputs too many: {', '.join(unknown) or 'none'}; outputs missing: {', '.join(absent) or 'none'}."
        )
    try:
        found = run(graph, feeds)
    except Exception as error:
        raise UnusableGraph(f"The graph of {card.machine_id}'s {card.task} model fails: {error}") from error
    for name in OUTPUTS[card.task]:
        if not np.isfinite(found[name][0]).all():
            raise UnusableGraph(f"The graph of {card.machine_id}'s {card.task} model gives no number for {name}.")
    return f"{', '.join(OUTPUTS[card.task])} for {len(feeds['window'])} windows"


def _made_up(card: ModelCard, typical: str | None) -> dict[str, Array]:
    sensors = len(card.sensors)
    readings = np.array(json.loads(typical), np.float32) if typical else np.ones(sensors, np.float32)
    feeds = {
        "window": np.tile(readings, (2, card.window_rows, 1)),
        "baseline": np.tile(readings, (2, 1)),
        "age_hours": np.full((2, 1), 100.0, np.float32),
    }
    feeds["window"][1, :-1] = np.nan  # a life that has just begun
    if card.task == "failure":
        feeds["horizon_hours"] = np.full((2, 1), card.failure_horizon_hours or 24.0, np.float32)
    return feeds


@lru_cache(maxsize=256)
def _puts(graph: "InferenceSession") -> tuple[list[str], list[str]]:
    """The names of a graph's inputs and outputs; asking for them costs a quarter of a small graph's answer."""
    return [each.name for each in graph.get_inputs()], [each.name for each in graph.get_outputs()]


@lru_cache(maxsize=256)
def _load(path: str, changed_ns: int) -> "InferenceSession":
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        where = "/".join(Path(path).parts[-4:])
        raise UnusableGraph(f"{where} cannot be loaded; it is damaged or truncated ({error}).") from error
