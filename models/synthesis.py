"""Synthetic data from a machine's recorded lives: whole lives, or rows learnt with their RUL."""

import time
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from machine_profiles.errors import MillwrightError
from machine_profiles.profile import Profile
from models import synthesis_report
from models.constraints import Constraints, constraints_of
from models.datasets import Datasets
from models.history import current_history, moment
from models.holdout import learnable
from models.life_synthesis import FEWEST_FAILED, synthesize_lives
from models.lives import Lives, split_lives
from models.results import Result
from models.row_synthesis import SEED_ROWS, lives_of_rows, seed_table, stages
from models.rul import NoFailures
from models.rul_cap import cap_from_data

if TYPE_CHECKING:
    from models.telemetry import Telemetry

Method = Literal["auto", "lives", "gaussian_copula", "ctgan", "tvae", "par"]
Made = Literal["lives", "gaussian_copula", "ctgan", "tvae", "par"]

SYNTHETIC = "synthetic"
HELD_OUT = 0.3  # share of the recorded lives that auto tests on
TVAE_FROM_S = 150.0  # auto tries TVAE where the limit is at least this
ROWS_PER_SECOND = 50  # rows a network learns from for each second it has, so that it sees them often enough
FEWEST_NETWORK_ROWS = 500


class MethodTried(Result):
    method: str
    score: float  # the figure it was chosen by, named in `scored_by`
    seconds: float


class SynthesisResult(Result):
    """A new synthetic data set and how good it is.

    `quality` is SDV's overall QualityReport score, 0 to 1, over all pairs of columns; the data set's card also holds
    SDV's default score, which leaves weakly correlated pairs out.
    """

    machine_id: str
    dataset: str  # such as synthetic@2
    made_from: str  # such as history@1
    method: Literal["lives", "gaussian_copula", "ctgan", "tvae", "par"]
    tried: tuple[MethodTried, ...]
    scored_by: str
    rows: int
    lives: int
    quality: float
    column_shapes: float
    column_pair_trends: float
    violations: int  # rows that break a constraint of the profile
    constraints: tuple[str, ...]  # in words
    seed: int
    seconds: float
    report: str  # path of quality.html under HOME


@dataclass(frozen=True)
class _Made:
    lives: Lives
    epochs: int | None = None
    loss: pd.DataFrame | None = None


@dataclass(frozen=True)
class _Choice:
    method: Made
    tried: tuple[MethodTried, ...]
    scored_by: str
    yardstick: dict[str, float]  # what the recorded lives themselves score


def synthesize(
    datasets: Datasets,
    telemetry: "Telemetry",
    profile: Profile,
    rows: int,
    method: Method,
    time_limit_s: float,
    seed: int,
    now: datetime | None = None,
) -> SynthesisResult:
    """Write the data set `synthetic`: lives with known ends, `rows` rows in all, and a quality report beside it.

    Learns from the recorded history, brought up to date first, less the lives that a training with the same seed holds
    out: what is made from those could not be learnt from. `auto` tries methods on part of the lives and keeps
    the one whose data trains the better model for the rest (train on synthetic, test on real). The row-wise methods
    make each row a life of its own, which fails after the RUL drawn with the row.
    Raises NoTelemetry, NoFailures, TooFewRows, BadLives; MillwrightError where the time is too short for the method.
    """
    began = time.monotonic()
    source = current_history(datasets, telemetry, profile)
    recorded = datasets.lives(source, profile.sensor_names)
    if not recorded.failed:
        raise NoFailures(profile.id, source.reference, len(recorded.names))
    recorded = learnable(recorded, seed)
    constraints = constraints_of(profile, recorded.rows)
    if method == "auto":
        choice = _choose(recorded, profile, constraints, rows, time_limit_s, seed)
    else:
        choice = _Choice(method, (), "the method was asked for", {})
    left = max(time_limit_s - (time.monotonic() - began), 0.4 * time_limit_s)
    made = _make(choice.method, recorded, profile, constraints, rows, left, seed)
    violations = int(constraints.violated(made.lives.rows).sum())

    from models import _sdv  # heavy: torch

    real, synthetic = _with_rul(recorded, choice.method), _with_rul(made.lives, choice.method)
    quality = _sdv.quality_of(real, synthetic, seed)
    scores = {
        "method": choice.method,
        "scored_by": choice.scored_by,
        "tried": [tried.model_dump(mode="json") for tried in choice.tried],
        "recorded_scores": choice.yardstick,
        "quality": quality.overall,
        "column_shapes": quality.column_shapes,
        "column_pair_trends": quality.column_pair_trends,
        "by_column": quality.by_column,
        "pairs": quality.pairs,
        "quality_by_sdv_default": quality.by_default,
        "pairs_in_sdv_default": quality.default_pairs,
        "violations": violations,
        "constraints": list(constraints.in_words()),
        "epochs": made.epochs,
        "source_hash": source.data_hash,
        "learnt_from": recorded.names,
    }
    reports: dict[str, str | bytes] = {
        "quality.html": synthesis_report.page(profile, source.reference, scores, real, synthetic, made.loss, seed)
    }
    if made.loss is not None:
        reports["loss.csv"] = made.loss.to_csv(index=False)
    card = datasets.write(
        {
            "machine_id": profile.id,
            "name": SYNTHETIC,
            "content": "lives",
            "origin": "synthetic",
            "made_from": source.reference,
            "method": choice.method,
            "seed": seed,
            "created_at": moment(datasets, profile.id, now=now),
            "details": scores,
        },
        made.lives.rows,
        made.lives.ends,
        reports,
    )
    return SynthesisResult(
        machine_id=profile.id,
        dataset=card.reference,
        made_from=source.reference,
        method=choice.method,
        tried=choice.tried,
        scored_by=choice.scored_by,
        rows=card.rows,
        lives=card.lives,
        quality=quality.overall,
        column_shapes=quality.column_shapes,
        column_pair_trends=quality.column_pair_trends,
        violations=violations,
        constraints=constraints.in_words(),
        seed=seed,
        seconds=round(time.monotonic() - began, 2),
        report=datasets.report_path(card, "quality.html"),
    )


