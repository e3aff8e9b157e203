"""The edge bundle: a machine's models in service as self-contained ONNX files, checked against what they came from."""

import shutil
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

import pandas as pd

from machine_profiles.errors import MillwrightError
from machine_profiles.profile import Profile
from models.locks import locked
from models.model_card import GRAPH, ModelCard
from models.registry import Registry
from models.registry_errors import NoModel
from models.results import TASKS, Preview, Result, Task
from models.storage import Storage, sha256, whole_folder
from models.telemetry import Telemetry

if TYPE_CHECKING:
    from models.edge_parity import Parity

Target = Literal["jetson_nano", "jetson_xavier_nx", "jetson_orin", "cpu"]
Precision = Literal["int8", "fp16", "fp32"]

ANY = "failure, rul, anomaly or forecast"
LARGEST_BYTES = 10_000_000
RECORDED_ROWS = 2000
RUNTIME = Path(__file__).parent / "edge_runtime" / "run.py"


class Platform(NamedTuple):
    """What runs on a target, and the newest operator sets and IR version that its ONNX Runtime loads.

    From ONNX Runtime's version matrix; 1.11 and older refuse ai.onnx.ml 3 outright (microsoft/onnxruntime issue 11898).
    """

    software: str
    onnxruntime: str
    opset: int
    trees: int  # ai.onnx.ml
    ir: int


PLATFORMS: dict[Target, Platform] = {
    "jetson_nano": Platform("JetPack 4.6, Python 3.6", "1.10", 15, 2, 8),
    "jetson_xavier_nx": Platform("JetPack 5.1, Python 3.8", "1.16", 19, 3, 9),
    "jetson_orin": Platform("JetPack 6, Python 3.10", "1.18", 21, 4, 10),
    "cpu": Platform("any Linux, Python 3.8 or later", "1.18", 21, 4, 10),
}


class BundledModel(Result):
    task: Task
    version: int
    file: str
    sha256: str
    size_bytes: int
    precision: Precision  # what the file really holds
    parity_max_abs: float
    parity_rows: int
    decisions_changed: int


class EdgeBundle(Result):
    machine_id: str
    bundle: str  # path of the folder under HOME
    target: Target
    precision: Precision
    models: tuple[BundledModel, ...]
    total_bytes: int
    notes: tuple[str, ...]
    seconds: float


class NotForTarget(MillwrightError):
    def __init__(self, card: ModelCard, target: Target, found: dict[str, int]) -> None:
        takes = PLATFORMS[target]
        super().__init__(
            f"Version {card.version} of the {card.task} model of {card.machine_id} needs operator set "
            f"{found['ai.onnx']}, trees {found.get('ai.onnx.ml', 1)} and IR {found['ir']}; {target} (ONNX Runtime "
            f"{takes.onnxruntime}) reads up to {takes.opset}, {takes.trees} and {takes.ir}. Train it again, or choose "
            f"another target."
        )


class TooLarge(MillwrightError):
    def __init__(self, card: ModelCard, size_bytes: int) -> None:
        super().__init__(
            f"The {card.task} model of {card.machine_id} has {size_bytes / 1e6:.1f} MB; a bundle takes up to "
            f"{LARGEST_BYTES / 1e6:.0f} MB a model. Train it again with less time, or roll it back."
        )


def preview(storage: Storage, registry: Registry, profile: Profile, target: Target, precision: Precision) -> Preview:
    """Says what a bundle would hold, and what speaks against it."""
    in_service = registry.in_service(profile.id)
    if not in_service:
        return Preview(warnings=(str(NoModel(profile.id, "model of any task; no")),))
    warnings = [
        f"No {task} model is in service; the bundle will not hold one." for task in TASKS if task not in in_service
    ]
    platform = PLATFORMS[target]
    facts = {
        "models": ", ".join(f"{task} v{version}" for task, version in in_service.items()),
        "target": f"{target}: {platform.software}, ONNX Runtime {platform.onnxruntime} or later",
        "precision": f"{precision} asked for; {_precision_note(precision)}",
    }
    return Preview(expected_seconds=15.0, warnings=tuple(warnings), facts=facts)


