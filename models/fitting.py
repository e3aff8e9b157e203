"""Fit a machine's models from its lives, each into a folder of its own; nothing is registered here."""

import time
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd

from machine_profiles.errors import MillwrightError
from machine_profiles.profile import Profile
from models import task_fitting
from models.features import Scaling, fit_scaling
from models.holdout import FEWEST_FAILED, SHARE, TooFewLives, held_out
from models.jobs import Report
from models.leakage import refuse_leaks
from models.lives import Lives
from models.lot import QUICK_PLAN, Fitted, Lot
from models.model_card import GRAPH, ModelCard
from models.onnx_graph import save
from models.results import Task
from models.series_rivals import planned_seconds
from models.windows import window_rows

SEARCHING: tuple[Task, ...] = ("failure", "rul")  # tasks that take the time they are given
FIXED_SECONDS = 1.5  # what one of the others takes, and the baselines of one that searches; on an idle core
REGISTERING_SECONDS = 4.0  # the same for what follows: MLflow takes most of it to load
IDLE_SECONDS = 0.12  # twice what the trial fit takes on an idle core


@dataclass(frozen=True)
class Lessons:
    """What a training learns from: recorded lives, synthetic lives beside them, and how they are labelled."""

    profile: Profile
    lives: Lives
    cap_hours: float | None  # None where no life failed, so that nothing could be labelled
    datasets: tuple[str, ...]  # references, such as history@1 and labels@2
    data_hash: str
    now: datetime
    synthetic: Lives | None = None
    synthetic_dataset: str | None = None
    synthetic_from: tuple[str, ...] = ()  # the recorded lives that the synthetic ones were made from


