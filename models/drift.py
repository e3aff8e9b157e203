"""Whether a window of telemetry still looks like what came before, and what explains it where it does not."""

from datetime import datetime, timedelta
from typing import Literal

import numpy as np
import pandas as pd

from machine_profiles.errors import MillwrightError
from machine_profiles.profile import Profile
from models import drift_tests
from models.drift_causes import CauseName, Explanation, probabilities, weigh_levels
from models.drift_predictions import OutcomeCheck, PredictionShift, outcome_check, prediction_shifts
from models.drift_report import start_evidently_report
from models.drift_residuals import FEWEST, level
from models.drift_tests import Window, compare, level_threshold, worst
from models.registry import Registry
from models.results import Quantity, Result
from models.storage import Storage
from models.telemetry import MAIN, NoTelemetry, Telemetry

FEWEST_REFERENCE_ROWS = 240
MOST_REFERENCE_ROWS = 2160
PAST_WINDOWS = 8  # of the record itself, that the threshold is checked on
WANDERING, MOST_WANDERING = 1.3, 8.0
SWAPPED = 6.0  # standard errors that both sensors must have moved to be thought swapped

Finding_ = Literal["level", "noise", "frozen", "clipped", "silent", "swapped", "operating"]
SensorFault = Literal["bias", "noisier", "frozen", "clipped", "silent", "swapped"]


class DriftFinding(Result):
    """One difference beyond chance. `shift` in the sensor's unit; `deviations`: of its readings before the window."""

    kind: Finding_
    sensor: str
    shift: Quantity
    deviations: float
    z: float | None = None


class DriftCause(Result):
    """`probability` weighs the causes against each other; it is not the chance that anything is wrong."""

    cause: CauseName
    probability: float
    sensor: str | None = None
    sensor_fault: SensorFault | None = None
    failure_mode: str | None = None
    evidence: tuple[str, ...] = ()


class DriftReport(Result):
    """`drifted` says that a difference is beyond chance; `causes`, likeliest first, are empty where none is."""

    machine_id: str
    name: str
    unit: str
    drifted: bool
    findings: tuple[DriftFinding, ...]
    causes: tuple[DriftCause, ...]
    sensors_tested: int
    window_start: datetime
    window_end: datetime
    window_rows: int
    reference_start: datetime
    reference_rows: int
    level_threshold: float  # standard errors
    largest_level: float  # the largest level difference found, in standard errors
    predictions: tuple[PredictionShift, ...] = ()
    outcomes: OutcomeCheck | None = None  # None: no failure since the model was trained, so its errors are not known
    evidently_report: str | None = None  # an HTML page, relative to HOME


class TooLittleToCompare(MillwrightError):
    def __init__(self, machine_id: str, rows: int, needed: int, what: str) -> None:
        super().__init__(
            f"The {what} of {machine_id} holds {rows} rows of its present life; drift needs at least {needed}. "
            f"Ask about a longer window, or wait until more has been recorded. Too little data is not 'no drift'."
        )


def check(
    storage: Storage, telemetry: Telemetry, registry: Registry, profile: Profile, window_hours: float, now: datetime,
    unit: str = MAIN, page: bool = True,
) -> DriftReport:  # fmt: skip
    """Compare the last `window_hours` (clock hours) before `now` with the unit's present life before them.

    Evidently's `page` is written beside it, by a process of its own. Raises NoTelemetry or TooLittleToCompare.
    """
    lives = telemetry.lives(profile).rows
    own = lives[(lives["life"].str.rsplit("/", n=1).str[0] == unit) & (lives["at"] <= now)]
    if own.empty:
        raise NoTelemetry(
            f"Nothing was recorded of {profile.id} up to {now:%Y-%m-%d %H:%M} UTC; import telemetry first."
        )
    life = str(own.sort_values("at")["life"].iloc[-1])
    rows = own[own["life"] == life].sort_values("at", kind="stable", ignore_index=True)
    cut = pd.Timestamp(now - timedelta(hours=window_hours))
    reference, window = rows[rows["at"] <= cut].tail(MOST_REFERENCE_ROWS), rows[rows["at"] > cut]
    found = judge(profile, reference, window, unit)
    place = storage.drift_page(
        profile.id, f"{unit}-{window_hours:g}h-{now:%Y%m%d%H%M}-{telemetry.data_hash(profile.id)[:12]}"
    )
    if page and not place.exists():
        start_evidently_report(profile, reference, window, place)
    return found.model_copy(
        update={
            "predictions": prediction_shifts(telemetry, registry, profile, life, cut),
            "outcomes": outcome_check(telemetry, registry, profile),
            "evidently_report": storage.relative(place) if page else None,
        }
    )


