"""Synthetic data from a machine's recorded lives: whole lives, or rows learnt with their RUL."""

import time
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from machine_profiles.profile import Profile
from models import synthesis_report
from models.closeness import Closeness, closeness
from models.constraints import Constraints, constraints_of
from models.datasets import Datasets
from models.history import current_history, moment
from models.holdout import learnable
from models.jobs import Report
from models.life_checks import LifeChecks, check_lives
from models.life_synthesis import FEWEST_FAILED, synthesize_lives
from models.lives import Lives
from models.results import Result
from models.row_synthesis import SEED_ROWS, lives_of_rows, seed_table, stages
from models.rul import NoFailures
from models.rul_cap import cap_from_data
from models.synthesis_trial import Choice, Made, MethodTried, Taught, triable, try_methods

if TYPE_CHECKING:
    from models._sdv import Quality
    from models.telemetry import Telemetry

Method = Literal["auto", "lives", "gaussian_copula", "ctgan", "tvae", "par"]
SYNTHETIC = "synthetic"
NETWORK_SHARE = 0.12  # of the time, for a network in each fold that auto tries it on
TVAE_FROM_S = 150.0  # auto tries TVAE where the limit is at least this
ROWS_PER_SECOND = 50  # rows a network learns from for each second it has, so that it sees them often enough
FEWEST_NETWORK_ROWS = 500
SECONDS_PER_ROW = 1.2e-4


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
    column_pair_trends: float | None  # None: no pair of columns could be scored
    violations: int  # rows that break a constraint of the profile
    constraints: tuple[str, ...]  # in words
    taught: tuple[Taught, ...] = ()  # what the method's data teaches; empty where no life could be held out
    closeness: Closeness | None = None
    life_checks: LifeChecks | None = None
    seed: int
    seconds: float
    report: str  # path of quality.html under HOME


@dataclass(frozen=True)
class _Made:
    lives: Lives
    epochs: int | None = None
    loss: pd.DataFrame | None = None


@dataclass(frozen=True)
class Learnt:
    """Synthetic lives with what they were learnt from and how good they are; `tables` are the rows compared."""

    recorded: Lives
    lives: Lives
    choice: Choice
    constraints: Constraints
    violations: int
    quality: "Quality"
    tables: tuple[pd.DataFrame, pd.DataFrame]
    epochs: int | None
    loss: pd.DataFrame | None


def synthesize(
    datasets: Datasets,
    telemetry: "Telemetry",
    profile: Profile,
    rows: int,
    method: Method,
    time_limit_s: float,
    seed: int,
    now: datetime | None = None,
    report: Report = lambda progress, step: None,
) -> SynthesisResult:
    """Write the data set `synthetic`: lives with known ends, `rows` rows in all, and a quality report beside it.

    Learns from the recorded history, brought up to date first, less the lives that a training with the same seed holds
    out: what is made from those could not be learnt from. `auto` tries methods on part of the lives and keeps
    the one whose data trains the better model for the rest (train on synthetic, test on real). The row-wise methods
    make each row a life of its own, which fails after the RUL drawn with the row. `lives` spends few rows on many
    lives: of each a sound stretch, one from its later course and its end are kept, and the hours are true.
    Raises NoTelemetry, NoFailures, TooFewRows, BadLives; MillwrightError where the time is too short for the method.
    """
    began = time.monotonic()
    report(0.02, "bringing the history up to date")
    source = current_history(datasets, telemetry, profile)
    recorded = datasets.lives(source, profile.sensor_names)
    if not recorded.failed:
        raise NoFailures(profile.id, source.reference, len(recorded.names))
    made = learn(learnable(recorded, seed), profile, rows, method, time_limit_s, seed, report)
    report(0.85, "comparing it with what was recorded")
    recorded, choice, quality = made.recorded, made.choice, made.quality
    checks = check_lives(recorded, made.lives, _lead_hours(recorded, profile))
    near = closeness(recorded, made.lives.rows, seed)
    scores = {
        "asked": method,
        "method": choice.method,
        "scored_by": choice.scored_by,
        "tried": [tried.model_dump(mode="json") for tried in choice.tried],
        "recorded_score": choice.recorded_score,
        "taught": [taught.model_dump(mode="json") for taught in choice.taught],
        "prevalence": choice.prevalence,
        "closeness": near.model_dump(mode="json") if near else None,
        "life_checks": checks.model_dump(mode="json") if checks else None,
        "quality": quality.overall,
        "column_shapes": quality.column_shapes,
        "column_pair_trends": quality.column_pair_trends,
        "by_column": quality.by_column,
        "pairs": quality.pairs,
        "quality_by_sdv_default": quality.by_default,
        "pairs_in_sdv_default": quality.default_pairs,
        "violations": made.violations,
        "constraints": list(made.constraints.in_words()),
        "epochs": made.epochs,
        "source_hash": source.data_hash,
        "learnt_from": recorded.names,
    }
    report(0.92, "writing the report")
    reports: dict[str, str | bytes] = {
        "quality.html": synthesis_report.page(
            profile, source.reference, scores, made.tables, (recorded, made.lives), made.loss, seed
        )
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
        violations=made.violations,
        constraints=made.constraints.in_words(),
        taught=choice.taught,
        closeness=near,
        life_checks=checks,
        seed=seed,
        seconds=round(time.monotonic() - began, 2),
        report=datasets.report_path(card, "quality.html"),
    )


