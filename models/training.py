"""Train a machine's models on whole lives and register them as challengers."""

import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from machine_profiles.errors import MillwrightError
from machine_profiles.profile import Profile
from models.chronos_weights import chronos_kind
from models.datasets import DatasetInfo, Datasets
from models.history import current_history
from models.holdout import FEWEST_FAILED
from models.jobs import Report
from models.lives import Lives
from models.model_card import ModelCard, champion_name
from models.results import Preview, Result, Task
from models.rul_cap import cap_from_data
from models.storage import size_of

if TYPE_CHECKING:
    from models.fitting import FittedMachine, Lessons
    from models.registry import Registry
    from models.telemetry import Telemetry


class TrainedModel(Result):
    task: Task
    version: int
    alias: str  # champion where the task had none in service before, else challenger
    engine: str
    metrics: dict[str, float]
    baselines: dict[str, dict[str, float]]
    main_metric: str
    champion_metrics: dict[str, float] | None  # the model in service, on the same held-out lives
    seconds: float


class TrainingResult(Result):
    machine_id: str
    models: tuple[TrainedModel, ...]
    datasets: tuple[str, ...]
    protocol: str
    skipped: dict[str, str]  # task → why it could not be trained
    seconds: float


class TrainingStarted(Result):
    """Training goes on in a job of its own; get_job tells how it stands."""

    job_id: str
    machine_id: str
    tasks: tuple[Task, ...]
    time_limit_s: int


class NothingTrained(MillwrightError):
    """No task could be trained; the text says why for each."""

    def __init__(self, machine_id: str, skipped: dict[Task, str]) -> None:
        reasons = " ".join(f"{task.capitalize()}: {reason}" for task, reason in skipped.items())
        super().__init__(f"No model of {machine_id} could be trained, and nothing was changed. {reasons}")


def preview(
    datasets: Datasets,
    telemetry: "Telemetry",
    registry: "Registry",
    profile: Profile,
    tasks: tuple[Task, ...],
    time_limit_s: int,
    chronos: Path | None = None,
) -> Preview:
    """What a training would learn from, and what speaks against it. Raises NoChronosWeights, as `train` does."""
    _require_weights(chronos, tasks)
    serving = registry.in_service(profile.id)
    replaces = ", ".join(f"{task} version {serving[task]}" for task in tasks if task in serving)
    try:
        lives = telemetry.lives(profile)
    except MillwrightError as error:
        return Preview(expected_seconds=float(time_limit_s), warnings=(str(error),))
    warnings = []
    failed = len(lives.failed)
    if failed < FEWEST_FAILED and {"failure", "rul"} & set(tasks):
        warnings.append(
            f"Only {failed} of {len(lives.names)} lives ended in failure; the failure and rul models need "
            f"{FEWEST_FAILED} and would be left out."
        )
    facts = {
        "tasks": ", ".join(tasks),
        "lives": f"{len(lives.names)} lives, {failed} of which ended in failure",
        "rows": f"{len(lives.rows):,}",
        "time limit": f"{time_limit_s} s",
        "in service": replaces or "none",
        "afterwards": "new versions stand as challengers; what is in service stays until promoted"
        if replaces
        else "the new models go into service, as none is there",
    }
    if (synthetic := _newest_labels(datasets, profile.id, "synthetic")) is not None:
        facts["synthetic lives"] = f"{synthetic.reference}, used only where they help on lives not learnt from"
    return Preview(
        expected_seconds=float(time_limit_s), expected_bytes=_size_of_latest(registry, profile.id, tasks),
        warnings=tuple(warnings), facts=facts,
    )  # fmt: skip


def _size_of_latest(registry: "Registry", machine_id: str, tasks: tuple[Task, ...]) -> int | None:
    """Bytes of the newest version of each task; the next one will be about as large."""
    latest = [(task, cards[-1].version) for task in tasks if (cards := registry.versions(machine_id, task))]
    return sum(size_of(registry.folder(machine_id, task, version)) for task, version in latest) if latest else None


