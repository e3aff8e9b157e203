"""Fit a machine's models from its lives, each into a folder of its own; nothing is registered here."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from machine_profiles.profile import Profile
from models.jobs import Report
from models.lives import Lives
from models.model_card import ModelCard
from models.results import Task


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


def fit_machine(
    lessons: Lessons,
    tasks: tuple[Task, ...],
    time_limit_s: float,
    seed: int,
    report: Report,
    folder: Path,
    quick: bool = False,
) -> FittedMachine:
    """Fit each task on whole lives and score it on lives held out; models lie in `folder`/<task>/.

    `quick`: LightGBM alone, a few seconds for all four tasks. What cannot be trained is skipped, with the reason.
    """
    raise NotImplementedError