def expected_seconds(rows: int, method: Method, time_limit_s: float) -> float:
    """What a synthesis takes with its libraries loaded: seconds of one core of a 2-core server, measured on three
    demo machines of 30 lives; a network takes the time it is given.
    """
    if method in ("ctgan", "tvae", "par") or (method == "auto" and time_limit_s >= TVAE_FROM_S):
        return float(time_limit_s)
    return {"lives": 5.0, "gaussian_copula": 6.0}.get(method, 10.0) + SECONDS_PER_ROW * rows


def learn(
    recorded: Lives, profile: Profile, rows: int, method: Method, time_limit_s: float, seed: int,
    report: Report = lambda progress, step: None,
) -> Learnt:  # fmt: skip
    """Synthetic lives with `rows` rows in all from recorded ones, and their quality; nothing is stored.

    Raises TooFewRows, BadLives, and MillwrightError where the time is too short for the method.
    """
    began = time.monotonic()
    constraints = constraints_of(profile, recorded.rows)
    report(0.05, "trying methods on lives held out")
    choice = _choose(method, recorded, profile, constraints, rows, time_limit_s, seed)
    left = max(time_limit_s - (time.monotonic() - began), 0.4 * time_limit_s)
    report(0.5, f"learning by {choice.method} and drawing {rows:,} rows")
    made = _make(choice.method, recorded, profile, constraints, rows, left, seed)
    report(0.75, "judging its quality")

    from models import _sdv  # heavy: torch

    tables = _with_rul(recorded, choice.method), _with_rul(made.lives, choice.method)
    violations = int(constraints.violated(made.lives.rows).sum())
    quality = _sdv.quality_of(*tables, seed)
    return Learnt(recorded, made.lives, choice, constraints, violations, quality, tables, made.epochs, made.loss)


def _choose(
    method: Method, recorded: Lives, profile: Profile, constraints: Constraints, rows: int, limit_s: float, seed: int
) -> Choice:
    """The method asked for, or the best of several; tried on lives held out, where that can be done in the time."""
    asked_for = "the method was asked for"
    if method in ("ctgan", "tvae", "par"):
        return Choice(method, scored_by=f"{asked_for}; it was not tried on held-out lives, as that doubles its time")
    if not triable(recorded):
        few = f"only {len(recorded.failed)} recorded life failed, and none can be held out to test on"
        usual: Made = "lives" if len(recorded.failed) >= FEWEST_FAILED else "gaussian_copula"
        return Choice(usual if method == "auto" else method, scored_by=f"not scored: {few}")
    candidates: list[Made] = ["lives", "gaussian_copula"] if method == "auto" else [method]
    if method == "auto" and limit_s >= TVAE_FROM_S:
        candidates.append("tvae")

    def make(each: Made, lives: Lives) -> Lives:
        return _make(each, lives, profile, constraints, rows, NETWORK_SHARE * limit_s, seed).lives

    choice = try_methods(recorded, profile, candidates, make, seed, limit_s)
    return choice if method == "auto" else replace(choice, scored_by=f"{asked_for}; {choice.scored_by}")


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


def _lead_hours(recorded: Lives, profile: Profile) -> float:
    """The hours before failure that readings tell in."""
    operating = tuple(sensor.name for sensor in profile.sensors if sensor.role == "operating")
    return profile.modelling.rul_cap_hours or cap_from_data(recorded, operating)[0]


def _with_rul(lives: Lives, method: Made) -> pd.DataFrame:
    """What quality is measured on: sensors and hours to failure; of failed lives only where only those were learnt."""
    ends = lives.ends.set_index("life")
    table = lives.rows[list(lives.sensors)].astype(float)
    fails = lives.rows["life"].map(ends["ended_by"] == "failure").astype(bool)
    rul = lives.rows["life"].map(ends["end_hours"]).astype(float) - lives.rows["hours"]
    table["rul_hours"] = rul.where(fails)
    return table if method == "lives" else table[fails].reset_index(drop=True)
