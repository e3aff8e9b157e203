"""RUL labels: exact from failures, capped, with censored lives kept apart."""

from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from machine_profiles.errors import MillwrightError
from machine_profiles.profile import Profile
from models.datasets import DatasetInfo, Datasets
from models.estimated_labels import EstimatedEnd, estimate_ends
from models.history import current_history, moment
from models.label_quality import sensor_quality
from models.lives import BadLives, Lives
from models.results import Result
from models.rul_cap import cap_from_data
from models.survival import with_expectations

if TYPE_CHECKING:
    from models.telemetry import Telemetry

LABELS = "labels"


class LabelResult(Result):
    """A new label set. A row of a life that has not failed is censored: its RUL is not known, only a lower bound."""

    machine_id: str
    dataset: str  # such as labels@1
    made_from: str  # such as history@1
    policy: str  # in words
    cap_hours: float
    cap_source: str  # argument, profile, or data (and how)
    rows: int
    labelled_rows: int
    censored_rows: int
    failed_lives: int
    censored_lives: int
    median_life_hours: float | None  # of the lives that failed
    failures_by_mode: dict[str, int]
    estimated_lives: int = 0  # never failed: RUL estimated from a trend to an alarm limit, with its interval


class NoFailures(MillwrightError):
    """There is no life to learn a remaining life from."""

    def __init__(self, machine_id: str, dataset: str, lives: int) -> None:
        super().__init__(
            f"No failure is among the {lives} lives of {dataset} of {machine_id}, so there is no remaining life to "
            f"label with. Record past failures with log_maintenance (action failure, and when it happened), or import "
            f"run-to-failure data with run_to_failure set. No life shows a trend towards an alarm limit of its profile "
            f"either, from which an end could be estimated. A life that has not failed is never labelled as if it had."
        )


def label(
    datasets: Datasets,
    telemetry: "Telemetry",
    profile: Profile,
    dataset: str,
    cap_hours: float | None,
    now: datetime | None = None,
) -> LabelResult:
    """Write the data set `labels` from a data set of lives, and say what was done.

    The cap is the argument, else the profile's, else taken from the data. `latest` is the newest data set of lives,
    recorded or synthetic; the recorded history is brought up to date first.
    Raises UnknownDataset, NoTelemetry where nothing was recorded, NoFailures, BadLives.
    """
    source = lives_to_label(datasets, telemetry, profile, dataset)
    lives = datasets.lives(source, profile.sensor_names)
    estimates = [] if lives.failed else estimate_ends(profile, lives)
    if not lives.failed and not estimates:
        raise NoFailures(profile.id, source.reference, len(lives.names))
    if estimates:
        cap, cap_source = _cap_of_estimates(profile, estimates, cap_hours)
    else:
        cap, cap_source = _cap(profile, _recorded(datasets, profile, source, lives), cap_hours)
    labelled = with_estimates(with_expectations(label_lives(lives, cap), lives, cap), estimates, cap)

    failed = lives.ends[lives.ends["ended_by"] == "failure"]
    unit = profile.modelling.time_unit
    policy = (
        f"Exact from failures, piecewise linear: hours to the failure, flat above {cap:g} {unit}; "
        f"lives that have not failed are censored: no RUL, only the hours they were seen to last, and beside them "
        f"(censored_expectation_hours, with its 90 % interval) what Kaplan and Meier's estimate lets one expect."
    )
    if estimates:
        sensors = ", ".join(sorted({each.sensor for each in estimates}))
        policy = (
            f"Estimated, since no life has failed: the trend of {sensors} carried on to the alarm limit, with a 90 % "
            f"interval (rul_low_hours, rul_high_hours) by block bootstrap, flat above {cap:g} {unit}; rows before the "
            f"trend and lives without one have no RUL."
        )
    card = datasets.write(
        {
            "machine_id": profile.id,
            "name": LABELS,
            "content": "labels",
            "origin": source.origin,
            "made_from": source.reference,
            "method": source.method,
            "seed": source.seed,
            "created_at": moment(datasets, profile.id, now=now),
            "details": {
                "policy": policy,
                "cap_hours": cap,
                "cap_source": cap_source,
                "source_hash": source.data_hash,
                "sensor_quality": sensor_quality(lives),
            },
        },
        labelled,
        lives.ends,
    )
    return LabelResult(
        machine_id=profile.id,
        dataset=card.reference,
        made_from=source.reference,
        policy=policy,
        cap_hours=cap,
        cap_source=cap_source,
        rows=len(labelled),
        labelled_rows=int(labelled["rul_hours"].notna().sum()),
        censored_rows=int(labelled["censored"].sum()),
        failed_lives=len(failed),
        censored_lives=len(lives.names) - len(failed),
        median_life_hours=float(failed["end_hours"].median()) if len(failed) else None,
        failures_by_mode=failed["failure_mode"].fillna("not stated").value_counts().sort_index().to_dict(),
        estimated_lives=len(estimates),
    )


