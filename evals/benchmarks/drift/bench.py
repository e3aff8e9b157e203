"""Drift on the simulated plant, where every change is known; and on recordings of sensors that really drift."""

import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from evals.benchmarks.drift.recordings import Windows, gas_windows, skab_windows
from evals.benchmarks.drift.worlds import World, world
from evals.benchmarks.result import BenchResult
from machine_profiles.reading import SHIPPED, load_catalog
from models.drift import DriftReport, judge
from models.jobs import Report

ROUNDS = 5  # of the twenty machines: 100 windows a change
SENSOR_CHANGES = ("bias", "frozen", "noisier", "clipped", "swapped")
CAUSE_OF = {"degradation": "degradation", "process": "process", "model": "model"}


def run(data: Path | None, seed: int, report: Report, rounds: int = ROUNDS) -> BenchResult:
    """`data` may hold gas_drift* and skab* files; their figures are then added."""
    started = time.monotonic()
    changes = ("none", "recalibrated", "half_sigma", "degradation", "sensor", "process", "model")
    found: dict[str, list[tuple[World, DriftReport]]] = {}
    for place, change in enumerate(changes):
        report(place / (len(changes) + 2), f"judging windows: {change}")
        found[change] = [
            (each, judge(each.profile, each.reference, each.window)) for each in _worlds(change, seed, rounds)
        ]
    report(len(changes) / (len(changes) + 2), "asking Evidently with its defaults")
    named = [
        (CAUSE_OF.get(each.change, "sensor"), reported)
        for change in ("degradation", "sensor", "process", "model")
        for each, reported in found[change]
    ]
    figures = {
        "false_alarm_rate": _share(reported.drifted for _, reported in found["none"]),
        "alarm_rate_with_recalibrations": _share(reported.drifted for _, reported in found["recalibrated"]),
        "half_sigma_found": _share(_names(each, reported) for each, reported in found["half_sigma"]),
        "half_sigma_found_whole_weeks": _share(
            _names(each, reported) for each, reported in found["half_sigma"] if len(each.window) >= 150
        ),
        "cause_accuracy": _share(bool(r.causes) and r.causes[0].cause == cause for cause, r in named),
        "degradation_as_drift": _share(
            bool(r.causes) and r.causes[0].cause != "degradation" for _, r in found["degradation"]
        ),
        "failure_mode_named": _share(
            bool(r.causes) and r.causes[0].failure_mode == each.failure_mode for each, r in found["degradation"]
        ),
        "sensor_named": _share(_names(each, r) for each, r in found["sensor"]),
    }
    peer = {
        "false_alarm_rate": _share(_evidently(each) for each, _ in found["none"]),
        "half_sigma_found": _share(_evidently(each) for each, _ in found["half_sigma"]),
    }
    n = sum(map(len, found.values()))
    for name, windows in _recordings(data):
        judged = [judge(profile, reference, window) for profile, reference, window in windows]
        figures[name] = _share(each.drifted for each in judged)
        n += len(judged)
    never = {"false_alarm_rate": 0.0, "half_sigma_found": 0.0, "cause_accuracy": 0.0}
    always = {"false_alarm_rate": 1.0, "half_sigma_found": 1.0, "cause_accuracy": 0.25}
    return BenchResult(
        name="drift",
        figures=figures,
        peers={"evidently_defaults": peer, "never_alarms": never, "always_alarms": always},
        protocol=(
            f"{rounds * 20} windows a change: each of the twenty machines, {rounds} seeds from {seed}; a fresh unit of "
            f"97 days, the last 7 the window. half_sigma: one condition sensor moved by half the standard deviation of "
            f"its own readings; found where a finding names it; whole weeks: machines that run at least 150 of 168 h. "
            f"Causes: degradation (55 to 90 % of the way from P to F at the window's end), a sensor (bias of 1.5 to 3 "
            f"standard deviations, frozen, noisier, clipped, swapped), the process (mean load moved by 0.25 to 0.4 of "
            f"rated load), a model that no longer fits (every sensor on another level). No sensor is recalibrated in "
            f"these records; alarm_rate_with_recalibrations is the rate where they are, as often as in the demo plant: "
            f"changes of a sensor, and rightly found. Evidently: DataDriftPreset, Wasserstein, threshold 0.1, any "
            f"column, raw readings. always_alarms names one cause of four."
        ),
        data="simulated" if data is None else f"simulated, and {data.name}",
        seed=seed,
        n=n,
        seconds=round(time.monotonic() - started, 1),
    )


def _worlds(change: str, seed: int, rounds: int) -> Iterator[World]:
    for turn in range(rounds):
        for profile in load_catalog(SHIPPED).values():
            drawn = SENSOR_CHANGES[(profile.number + turn) % len(SENSOR_CHANGES)] if change == "sensor" else change
            kind = "none" if change == "recalibrated" else drawn
            yield world(profile, kind, 1000 * seed + turn, recalibrated=change == "recalibrated")


def _names(each: World, reported: DriftReport) -> bool:
    return any(finding.sensor in str(each.sensor).split(", ") for finding in reported.findings)


def _evidently(each: World) -> bool:
    from models import _evidently  # heavy

    columns = [s.name for s in each.profile.sensors]
    reference, window = each.reference[columns], each.window[columns]
    return _evidently.default_alarm(reference.dropna(), window.dropna())


def _recordings(data: Path | None) -> Iterator[tuple[str, Windows]]:
    if data is None:
        return
    if gas := gas_windows(data):
        yield "gas_batches_found", gas
    if skab := skab_windows(data):
        yield "skab_fault_free_alarms", skab


def _share(hits: Iterable[bool]) -> float:
    listed = list(hits)
    return float(np.mean(listed)) if listed else float("nan")