def train(
    datasets: Datasets,
    telemetry: "Telemetry",
    registry: "Registry",
    profile: Profile,
    tasks: tuple[Task, ...],
    time_limit_s: int,
    seed: int,
    report: Report,
    quick: bool = False,
    share: float | None = None,
    chronos: Path | None = None,
) -> TrainingResult:
    """Fit the tasks within the time limit and register what came out, all of it or nothing.

    `share`: of the lives, held out whole. `chronos`: a local folder of its weights, where there is one. What cannot be
    trained is named in `skipped`. Raises NoTelemetry where nothing was recorded, NothingTrained where every task had to
    be skipped, Leakage where the lives would give the answer away, NoChronosWeights where the forecast task is asked
    for and `chronos` holds none.
    """
    from models import fitting  # heavy: onnx
    from models.gates import MAIN_METRIC
    from models.holdout import SHARE
    from models.registry import NewModel

    _require_weights(chronos, tasks)
    started = time.monotonic()
    report(0.02, "reading the recorded lives")
    lessons = lessons_of(datasets, telemetry, profile)
    champions = {
        task: registry.card(profile.id, task, version) for task, version in registry.in_service(profile.id).items()
    }
    with tempfile.TemporaryDirectory(prefix="training-") as scratch:
        left = time_limit_s - (time.monotonic() - started)
        fitted: FittedMachine = fitting.fit_machine(
            lessons, tasks, left, seed, report, Path(scratch), quick, share or SHARE, 1 if quick else 2,
            chronos,
        )  # fmt: skip
        if not fitted.models:
            raise NothingTrained(profile.id, fitted.skipped)
        report(0.94, "scoring the models in service on the same lives")
        cards, scored = _beside_champions(fitted, champions, registry)
        report(0.96, "registering")
        registered = registry.register_many(
            [NewModel(card, m.folder, m.plots) for card, m in zip(cards, fitted.models, strict=True)]
        )
    return TrainingResult(
        machine_id=profile.id,
        models=tuple(
            TrainedModel(
                task=card.task,
                version=card.version,
                alias=alias,
                engine=card.engine,
                metrics=card.metrics,
                baselines=card.baselines,
                main_metric=MAIN_METRIC[card.task].name,
                champion_metrics=scored.get(card.task),
                seconds=card.seconds,
            )
            for card, alias in registered
        ),
        datasets=tuple(dict.fromkeys(name for card, _ in registered for name in card.datasets)),
        protocol=fitted.protocol,
        skipped={str(task): reason for task, reason in fitted.skipped.items()},
        seconds=time.monotonic() - started,
    )


def _require_weights(chronos: Path | None, tasks: tuple[Task, ...]) -> None:
    if chronos is not None and "forecast" in tasks:
        chronos_kind(chronos)


def _beside_champions(
    fitted: "FittedMachine", champions: dict[Task, ModelCard], registry: "Registry"
) -> tuple[list[ModelCard], dict[Task, dict[str, float]]]:
    """The new cards with the figures of the model in service on the same held-out lives, and those figures by task."""
    from models.rescoring import score_again  # heavy: onnx

    cards: list[ModelCard] = []
    scored: dict[Task, dict[str, float]] = {}
    for model in fitted.models:
        card, champion = model.card, champions.get(model.card.task)
        if champion is not None and fitted.lot is not None:
            folder = registry.folder(card.machine_id, card.task, champion.version)
            if figures := score_again(champion, folder, fitted.lot):
                scored[card.task] = figures
                beside = {**card.baselines, champion_name(champion.version): figures}
                card = card.model_copy(update={"baselines": beside})
        cards.append(card)
    return cards, scored


def lessons_of(datasets: Datasets, telemetry: "Telemetry", profile: Profile) -> "Lessons":
    """What the machine can learn from now: its recorded lives, the newest label sets, labelled synthetic lives."""
    from models.fitting import Lessons  # heavy: onnx

    history = current_history(datasets, telemetry, profile)
    lives = datasets.lives(history, profile.sensor_names)
    recorded = _newest_labels(datasets, profile.id, "recorded")
    synthetic = _newest_labels(datasets, profile.id, "synthetic")
    used = (history.reference,) if recorded is None else (history.reference, recorded.reference)
    return Lessons(
        profile=profile,
        lives=lives,
        cap_hours=_cap(profile, lives, recorded),
        datasets=used,
        data_hash=history.data_hash,
        now=datetime.now(UTC),
        synthetic=_synthetic_lives(datasets, synthetic, profile) if synthetic else None,
        synthetic_dataset=synthetic.reference if synthetic else None,
        synthetic_from=_made_from(datasets, synthetic, profile) if synthetic else (),
    )


def _cap(profile: Profile, lives: Lives, labels: DatasetInfo | None) -> float | None:
    """The newest label set's cap, else the profile's, else one taken from the data; None without a failure."""
    if not lives.failed:
        return None
    if labels is not None and labels.details.get("cap_hours"):
        return float(labels.details["cap_hours"])
    if profile.modelling.rul_cap_hours is not None:
        return profile.modelling.rul_cap_hours
    return cap_from_data(lives, tuple(s.name for s in profile.sensors if s.role == "operating"))[0]


def _newest_labels(datasets: Datasets, machine_id: str, origin: str) -> DatasetInfo | None:
    found = [card for card in datasets.list(machine_id) if card.content == "labels" and card.origin == origin]
    return found[-1] if found else None


def _made_from(datasets: Datasets, labels: DatasetInfo, profile: Profile) -> tuple[str, ...]:
    """The recorded lives that labelled synthetic lives were made from: as stated, else all that were there."""
    source = datasets.find(profile.id, labels.made_from or labels.reference)
    if (stated := source.details.get("learnt_from")) is not None:
        return tuple(stated)
    if source.made_from is None:
        return ()
    return tuple(datasets.lives(datasets.find(profile.id, source.made_from), profile.sensor_names).names)


def _synthetic_lives(datasets: Datasets, labels: DatasetInfo, profile: Profile) -> Lives:
    """The labelled synthetic lives, under names that no recorded life bears."""
    import pandas as pd

    rows = datasets.rows(labels)
    ends = pd.read_parquet(datasets.folder(labels) / "ends.parquet")
    columns = ["life", "hours", *profile.sensor_names]
    return Lives(
        rows[columns].assign(life="synthetic/" + rows["life"].astype(str)),
        ends.assign(life="synthetic/" + ends["life"].astype(str)),
        profile.sensor_names,
    )
