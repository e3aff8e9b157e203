"""Synthetic data of machines with few lives: like the record, and worth learning from, on lives nobody saw."""

import multiprocessing
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from evals.benchmarks.result import BenchResult
from evals.benchmarks.synthesis.by_equations import simulated_lives_like
from machine_profiles.errors import MillwrightError
from machine_profiles.profile import Profile
from machine_profiles.reading import SHIPPED, load_catalog
from models.demo_machine import SISTERS
from models.fleet_synthesis import simulated_lives
from models.jobs import Report
from models.lives import Lives, split_lives
from models.synthesis import Learnt, Method, learn

ROWS = 5000
OBSERVED = 8  # lives that the machine has; the other sisters judge
SEEDS = 3
LIMIT_S = 60.0
NETWORK_LIMIT_S = 25.0
NETWORK_EVERY = 4  # the networks take minutes a machine: they are measured on every fourth, with the first seed
NETWORKS: tuple[Method, ...] = ("ctgan", "tvae", "par")
WORKERS = 2


@dataclass(frozen=True)
class Scored:
    """A small LightGBM on judging lives: failure AP and RUL R², trained on the data alone and beside the recorded."""

    ap: float
    r2: float
    both_ap: float
    both_r2: float
    quality: float = float("nan")
    violations: float = 0.0
    seconds: float = float("nan")


@dataclass(frozen=True)
class Measured:
    machine_id: str
    seed: int
    real_ap: float
    real_r2: float
    prevalence: float
    chosen: str
    scores: dict[str, Scored] = field(default_factory=dict)  # by method; `auto` is the product's default


def run(
    data: Path | None,
    seed: int,
    report: Report,
    machines: Sequence[str] = (),
    seeds: int = SEEDS,
    time_limit_s: float = LIMIT_S,
    workers: int = WORKERS,
) -> BenchResult:
    """Measure all machines, or those named, with `seeds` seeds from `seed` on."""
    started = time.monotonic()
    catalog = load_catalog(SHIPPED)
    ids = [catalog[machine].id for machine in machines] or list(catalog)
    jobs = [
        (machine, seed + number, time_limit_s, number == 0 and place % NETWORK_EVERY == 0)
        for number in range(seeds)
        for place, machine in enumerate(ids)
    ]
    measured = []
    for found in _each(jobs, workers):
        measured.append(found)
        auto = found.scores["auto"]
        report(
            len(measured) / len(jobs),
            f"{found.machine_id} seed {found.seed}: {found.chosen}, AP {found.real_ap:.2f} → {auto.both_ap:.2f}, "
            f"R² {found.real_r2:.2f} → {auto.both_r2:.2f}, quality {auto.quality:.3f}",
        )
    methods = [
        name for name in ("lives", "gaussian_copula", "by_equations", *NETWORKS, "shuffled") if _of(measured, name)
    ]
    figures = _figures(measured, "auto")
    figures |= {
        "real_ap": float(np.mean([each.real_ap for each in measured])),
        "real_r2": float(np.mean([each.real_r2 for each in measured])),
        "prevalence": float(np.mean([each.prevalence for each in measured])),
        "chose_lives": float(np.mean([each.chosen == "lives" for each in measured])),
    }
    return BenchResult(
        name="synthesis",
        figures=figures,
        peers={name: _figures(measured, name) for name in methods},
        protocol=_protocol(len(ids), seeds, time_limit_s, len(_of(measured, "tvae"))),
        data="simulated sister lives",
        seed=seed,
        n=len(measured),
        seconds=round(time.monotonic() - started, 1),
    )


def _protocol(machines: int, seeds: int, limit_s: float, networks: int) -> str:
    return (
        f"{machines} machines, {seeds} seeds; {OBSERVED} of {SISTERS} simulated sister lives are the machine's own "
        f"(drawn by life), the others judge. {ROWS} synthetic rows by `auto` ({limit_s:g} s) from those {OBSERVED}. A "
        f"small LightGBM on readings, their trailing means and the deviation from the life's start, the same for all, "
        f"learns from the real lives, the synthetic ones, and both; failure within the horizon (AP) and capped RUL "
        f"(R²) on the judging lives. Ratios are of means over machines and seeds. quality: SDV QualityReport over all "
        f"pairs of columns, against the {OBSERVED} lives. by_equations: lives drawn alike, rendered with the "
        f"simulator's own equations. ctgan, tvae, par: {NETWORK_LIMIT_S:g} s each, n = {networks} that had time. "
        f"shuffled: the "
        f"chosen data with readings dealt out anew, so that RUL and readings do not belong together."
    )


