"""Whether the models' own answers have moved, and how they did on failures that came after they were trained."""

import numpy as np
import onnx
import pandas as pd

from machine_profiles.profile import Profile
from models import metrics
from models.examples import sorted_lives
from models.features import answers_over
from models.lives import Lives
from models.model_card import GRAPH, ModelCard
from models.registry import Registry
from models.results import Quantity, Result, Task
from models.rul import label_lives
from models.telemetry import Telemetry

ASKED: tuple[tuple[Task, str, str], ...] = (
    ("failure", "probability", "probability"), ("rul", "rul_hours", "h"), ("anomaly", "score", "score"),
)  # fmt: skip


class PredictionShift(Result):
    """Mean answers of the model in service over the record before the window and over the window."""

    task: Task
    version: int
    before: Quantity
    now: Quantity


class OutcomeCheck(Result):
    """The failure model's Brier score on lives that ended after it was trained, beside its score at training."""

    version: int
    lives: int
    rows: int
    brier_at_training: float | None
    brier_since: float


def prediction_shifts(
    telemetry: Telemetry, registry: Registry, profile: Profile, life: str, start: pd.Timestamp
) -> tuple[PredictionShift, ...]:
    """For the life's rows before `start` and from it on, as far as models are in service."""
    lives = telemetry.lives(profile).only([life])
    at = sorted_lives(lives).rows["at"]
    found = []
    for task, output, unit in ASKED:
        version = registry.in_service(profile.id).get(task)
        if version is None:
            continue
        card = registry.card(profile.id, task, version)
        answers, _ = answers_over(profile, lives, _graph(registry, card), 1, card.failure_horizon_hours)
        values, later = answers[output][:, 0].astype(float), (at > start).to_numpy()
        if later.any() and (~later).any():
            before, now = float(np.nanmean(values[~later])), float(np.nanmean(values[later]))
            was, is_ = Quantity(value=before, unit=unit), Quantity(value=now, unit=unit)
            found.append(PredictionShift(task=task, version=version, before=was, now=is_))
    return tuple(found)


def outcome_check(telemetry: Telemetry, registry: Registry, profile: Profile) -> OutcomeCheck | None:
    """None where no failure model serves, or no life has failed since it was trained."""
    version = registry.in_service(profile.id).get("failure")
    if version is None:
        return None
    card = registry.card(profile.id, "failure", version)
    lives = telemetry.lives(profile)
    last = lives.rows.groupby("life")["at"].max()
    since = [name for name in lives.failed if last[name] > pd.Timestamp(card.created_at)]
    if not since or card.failure_horizon_hours is None:
        return None
    chosen: Lives = sorted_lives(lives.only(since))
    answers, keys = answers_over(profile, chosen, _graph(registry, card), 1, card.failure_horizon_hours)
    rows = keys.merge(label_lives(chosen, cap_hours=np.inf), on=["life", "hours"], how="left")
    true = (rows["observed_for_hours"].to_numpy(float) <= card.failure_horizon_hours).astype(float)
    return OutcomeCheck(
        version=version, lives=len(since), rows=len(true), brier_at_training=card.metrics.get("brier"),
        brier_since=metrics.brier(true, answers["probability"][:, 0].astype(float)),
    )  # fmt: skip


def _graph(registry: Registry, card: ModelCard) -> onnx.ModelProto:
    return onnx.load(str(registry.folder(card.machine_id, card.task, card.version) / GRAPH))