@dataclass(frozen=True)
class FittedModel:
    """A model that the registry can take: `folder` holds model.onnx; `card` has version 0."""

    card: ModelCard
    folder: Path
    plots: dict[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class FittedMachine:
    models: tuple[FittedModel, ...]
    skipped: dict[Task, str]  # task → why it could not be trained
    protocol: str
    lot: Lot | None = None  # the lives kept and held out


class NothingToLearn(MillwrightError):
    """A task lacks what it would learn from; the text says what, and how to get it."""


def fit_machine(
    lessons: Lessons,
    tasks: tuple[Task, ...],
    time_limit_s: float,
    seed: int,
    report: Report,
    folder: Path,
    quick: bool = False,
    share: float = SHARE,
    workers: int = 1,
    chronos: Path | None = None,
) -> FittedMachine:
    """Fit each task on whole lives and score it on lives held out; models lie in `folder`/<task>/.

    `quick`: LightGBM alone, a few seconds for all four tasks; else AutoGluon searches beside it for the time given.
    `chronos`: a folder of weights, by which Chronos is one of the forecast model's rivals.
    What cannot be trained is skipped, with the reason. Raises Leakage where the lives would give the answer away.
    """
    started = time.monotonic()
    searching, slow = sum(task in SEARCHING for task in tasks), 1.0 if quick else slowness()
    time_limit_s -= 0.0 if quick else REGISTERING_SECONDS * slow
    rivals = planned_seconds(time_limit_s) if "forecast" in tasks and searching and not quick else 0.0
    planned = ((time_limit_s - rivals) / slow - FIXED_SECONDS * len(tasks)) / max(searching, 1)
    lot = lot_of(lessons, seed, share, QUICK_PLAN if quick else max(planned, 0.0), workers, chronos)
    refuse_leaks(lessons.profile, lot.kept, lot.held, lessons.synthetic, lessons.synthetic_from)
    models, skipped = [], {}
    for place, task in enumerate(tasks):
        report(0.05 + 0.9 * place / len(tasks), f"training the {task} model")
        begun = time.monotonic()
        later = tasks[place + 1 :]
        waiting = sum(each in SEARCHING for each in later)
        left = started + time_limit_s - begun - FIXED_SECONDS * slow * (len(later) - waiting)
        if "forecast" in later:
            left -= rivals
        share_of_left = rivals if task == "forecast" and waiting else left / (1 + waiting)
        try:
            _require(lessons, task)
            fitted = task_fitting.fit(task, lot, begun + share_of_left)
        except MillwrightError as error:
            skipped[task] = str(error)
            continue
        models.append(store(lessons, lot, task, fitted, seed, folder / task, time.monotonic() - begun))
    return FittedMachine(tuple(models), skipped, lot.protocol, lot)


def slowness() -> float:
    """How many times slower than an idle core this machine is now: 1, 2, 4…; plans shrink by it, so limits hold.

    In powers of two, so that the same machine in the same state makes the same plan.
    """
    from models import _lightgbm  # heavy

    random = np.random.default_rng(0)
    features = random.standard_normal((4000, 50), np.float32)
    begun = time.monotonic()
    _lightgbm.fit(_lightgbm.Recipe("regression", 60), features, features[:, 0].astype(np.float64), 0)
    return 2.0 ** max(0.0, np.ceil(np.log2((time.monotonic() - begun) / IDLE_SECONDS)))


def lot_of(lessons: Lessons, seed: int, share: float, seconds: float, workers: int, chronos: Path | None = None) -> Lot:
    lives = _in_parts(lessons.profile, lessons.lives)
    cut_in_time = len(lives.names) > len(lessons.lives.names)
    held = lives.names[1:] if cut_in_time else held_out(lives, seed, share)
    if not held:  # no life failed: of the others a quarter, and at least one, all the same
        held = sorted(lives.names)[-max(1, round(share * len(lives.names))) :]
    kept = [name for name in lives.names if name not in set(held)]
    learnt = lives.only(kept)
    scaling: Scaling = fit_scaling(lessons.profile, learnt.rows)
    if not scaling.condition:
        raise NothingToLearn(f"No sensor of {lessons.profile.id} has ever varied; there is nothing to learn from.")
    return Lot(lessons.profile, learnt, lives.only(held), scaling, lessons.cap_hours, seed, seconds, workers,
               lessons.synthetic, lessons.synthetic_dataset, chronos)  # fmt: skip


def _in_parts(profile: Profile, lives: Lives) -> Lives:
    """A machine's only life is cut in two in time, so that its later part can be held out."""
    if len(lives.names) > 1:
        return lives
    needed = 4 * window_rows(profile)
    if len(lives.rows) < needed:
        raise TooFewLives(
            f"{profile.id} has {len(lives.rows)} rows of {len(lives.names)} life; training needs at least {needed} "
            f"rows of one life, or several lives. Import more telemetry, or wait until more has been recorded."
        )
    rows = lives.rows.sort_values("hours", kind="stable", ignore_index=True)
    cut, end = int(0.7 * len(rows)), lives.ends.iloc[0]
    names = np.where(np.arange(len(rows)) < cut, f"{end['life']}#1", f"{end['life']}#2")
    first = {**end, "life": f"{end['life']}#1", "ended_by": "running", "failure_mode": None}
    ends = pd.DataFrame([{**first, "end_hours": rows["hours"].iloc[cut]}, {**end, "life": f"{end['life']}#2"}])
    return Lives(rows.assign(life=names), ends, lives.sensors)


def _require(lessons: Lessons, task: Task) -> None:
    if task not in ("failure", "rul"):
        return
    failed = len(lessons.lives.failed)
    profile = lessons.profile
    if failed == 0 or lessons.cap_hours is None:
        raise NothingToLearn(
            f"No failure of {profile.id} has been recorded in {len(lessons.lives.names)} lives, so a {task} model has "
            f"nothing to learn from. Record past failures with log_maintenance, or import run-to-failure data; "
            f"the anomaly and forecast models can be trained without."
        )
    if failed < FEWEST_FAILED:
        raise TooFewLives(
            f"Only {failed} of the {len(lessons.lives.names)} lives of {profile.id} ended in failure; a {task} model "
            f"needs at least {FEWEST_FAILED}, so that it can be checked on lives it has not learnt from. "
            f"Import data of sister machines, or record past failures with log_maintenance."
        )


def store(
    lessons: Lessons, lot: Lot, task: Task, fitted: Fitted, seed: int, folder: Path, seconds: float
) -> FittedModel:
    profile = lessons.profile
    folder.mkdir(parents=True, exist_ok=True)
    save(fitted.graph, folder / GRAPH)
    used = (lessons.synthetic_dataset,) if fitted.used_synthetic and lessons.synthetic_dataset else ()
    card = ModelCard(
        machine_id=profile.id,
        task=task,
        created_at=lessons.now,
        seed=seed,
        engine=fitted.engine,
        sensors=profile.sensor_names,
        units=tuple(sensor.unit for sensor in profile.sensors),
        window_rows=window_rows(profile),
        baseline_rows=profile.modelling.baseline_rows,
        sample_hours=profile.modelling.sample_hours,
        datasets=(*lessons.datasets, *used),
        data_hash=lessons.data_hash,
        cap_hours=lessons.cap_hours if task == "rul" else None,
        failure_horizon_hours=profile.modelling.failure_horizon_hours if task == "failure" else None,
        threshold=fitted.threshold,
        protocol=fitted.protocol or lot.protocol,
        metrics=_known(fitted.metrics),
        baselines={name: _known(figures) for name, figures in fitted.baselines.items()},
        seconds=seconds,
        held_lives=len(lot.held.names),
        held_failed=len(lot.held.failed),
    )
    return FittedModel(card, folder, fitted.plots)


def _known(figures: dict[str, float]) -> dict[str, float]:
    """A figure that could not be computed is left out, never written as a number."""
    return {name: float(value) for name, value in figures.items() if np.isfinite(value)}
