"""The edge bundle: a machine's models in service as self-contained ONNX files, checked against what they came from."""

import shutil
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from machine_profiles.errors import MillwrightError
from machine_profiles.profile import Profile
from models.edge_platforms import PLATFORMS, Precision, Target
from models.gates import MAIN_METRIC
from models.jobs import Report
from models.locks import locked
from models.model_card import GRAPH, ModelCard
from models.registry import Registry
from models.registry_errors import NoModel
from models.results import TASKS, Preview, Result, Task
from models.storage import Storage, sha256, size_of, whole_folder
from models.telemetry import MAIN, Telemetry

if TYPE_CHECKING:
    from models.edge_parity import Parity
    from models.edge_windows import RecordedWindows

ANY = "failure, rul, anomaly or forecast"
LARGEST_BYTES = 10_000_000
RECORDED_ROWS = 2000
EXPECTED_S = 20.0
TEACHER_LOSS = 0.01  # of the main metric on held-out lives, against AutoGluon's ensemble


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
    parity_p999: float | None = None  # 99.9th percentile of the rows' differences
    metric: str | None = None  # the main one, on lives held out
    metric_before: float | None = None  # the registered model's
    metric_after: float | None = None  # the bundle's
    teacher_loss: float | None = None  # share of the main metric lost against AutoGluon's ensemble; below 0 gained


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


class WorseThanTeacher(MillwrightError):
    def __init__(self, card: ModelCard, loss: float) -> None:
        name = MAIN_METRIC[card.task].name
        own, teacher = card.metrics[name], card.metrics[f"teacher_{name}"]
        super().__init__(
            f"Version {card.version} of the {card.task} model of {card.machine_id} is {loss:.1%} worse than its "
            f"teacher, AutoGluon's ensemble, on lives held out ({name} {own:.4g} against {teacher:.4g}); a bundle "
            f"takes up to {TEACHER_LOSS:.0%}. Train it again with more time, or promote a version that keeps up."
        )


def preview(storage: Storage, registry: Registry, profile: Profile, target: Target, precision: Precision) -> Preview:
    """Says what a bundle would hold, and what speaks against it."""
    in_service = registry.in_service(profile.id)
    if not in_service:
        return Preview(warnings=(str(NoModel(profile.id, "model of any task; no")),))
    warnings = [
        f"No {task} model is in service; the bundle will not hold one." for task in TASKS if task not in in_service
    ]
    for card in (registry.card(profile.id, task, version) for task, version in in_service.items()):
        if (loss := teacher_loss(card)) is not None and loss > TEACHER_LOSS:
            warnings.append(str(WorseThanTeacher(card, loss)))
    platform = PLATFORMS[target]
    facts = {
        "models": ", ".join(f"{task} v{version}" for task, version in in_service.items()),
        "target": f"{target}: {platform.software}, ONNX Runtime {platform.onnxruntime} or later",
        "precision": PRECISION_NOTE[precision],
    }
    size = sum(
        (registry.folder(profile.id, task, version) / GRAPH).stat().st_size for task, version in in_service.items()
    )
    return Preview(expected_seconds=EXPECTED_S, expected_bytes=size, warnings=tuple(warnings), facts=facts)


PRECISION_NOTE: dict[Precision, str] = {
    "fp32": "fp32: every number is the model's own",
    "fp16": "fp16 for neural parts, where a model has any; trees, features and calibration stay exact in fp32",
    "int8": "int8 for neural parts, where a model has any; trees, features and calibration stay exact in fp32",
}