def label_lives(lives: Lives, cap_hours: float) -> pd.DataFrame:
    """Label every row with the hours to its life's failure.

    The result has one row for each of `lives.rows`, in their order: life, unit, hours, `at` where there is one, the
    sensors, and
    `rul_hours`: hours to the failure, at most `cap_hours`; NaN where the life is censored,
    `censored`: the life did not end in failure (it was replaced before, or still runs),
    `observed_for_hours`: hours from the row to the life's end, uncapped; for a censored row its RUL's lower bound.
    Raises BadLives where an hour is missing, does not ascend within its life, or lies after the life's end.
    """
    if not cap_hours > 0:
        raise MillwrightError(f"The cap of RUL labels must be above 0 hours, not {cap_hours:g}.")
    _check(lives)
    ends = lives.ends.set_index("life")
    life = lives.rows["life"]
    observed = life.map(ends["end_hours"]).astype(float) - lives.rows["hours"].astype(float)
    censored = life.map(ends["ended_by"] != "failure").astype(bool)

    columns = ["life", "hours", *(["at"] if "at" in lives.rows else []), *lives.sensors]
    labelled = lives.rows[columns].copy()
    labelled.insert(1, "unit", life.map(ends["unit"]).astype(str))
    labelled["rul_hours"] = observed.clip(upper=cap_hours).where(~censored)
    labelled["censored"] = censored
    labelled["observed_for_hours"] = observed
    return labelled.reset_index(drop=True)


def with_estimates(labelled: pd.DataFrame, estimates: list[EstimatedEnd], cap_hours: float) -> pd.DataFrame:
    """The labels with the estimated ones: `estimated`, and `rul_low_hours`, `rul_high_hours` where they are.

    Such a life stays censored: it has not failed, and nothing may count it as a failure.
    """
    if not estimates:
        return labelled
    labelled = labelled.assign(estimated=False, rul_low_hours=np.nan, rul_high_hours=np.nan)
    for end in estimates:
        rows = (labelled["life"] == end.life) & (labelled["hours"] >= end.start_hours)
        hours = labelled.loc[rows, "hours"].astype(float)
        labelled.loc[rows, "estimated"] = True
        for column, at in (
            ("rul_hours", end.end_hours), ("rul_low_hours", end.low_hours), ("rul_high_hours", end.high_hours),
        ):  # fmt: skip
            labelled.loc[rows, column] = (at - hours).clip(0.0, cap_hours)
    return labelled


def lives_to_label(datasets: Datasets, telemetry: "Telemetry", profile: Profile, dataset: str) -> DatasetInfo:
    """The data set of lives that a name means, with the recorded history brought up to date first."""
    if telemetry.has(profile.id) or not datasets.list(profile.id):
        current_history(datasets, telemetry, profile)
    return datasets.find(profile.id, dataset, content=("lives",))


def _recorded(datasets: Datasets, profile: Profile, source: DatasetInfo, lives: Lives) -> Lives:
    """The recorded lives that a cap is taken from: those that synthetic lives were learnt from."""
    if source.origin == "recorded" or source.made_from is None:
        return lives
    return datasets.lives(datasets.find(profile.id, source.made_from), profile.sensor_names)


def _cap(profile: Profile, lives: Lives, cap_hours: float | None) -> tuple[float, str]:
    if cap_hours is not None:
        return cap_hours, "argument"
    if profile.modelling.rul_cap_hours is not None:
        return profile.modelling.rul_cap_hours, "profile"
    operating = tuple(sensor.name for sensor in profile.sensors if sensor.role == "operating")
    return cap_from_data(lives, operating)


def _cap_of_estimates(profile: Profile, estimates: list[EstimatedEnd], cap_hours: float | None) -> tuple[float, str]:
    if cap_hours is not None:
        return cap_hours, "argument"
    if profile.modelling.rul_cap_hours is not None:
        return profile.modelling.rul_cap_hours, "profile"
    return max(end.end_hours - end.start_hours for end in estimates), "data: the longest estimated course"


def _check(lives: Lives) -> None:
    unknown = set(lives.ends["ended_by"]) - {"failure", "preventive", "running"}
    if unknown:
        raise BadLives(f"A life ends by failure, preventive or running, not by {', '.join(sorted(map(str, unknown)))}.")
    hours = lives.rows["hours"].to_numpy(float)
    life = lives.rows["life"].to_numpy()
    _refuse(life, ~np.isfinite(hours), "rows without an hour")
    same = life[1:] == life[:-1]
    _refuse(life[1:], same & (np.diff(hours) <= 0), "hours that do not ascend")
    if len(set(life)) != (~same).sum() + min(len(life), 1):
        raise BadLives("The rows of a life do not stand together; sort them by life and hours.")
    end = lives.rows["life"].map(lives.ends.set_index("life")["end_hours"]).to_numpy(float)
    _refuse(life, ~np.isfinite(end), "no end hours")
    _refuse(life, hours > end + 1e-6, "rows after its end; readings after a failure belong to the next life")


def _refuse(life: np.ndarray, faulty: np.ndarray, what: str) -> None:
    if faulty.any():
        raise BadLives(
            f"Life {life[faulty][0]} has {what} ({int(faulty.sum())} rows in all); correct the data set first."
        )