def _choose(
    recorded: Lives, profile: Profile, constraints: Constraints, rows: int, limit_s: float, seed: int
) -> _Choice:
    if len(recorded.failed) < FEWEST_FAILED + 1:
        method: Made = "lives" if len(recorded.failed) >= FEWEST_FAILED else "gaussian_copula"
        why = f"not scored: only {len(recorded.failed)} recorded life failed, and none can be held out to test on"
        return _Choice(method, (), why, {})

    from models import _tstr  # heavy: scikit-learn, LightGBM

    kept, held = split_lives(recorded, HELD_OUT, seed)
    modelling = profile.modelling
    operating = tuple(sensor.name for sensor in profile.sensors if sensor.role == "operating")
    cap = modelling.rul_cap_hours or cap_from_data(kept, operating)[0]

    def scored(lives: Lives) -> "_tstr.Usefulness":
        return _tstr.usefulness(lives, held, modelling.failure_horizon_hours, cap, modelling.baseline_rows, seed)

    candidates: list[Made] = ["lives", "gaussian_copula"]
    if limit_s >= TVAE_FROM_S:
        candidates.append("tvae")
    tried: list[MethodTried] = []
    reasons: list[str] = []
    for method in candidates:
        began = time.monotonic()
        try:
            made = _make(method, kept, profile, constraints, rows, 0.25 * limit_s, seed)
        except MillwrightError as error:
            reasons.append(f"{method} could not be tried ({error})")
            continue
        score = scored(made.lives).score
        tried.append(MethodTried(method=method, score=round(score, 4), seconds=round(time.monotonic() - began, 2)))
    if not tried:
        raise MillwrightError(f"No method can learn from what is recorded of {profile.id}: {'; '.join(reasons)}.")
    best = max(tried, key=lambda each: each.score)
    real = scored(kept)
    said = (
        f"mean of average precision (failure within {modelling.failure_horizon_hours:g} {modelling.time_unit}) and RUL "
        f"R² of a small LightGBM trained on the synthetic data and tested on {len(held.names)} held-out recorded lives "
        f"({len(held.failed)} failed)"
    )
    yardstick = {"score": real.score, "average_precision": real.average_precision, "rul_r2": real.rul_r2}
    chosen: Made = next(method for method in candidates if method == best.method)
    return _Choice(chosen, tuple(tried), "; ".join([said, *reasons]), yardstick)


def _make(
    method: Made, recorded: Lives, profile: Profile, constraints: Constraints, rows: int, limit_s: float, seed: int
) -> _Made:
    if method == "lives":
        return _Made(synthesize_lives(recorded, profile, constraints, rows, seed))
    if method == "par":
        from models import _par  # heavy: torch

        lives, epochs, loss = _par.sequences(recorded, profile, constraints, rows, seed, limit_s)
        return _Made(lives, epochs, loss)

    from models import _sdv  # heavy: torch

    learnt = SEED_ROWS
    if method != "gaussian_copula":
        learnt = int(np.clip(ROWS_PER_SECOND * limit_s, FEWEST_NETWORK_ROWS, SEED_ROWS))
    table = seed_table(recorded, seed, learnt)
    sampled = _sdv.sample_rows(method, table, stages(table), constraints, rows, seed, limit_s)
    return _Made(lives_of_rows(sampled.rows, profile), sampled.epochs, sampled.loss)


def _with_rul(lives: Lives, method: Made) -> pd.DataFrame:
    """What quality is measured on: sensors and hours to failure; of failed lives only where only those were learnt."""
    ends = lives.ends.set_index("life")
    table = lives.rows[list(lives.sensors)].astype(float)
    fails = lives.rows["life"].map(ends["ended_by"] == "failure").astype(bool)
    rul = lives.rows["life"].map(ends["end_hours"]).astype(float) - lives.rows["hours"]
    table["rul_hours"] = rul.where(fails)
    return table if method == "lives" else table[fails].reset_index(drop=True)