def judge(profile: Profile, reference: pd.DataFrame, window: pd.DataFrame, unit: str = MAIN) -> DriftReport:
    """The same for rows at hand: `at` and a column a sensor, oldest first, of one life."""
    if len(window) < FEWEST:
        raise TooLittleToCompare(profile.id, len(window), FEWEST, "window")
    if len(reference) < FEWEST_REFERENCE_ROWS:
        raise TooLittleToCompare(profile.id, len(reference), FEWEST_REFERENCE_ROWS, "record before the window")
    found = compare(profile, reference, window)
    limit = _threshold(profile, reference, found)
    findings = _findings(profile, found, limit)
    return DriftReport(
        machine_id=profile.id,
        name=profile.name,
        unit=unit,
        drifted=bool(findings),
        findings=findings,
        causes=_causes(profile, found, findings) if findings else (),
        sensors_tested=len(found.explained.condition) + len(found.explained.operating),
        window_start=window["at"].iloc[0].to_pydatetime(),
        window_end=window["at"].iloc[-1].to_pydatetime(),
        window_rows=len(window),
        reference_start=reference["at"].iloc[0].to_pydatetime(),
        reference_rows=len(reference),
        level_threshold=limit,
        largest_level=worst(found.levels.z),
    )


def _threshold(profile: Profile, reference: pd.DataFrame, found: Window) -> float:
    """Šidák's threshold, widened where the record's own past windows wander more than their memory lets expect.

    What counts is the median |z| of all sensors over the past windows together: a single step in the past moves it
    little. Up to WANDERING times what chance gives is taken for chance.
    """
    explained, limit = found.explained, level_threshold(len(found.explained.condition))
    residual, size, moved = explained.residuals(reference), max(found.rows, FEWEST), []
    for end in range(len(residual), 3 * size, -size)[:PAST_WINDOWS]:
        one, one_error = level(residual[end - size : end], explained.spread, explained.memory)
        before = residual[max(end - 4 * size, 0) : end - size]
        base, base_error = level(before, explained.spread, explained.memory)
        moved.append(np.abs(one - base) / np.hypot(one_error, base_error))
    if len(moved) < 3:
        return limit
    ratio = float(np.nanmedian(np.array(moved))) / 0.6745  # the median of |z| by chance
    return limit * float(np.clip(ratio / WANDERING, 1.0, MOST_WANDERING))


def _findings(profile: Profile, found: Window, limit: float) -> tuple[DriftFinding, ...]:
    explained, z = found.explained, found.levels.z
    findings = []
    for place, name in enumerate(explained.condition):
        unit, raw = profile.sensor(name).unit, float(max(explained.raw_spread[place], 1e-12))

        def add(kind: Finding_, value: float, in_unit: str, deviations: float, strength: float | None = None,
                name: str = name) -> None:  # fmt: skip
            findings.append(
                DriftFinding(
                    kind=kind, sensor=name, shift=Quantity(value=value, unit=in_unit), deviations=deviations, z=strength
                )
            )

        if abs(z[place]) > limit:
            shift = float(found.levels.shift[place])
            add("level", shift, unit, shift / raw, float(z[place]))
        frozen, clipped = float(found.frozen[place]), float(found.clipped[place])
        if drift_tests.CLIPPED_SHARE < clipped < 0.9 and frozen < clipped:
            add("clipped", clipped, "share", 0.0)
        elif frozen > drift_tests.FROZEN_SHARE:
            add("frozen", frozen, "share", 0.0)
        elif found.noise_ratio[place] > drift_tests.NOISIER and found.noise_z[place] > 4.5:
            ratio = float(np.exp(found.noise_ratio[place]))
            add("noise", ratio, "times", 0.0, float(found.noise_z[place]))
        if found.silent[place] > drift_tests.SILENT_SHARE:
            add("silent", float(found.silent[place]), "share", 0.0)
    for name, (shift, days) in found.operating.items():
        if abs(days) > _operating_limit(profile, name) and found.extrapolated.get(name, 0.0) > 0.1:
            add_unit = profile.sensor(name).unit
            findings.append(
                DriftFinding(kind="operating", sensor=name, shift=Quantity(value=shift, unit=add_unit), deviations=days)
            )
    return tuple(sorted(findings, key=lambda each: -abs(each.z or 10 * abs(each.deviations) or 10.0)))