def export(
    storage: Storage,
    telemetry: Telemetry,
    registry: Registry,
    profile: Profile,
    target: Target,
    precision: Precision,
    seed: int,
    report: Report = lambda progress, step: None,
) -> EdgeBundle:
    """Write the bundle, run it beside the registered models, and keep it only where both say the same.

    Raises NoModel, NotForTarget, TooLarge, WorseThanTeacher, NothingToCalibrateOn or ParityLost; then nothing is left.
    """
    from models.edge_files import write_files  # onnx and ONNX Runtime, which the chat starts without
    from models.edge_manifest import graph_facts, write_manifest

    started = time.monotonic()
    cards = require_exportable(registry, profile)
    report(0.05, "reading what was recorded")
    rows = telemetry.latest(profile.id, RECORDED_ROWS) if MAIN in telemetry.units(profile.id) else None
    baseline = telemetry.baseline(profile) if rows is not None else None
    recorded = _recorded(storage, telemetry, profile, cards)
    with locked(storage.bundles(profile.id) / ".lock"):
        place = _next_folder(storage.bundles(profile.id), f"{target}-{precision}")
        with whole_folder(place) as folder:
            report(0.2, "writing the models for the target")
            held = {
                card.task: _write_graph(registry, card, target, precision, recorded[card.task], folder)
                for card in cards
            }
            write_files(folder, profile, cards, [graph_facts(folder, card) for card in cards], target)
            asked: dict[str, str] = {"target": target, "precision": precision}
            made_at = datetime.now(UTC)
            write_manifest(folder, profile, cards, asked, baseline, made_at, {})
            report(0.4, "running each beside the model it came from")
            parities = _check(folder, registry, profile, cards, rows, baseline, recorded, held, seed)
            report(0.95, "packing")
            models = tuple(
                _bundled(folder, card, held[card.task], parity) for card, parity in zip(cards, parities, strict=True)
            )
            said = {model.task: model for model in models}
            digest = write_manifest(folder, profile, cards, asked, baseline, made_at, said)
            facts = {"target": target, "precision": precision, "manifest_sha256": digest}
            registry.record_export(profile.id, storage.relative(place), facts, cards)
    return EdgeBundle(
        machine_id=profile.id,
        bundle=storage.relative(place),
        target=target,
        precision=precision,
        models=models,
        total_bytes=size_of(place),
        notes=_notes(target, precision, models, recorded, sound_state=rows is not None),
        seconds=round(time.monotonic() - started, 2),
    )


def require_exportable(registry: Registry, profile: Profile) -> list[ModelCard]:
    """The models in service. Raises NoModel or WorseThanTeacher."""
    in_service = registry.in_service(profile.id)
    if not in_service:
        raise NoModel(profile.id, ANY)
    cards = [registry.card(profile.id, task, version) for task, version in in_service.items()]
    for card in cards:
        if (loss := teacher_loss(card)) is not None and loss > TEACHER_LOSS:
            raise WorseThanTeacher(card, loss)
    return cards


def teacher_loss(card: ModelCard) -> float | None:
    """The share of the main metric that the model loses against AutoGluon's ensemble on the same held-out lives."""
    metric = MAIN_METRIC[card.task]
    own, teacher = card.metrics.get(metric.name), card.metrics.get(f"teacher_{metric.name}")
    if own is None or not teacher:
        return None
    return (teacher - own if metric.higher_is_better else own - teacher) / abs(teacher)


def _next_folder(bundles: Path, name: str) -> Path:
    taken = [int(path.name.rsplit("-", 1)[1]) for path in bundles.glob(f"{name}-*")]
    return bundles / f"{name}-{1 + max(taken, default=0)}"


def _write_graph(
    registry: Registry,
    card: ModelCard,
    target: Target,
    precision: Precision,
    recorded: "RecordedWindows | None",
    folder: Path,
) -> Precision:
    """Write a model's graph in the precision, for the runtime of the target; says what the file really holds."""
    import onnx  # heavy

    from models.edge_files import model_file
    from models.edge_manifest import opsets, with_older_trees
    from models.edge_precision import in_precision

    source = registry.folder(card.machine_id, card.task, card.version) / GRAPH
    model = onnx.load(str(source), load_external_data=False)
    windows = recorded.to_calibrate_on() if recorded is not None else None
    rounded = in_precision(model, precision, windows, card.machine_id)
    written = model if rounded is None else rounded
    found, takes = opsets(written), PLATFORMS[target]
    if found["ai.onnx"] > takes.opset or found["ir"] > takes.ir:
        raise NotForTarget(card, target, found)
    if written.ByteSize() > LARGEST_BYTES:
        raise TooLarge(card, written.ByteSize())
    file = folder / model_file(card)
    file.parent.mkdir(parents=True)
    if found.get("ai.onnx.ml", 1) > takes.trees:
        older = with_older_trees(written, takes.trees)
        if older is None:
            raise NotForTarget(card, target, found)
        file.write_bytes(older.SerializeToString())
    elif rounded is None:
        shutil.copyfile(source, file)
    else:
        file.write_bytes(rounded.SerializeToString())
    return "fp32" if rounded is None else precision