def export(
    storage: Storage,
    telemetry: Telemetry,
    registry: Registry,
    profile: Profile,
    target: Target,
    precision: Precision,
    seed: int,
) -> EdgeBundle:
    """Write the bundle, run it beside the registered models, and keep it only where both say the same.

    Raises NoModel, NotForTarget, TooLarge or ParityLost; then nothing is left behind.
    """
    from models.edge_manifest import write_manifest  # onnx and ONNX Runtime, which the chat starts without

    started = time.monotonic()
    in_service = registry.in_service(profile.id)
    if not in_service:
        raise NoModel(profile.id, ANY)
    cards = [registry.card(profile.id, task, version) for task, version in in_service.items()]
    rows = telemetry.latest(profile.id, RECORDED_ROWS) if telemetry.has(profile.id) else None
    baseline = telemetry.baseline(profile) if rows is not None else None
    with locked(storage.bundles(profile.id) / ".lock"):
        place = _next_folder(storage.bundles(profile.id), f"{target}-{precision}")
        with whole_folder(place) as folder:
            for card in cards:
                _copy_graph(registry, card, target, folder)
            shutil.copyfile(RUNTIME, folder / "run.py")
            asked: dict[str, str] = {"target": target, "precision": precision}
            digest = write_manifest(folder, profile, cards, asked, baseline, datetime.now(UTC))
            parities = _check(folder, registry, profile, cards, rows, baseline, seed)
            facts = {"target": target, "precision": precision, "manifest_sha256": digest}
            registry.record_export(profile.id, storage.relative(place), facts, cards)
    models = tuple(_bundled(place, card, parity) for card, parity in zip(cards, parities, strict=True))
    return EdgeBundle(
        machine_id=profile.id,
        bundle=storage.relative(place),
        target=target,
        precision=precision,
        models=models,
        total_bytes=sum(path.stat().st_size for path in place.iterdir()),
        notes=_notes(target, precision, in_service, rows),
        seconds=round(time.monotonic() - started, 2),
    )


def _next_folder(bundles: Path, name: str) -> Path:
    taken = [int(path.name.rsplit("-", 1)[1]) for path in bundles.glob(f"{name}-*")]
    return bundles / f"{name}-{1 + max(taken, default=0)}"


def _copy_graph(registry: Registry, card: ModelCard, target: Target, folder: Path) -> None:
    from models.edge_manifest import opsets, with_older_trees

    source, file = registry.folder(card.machine_id, card.task, card.version) / GRAPH, folder / f"{card.task}.onnx"
    found, takes = opsets(source), PLATFORMS[target]
    if found["ai.onnx"] > takes.opset or found["ir"] > takes.ir:
        raise NotForTarget(card, target, found)
    if source.stat().st_size > LARGEST_BYTES:
        raise TooLarge(card, source.stat().st_size)
    if found.get("ai.onnx.ml", 1) <= takes.trees:
        shutil.copyfile(source, file)
    elif (older := with_older_trees(source, takes.trees)) is not None:
        file.write_bytes(older)
    else:
        raise NotForTarget(card, target, found)


def _check(
    folder: Path,
    registry: Registry,
    profile: Profile,
    cards: list[ModelCard],
    rows: "pd.DataFrame | None",
    baseline: "pd.Series[float] | None",
    seed: int,
) -> "list[Parity]":
    from models import edge_parity
    from models.edge_runtime.run import Bundle

    bundle = Bundle(str(folder))
    windows = [edge_parity.random_windows(profile, rows, seed)]
    if rows is not None and len(rows) and baseline is not None:
        windows.append(edge_parity.recorded_windows(profile, rows))
        latest = rows.tail(max(profile.modelling.windows) + edge_parity.STREAMED_ROWS)
        edge_parity.require_same_stream(bundle, registry, profile, cards, latest, baseline)
    return [edge_parity.compare(bundle, registry, card, windows) for card in cards]


def _bundled(folder: Path, card: ModelCard, parity: "Parity") -> BundledModel:
    file = folder / f"{card.task}.onnx"
    return BundledModel(
        task=card.task,
        version=card.version,
        file=file.name,
        sha256=sha256(file),
        size_bytes=file.stat().st_size,
        precision="fp32",
        parity_max_abs=parity.largest,
        parity_rows=parity.rows,
        decisions_changed=parity.decisions_changed,
    )


def _notes(
    target: Target, precision: Precision, in_service: dict[Task, int], rows: "pd.DataFrame | None"
) -> tuple[str, ...]:
    notes = [f"{PLATFORMS[target].software}, ONNX Runtime {PLATFORMS[target].onnxruntime} or later, numpy."]
    if precision != "fp32":
        notes.append(f"{precision} was asked for: {_precision_note(precision)}.")
    notes += [f"No {task} model is in service; the bundle holds none." for task in TASKS if task not in in_service]
    if rows is None:
        notes.append(
            "Nothing was recorded of the machine: checked on random windows only, and no sound state is stored."
        )
    return tuple(notes)


def _precision_note(precision: Precision) -> str:
    if precision == "fp32":
        return "trees, features and calibration are kept in fp32"
    return "there is no neural part to turn into it; trees, features and calibration stay exact in fp32"