def _operating_limit(profile: Profile, sensor: str) -> float:
    """Weather swings by itself: an ambient temperature must be twice as far off as a load."""
    return 3.5 if profile.sensor(sensor).quantity == "ambient temperature" else 3.0


def _causes(profile: Profile, found: Window, findings: tuple[DriftFinding, ...]) -> tuple[DriftCause, ...]:
    plain = _plain_sensor_faults(profile, found, findings)
    moved = [each for each in findings if each.kind == "level"]
    process = [each for each in findings if each.kind == "operating"]
    if plain:
        return plain
    causes = []
    if moved:
        ranked = probabilities(weigh_levels(profile, found))
        causes = [_cause(profile, found, each, share) for each, share in ranked[:4] if share >= 0.02]
    if process:
        share = 1.0 if not moved else 0.5
        evidence = tuple(
            f"{each.sensor.replace('_', ' ')} moved by {each.shift.value:+.3g} {each.shift.unit}, "
            f"{abs(each.deviations):.1f} of its day-to-day deviations"
            for each in process
        )
        causes = [
            DriftCause(cause="process", probability=share, sensor=process[0].sensor, evidence=evidence),
            *(each.model_copy(update={"probability": each.probability * (1 - share)}) for each in causes),
        ]
    return tuple(sorted((each for each in causes if each.probability > 0), key=lambda each: -each.probability))


def _plain_sensor_faults(profile: Profile, found: Window, findings: tuple[DriftFinding, ...]) -> tuple[DriftCause, ...]:
    """What no process and no wear does: a frozen, clipped, silent or noisier sensor, two sensors swapped."""
    asked_otherwise = any(each.kind == "operating" for each in findings)
    if not asked_otherwise and (pair := _swapped(found)):
        one, other = pair
        return (
            DriftCause(
                cause="sensor", probability=0.95, sensor=one, sensor_fault="swapped",
                evidence=(f"{one} and {other} read each other's usual values",),
            ),
        )  # fmt: skip
    faults: dict[str, SensorFault] = {"frozen": "frozen", "clipped": "clipped", "silent": "silent", "noise": "noisier"}
    plain = [each for each in findings if each.kind in faults]
    noisy = [each for each in plain if each.kind == "noise"]
    if not plain or (len(noisy) == len(plain) and len(noisy) > 2):
        return ()
    return tuple(
        DriftCause(
            cause="sensor", probability=0.9 / len(plain), sensor=each.sensor, sensor_fault=faults[each.kind],
            evidence=(f"{each.kind}: {each.shift.value:.2f} {each.shift.unit}",),
        )
        for each in plain
    )  # fmt: skip


def _swapped(found: Window) -> tuple[str, str] | None:
    raw, z = np.maximum(found.explained.raw_spread, 1e-12), np.abs(np.nan_to_num(found.levels.z))
    names = found.explained.condition
    for one in range(len(names)):
        for other in range(one + 1, len(names)):
            apart = abs(found.reference_mean[one] - found.reference_mean[other])
            if min(z[one], z[other]) > SWAPPED and apart > 3.0 * max(raw[one], raw[other]):
                crossed = abs(found.window_mean[one] - found.reference_mean[other]) / raw[other] < 1.2
                back = abs(found.window_mean[other] - found.reference_mean[one]) / raw[one] < 1.2
                if crossed and back:
                    return names[one], names[other]
    return None


def _cause(profile: Profile, found: Window, each: Explanation, share: float) -> DriftCause:
    names, levels = found.explained.condition, found.levels
    strongest = np.argsort(-np.abs(np.nan_to_num(levels.z)))[:3]
    moved = [
        f"{names[place].replace('_', ' ')} {levels.shift[place]:+.3g} {profile.sensor(names[place]).unit}"
        for place in strongest
        if abs(np.nan_to_num(levels.z)[place]) > 2.0
    ]
    if each.cause == "sensor":
        evidence = (f"it alone explains what moved ({', '.join(moved)})",)
        return DriftCause(cause="sensor", probability=share, sensor=each.sensor, sensor_fault="bias", evidence=evidence)
    if each.cause == "degradation":
        mode = next(mode for mode in profile.failure_modes if mode.name == each.failure_mode)
        evidence = (f"the sensors move as in {mode.title.lower()} ({', '.join(moved)})",)
        return DriftCause(cause="degradation", probability=share, failure_mode=mode.name, evidence=evidence)
    return DriftCause(
        cause="model", probability=share,
        evidence=(f"several sensors moved as in no failure mode that is known ({', '.join(moved)})",),
    )  # fmt: skip