def _check(
    folder: Path,
    registry: Registry,
    profile: Profile,
    cards: list[ModelCard],
    rows: "pd.DataFrame | None",
    baseline: "pd.Series[float] | None",
    recorded: "dict[Task, RecordedWindows | None]",
    held: dict[Task, Precision],
    seed: int,
) -> "list[Parity]":
    from models import edge_parity, edge_windows
    from models.edge_runtime.run import Bundle

    bundle = Bundle(str(folder))
    if rows is not None and len(rows) and baseline is not None:
        latest = rows.tail(max(profile.modelling.windows) + edge_parity.STREAMED_ROWS)
        exact = {task for task, precision in held.items() if precision == "fp32"}
        edge_parity.require_same_stream(bundle, registry, profile, cards, latest, baseline, exact)
    parities = []
    for card in cards:
        found = recorded[card.task]
        count = edge_parity.RANDOM_WINDOWS if found is not None else edge_windows.WINDOWS
        random = edge_parity.random_windows(profile, rows, seed, count)
        parities.append(edge_parity.compare(bundle, registry, card, found, random, held[card.task]))
    return parities


def _recorded(
    storage: Storage, telemetry: Telemetry, profile: Profile, cards: list[ModelCard]
) -> "dict[Task, RecordedWindows | None]":
    """Windows for each task; models of one training share them."""
    from models.edge_windows import recorded_windows

    made: dict[tuple[tuple[str, ...], int], RecordedWindows | None] = {}
    for card in cards:
        key = (card.datasets, card.seed)
        if key not in made:
            made[key] = recorded_windows(storage, telemetry, profile, card)
    return {card.task: made[card.datasets, card.seed] for card in cards}


def _bundled(folder: Path, card: ModelCard, precision: Precision, parity: "Parity") -> BundledModel:
    from models.edge_files import model_file

    file = folder / model_file(card)
    return BundledModel(
        task=card.task,
        version=card.version,
        file=model_file(card),
        sha256=sha256(file),
        size_bytes=file.stat().st_size,
        precision=precision,
        parity_max_abs=parity.largest,
        parity_rows=parity.rows,
        decisions_changed=parity.decisions_changed,
        parity_p999=parity.p999,
        metric=MAIN_METRIC[card.task].name,
        metric_before=parity.before,
        metric_after=parity.after,
        teacher_loss=teacher_loss(card),
    )


def _notes(
    target: Target,
    precision: Precision,
    models: tuple[BundledModel, ...],
    recorded: "dict[Task, RecordedWindows | None]",
    sound_state: bool,
) -> tuple[str, ...]:
    notes = [f"{PLATFORMS[target].software}, ONNX Runtime {PLATFORMS[target].onnxruntime} or later, numpy."]
    exact = [model.task for model in models if model.precision == "fp32"]
    if precision != "fp32" and exact:
        notes.append(
            f"{precision} was asked for: there is no neural part to turn into it in {', '.join(exact)}; trees, "
            f"features and calibration stay exact in fp32."
        )
    bundled = {model.task for model in models}
    notes += [f"No {task} model is in service; the bundle holds none." for task in TASKS if task not in bundled]
    if any(found is None for found in recorded.values()):
        notes.append("Nothing was recorded of the machine: checked on random windows only.")
    if not sound_state:
        notes.append("No sound state of the machine itself is stored: the device learns it from its first rows.")
    return tuple(notes)
