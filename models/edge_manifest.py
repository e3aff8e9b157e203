"""What a bundle says of itself: input contract, models, limits, and the hash of every file."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import onnx
import pandas as pd

from machine_profiles.profile import Profile
from models.edge import BundledModel
from models.edge_files import GraphFacts, model_file
from models.edge_platforms import PLATFORMS
from models.edge_runtime.run import SCHEMA, digest_of
from models.health import RANKING_HORIZON_HOURS
from models.import_rows import NEVER_NEGATIVE
from models.inference import session
from models.model_card import ModelCard
from models.onnx_graph import TREES
from models.results import Task
from models.storage import sha256
from models.units import absolute_zero

MANIFEST = "manifest.json"


def write_manifest(
    folder: Path,
    profile: Profile,
    cards: list[ModelCard],
    target: dict[str, str],
    baseline: "pd.Series[float] | None",
    made_at: datetime,
    checked: dict[Task, BundledModel],
) -> str:
    """Write manifest.json for the files in `folder`; returns its SHA-256, which it holds too.

    `checked`: how each model's answers compare with those of the model it came from, once that is known.
    """
    files = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}
    files.pop(MANIFEST, None)
    has_gpu = PLATFORMS[target["target"]].has_gpu  # type: ignore[index]
    stated: dict[str, Any] = {
        "schema": SCHEMA,
        "machine_id": profile.id,
        "name": profile.name,
        "made_at": made_at.isoformat(),
        **target,
        "providers": ["cpu", "cuda", "tensorrt"] if has_gpu else ["cpu"],
        "input": _input(profile, cards[0], baseline),
        "models": [_model(folder, card, checked.get(card.task)) for card in cards],
        "limits": _limits(profile),
        "files": {name: {"sha256": sha256(path), "size_bytes": path.stat().st_size} for name, path in files.items()},
    }
    stated["sha256"] = digest_of(stated)
    (folder / MANIFEST).write_text(json.dumps(stated, indent=1), encoding="utf-8")
    return stated["sha256"]


def opsets(model: onnx.ModelProto) -> dict[str, int]:
    """The operator sets a graph asks for, by domain, and its IR version under `ir`."""
    return {each.domain or "ai.onnx": each.version for each in model.opset_import} | {"ir": model.ir_version}


def with_older_trees(model: onnx.ModelProto, version: int) -> onnx.ModelProto | None:
    """The graph with its tree nodes read by an older ai.onnx.ml; None where they use what that version lacks."""
    older = onnx.ModelProto()
    older.CopyFrom(model)
    for each in older.opset_import:
        if each.domain == TREES:
            each.version = version
    try:
        onnx.checker.check_model(older)
    except onnx.checker.ValidationError:
        return None
    return older


def graph_facts(folder: Path, card: ModelCard) -> GraphFacts:
    """What the file of a model in a bundle takes and gives."""
    file = folder / model_file(card)
    graph, model = session(file), onnx.load(str(file), load_external_data=False)
    return GraphFacts(
        tuple((put.name, put.type, tuple(put.shape[1:])) for put in graph.get_inputs()),
        tuple((put.name, put.type, tuple(put.shape[1:])) for put in graph.get_outputs()),
        trees=any(node.domain == TREES for node in model.graph.node),
        quantised=any(node.op_type == "QuantizeLinear" for node in model.graph.node),
    )


def _input(profile: Profile, card: ModelCard, baseline: "pd.Series[float] | None") -> dict[str, Any]:
    sensors = [
        {
            "name": sensor.name, "unit": sensor.unit, "description": sensor.description, "quantity": sensor.quantity,
            "role": sensor.role,
            "lowest_possible": 0.0 if sensor.quantity in NEVER_NEGATIVE else absolute_zero(sensor.unit),
        }
        for sensor in profile.sensors
    ]  # fmt: skip
    known = None
    if baseline is not None and baseline.notna().any():
        known = {name: None if pd.isna(value) else float(value) for name, value in baseline.items()}
    return {
        "sensors": sensors,
        "window_rows": card.window_rows,
        "shortest_rows": min(profile.modelling.windows),
        "baseline_rows": card.baseline_rows,
        "baseline": known,
        "sample_hours": card.sample_hours,
        "time_unit": profile.modelling.time_unit,
        "horizon_hours": RANKING_HORIZON_HOURS,
    }


def _model(folder: Path, card: ModelCard, checked: BundledModel | None) -> dict[str, Any]:
    facts, file = graph_facts(folder, card), model_file(card)
    return {
        "task": card.task,
        "version": card.version,
        "file": file,
        "precision": "fp32" if checked is None else checked.precision,
        "engine": card.engine,
        "opsets": opsets(onnx.load(str(folder / file), load_external_data=False)),
        "tensorrt": not facts.trees,  # it knows no tree ensemble
        "inputs": {name: ["n", *shape] for name, _, shape in facts.inputs},
        "outputs": {name: ["n", *shape] for name, _, shape in facts.outputs},
        "threshold": 0.5 if card.threshold is None else card.threshold,
        "cap_hours": card.cap_hours,
        "failure_horizon_hours": card.failure_horizon_hours,
        "data_hash": card.data_hash,
        "datasets": list(card.datasets),
        "metrics": card.metrics,
        "checked": None if checked is None else checked.model_dump(mode="json", exclude={"task", "version", "file"}),
    }


def _limits(profile: Profile) -> list[dict[str, Any]]:
    """Alarms first, then warnings, each in the order of the sensors."""
    found = []
    for level in ("alarm", "warning"):
        for sensor in profile.sensors:
            limit = sensor.alarm if level == "alarm" else sensor.warning
            if limit is not None:
                found.append(
                    {"sensor": sensor.name, "level": level, "low": limit.low, "high": limit.high, "unit": sensor.unit,
                     "source": limit.source}
                )  # fmt: skip
    return found