def measure(machine_id: str, seed: int, limit_s: float, networks: bool) -> Measured:
    """One machine with one seed: the product's choice, each method, and the controls."""
    from models import _tstr  # heavy: scikit-learn, LightGBM

    profile = load_catalog(SHIPPED)[machine_id]
    modelling = profile.modelling
    real, judges = split_lives(simulated_lives(profile, SISTERS, seed), 1 - OBSERVED / SISTERS, seed)
    cap = modelling.rul_cap_hours
    if cap is None:
        raise MillwrightError(f"{machine_id} states no rul_cap_hours; the benchmark needs one.")

    def taught(train: Lives) -> "_tstr.Usefulness":
        return _tstr.usefulness(
            train, judges, modelling.failure_horizon_hours, cap or np.inf, modelling.baseline_rows, seed
        )

    def scored(lives: Lives, made: Learnt | None = None, seconds: float = float("nan")) -> Scored:
        alone, both = taught(lives), taught(real.joined(lives))
        quality, violations = (made.quality.overall, float(made.violations)) if made else (float("nan"), 0.0)
        return Scored(
            alone.average_precision, alone.rul_r2, both.average_precision, both.rul_r2, quality, violations, seconds
        )

    recorded = taught(real)
    auto, seconds = _timed(real, profile, "auto", limit_s, seed)
    scores = {"auto": scored(auto.lives, auto, seconds)}
    scores["shuffled"] = scored(_shuffled(auto.lives, seed))
    scores["by_equations"] = scored(simulated_lives_like(real, profile, ROWS, seed))
    for method in ("lives", "gaussian_copula", *(NETWORKS if networks else ())):
        if method == auto.choice.method:
            scores[method] = scores["auto"]
            continue
        try:
            made, took = _timed(real, profile, method, NETWORK_LIMIT_S, seed)
        except MillwrightError:  # too little time on a busy computer, or too few lives: no figures, and a smaller n
            continue
        scores[method] = scored(made.lives, made, took)
    return Measured(
        machine_id, seed, recorded.average_precision, recorded.rul_r2, recorded.prevalence, auto.choice.method, scores
    )


def _timed(real: Lives, profile: Profile, method: Method, limit_s: float, seed: int) -> tuple[Learnt, float]:
    began = time.monotonic()
    made = learn(real, profile, ROWS, method, limit_s, seed)
    return made, time.monotonic() - began


def _shuffled(lives: Lives, seed: int) -> Lives:
    order = np.random.default_rng(seed).permutation(len(lives.rows))
    sensors = list(lives.sensors)
    rows = lives.rows.copy()
    rows[sensors] = rows[sensors].to_numpy()[order]
    return Lives(rows, lives.ends, lives.sensors)


def _of(measured: list[Measured], method: str) -> list[tuple[Measured, Scored]]:
    return [(each, each.scores[method]) for each in measured if method in each.scores]


def _figures(measured: list[Measured], method: str) -> dict[str, float]:
    """Ratios of means; a mean R² at or below zero has no ratio."""
    found = _of(measured, method)
    real_ap, real_r2 = (float(np.mean([getattr(each, name) for each, _ in found])) for name in ("real_ap", "real_r2"))

    def mean(value: Callable[[Scored], float]) -> float:
        return float(np.mean([value(score) for _, score in found]))

    figures = {
        "quality": mean(lambda score: score.quality),
        "violations": float(np.sum([score.violations for _, score in found])),
        "augmented_ap_ratio": mean(lambda score: score.both_ap) / real_ap,
        "augmented_r2_ratio": mean(lambda score: score.both_r2) / real_r2 if real_r2 > 0 else float("nan"),
        "synthetic_ap_ratio": mean(lambda score: score.ap) / real_ap,
        "synthetic_r2_ratio": mean(lambda score: score.r2) / real_r2 if real_r2 > 0 else float("nan"),
        "seconds_per_machine": mean(lambda score: score.seconds),
    }
    return {name: round(value, 4) for name, value in figures.items() if np.isfinite(value)}


def _each(jobs: Sequence[tuple[str, int, float, bool]], workers: int) -> Iterator[Measured]:
    if workers <= 1:
        yield from (measure(*job) for job in jobs)
        return
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        for future in as_completed([pool.submit(measure, *job) for job in jobs]):
            yield future.result()
