"""Is the true failure mode named first, or among the first two? On fresh simulated machines that show their fault."""

import time
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd

from evals.benchmarks.drift.worlds import world
from evals.benchmarks.result import BenchResult
from machine_profiles.profile import Profile
from machine_profiles.reading import SHIPPED, load_catalog
from models.diagnosis import Diagnosis, diagnose
from models.jobs import Report

ROUNDS = 5  # of the twenty machines: 100 plants' worth of one machine each


def run(data: Path | None, seed: int, report: Report, rounds: int = ROUNDS) -> BenchResult:
    """No data is needed. Sensors are now and then recalibrated, as in the demo plant."""
    started = time.monotonic()
    found: list[tuple[Profile, str, Diagnosis, Diagnosis]] = []
    profiles = list(load_catalog(SHIPPED).values())
    sound = []
    for turn in range(rounds):
        for place, profile in enumerate(profiles):
            report((turn * len(profiles) + place) / (rounds * len(profiles)), f"diagnosing {profile.id}")
            known = world(profile, "trouble", 1000 * seed + turn, recalibrated=True)
            rows = pd.concat([known.reference, known.window])
            found.append(
                (profile, str(known.failure_mode), diagnose(profile, rows, "main"), _shuffled(profile, rows, seed))
            )
            calm = world(profile, "none", 1000 * seed + turn)
            sound.append(diagnose(profile, pd.concat([calm.reference, calm.window]), "main").moved)
    commonest = {
        profile.id: [
            name
            for name, _ in Counter({m.name: 1 / m.weibull.scale_hours for m in profile.failure_modes}).most_common(2)
        ]
        for profile in profiles
    }
    figures = {**_tops(found, 2), "sound_called_moved": float(np.mean(sound))}
    return BenchResult(
        name="diagnosis",
        figures=figures,
        peers={
            "likeliest_by_life": {
                "mode_top1": float(np.mean([mode == commonest[p.id][0] for p, mode, _, _ in found])),
                "mode_top2": float(np.mean([mode in commonest[p.id] for p, mode, _, _ in found])),
            },
            "shuffled_signatures": _tops(found, 3),
        },
        protocol=(
            f"{rounds * len(profiles)} fresh units, each of the twenty machines with {rounds} seeds from {seed}, "
            f"97 days of readings, somewhere between 30 and 95 % of the way from P to F of a failure mode drawn "
            f"by its Weibull life, and showing it; sensors recalibrated as in the demo plant. From the readings "
            f"and the profile alone, the reported modes are ranked. likeliest_by_life: the modes of the shortest "
            f"characteristic life, whatever the readings. shuffled_signatures: each mode takes another mode's "
            f"signature. sound_called_moved: units without a fault that are said to have one to explain."
        ),
        data="simulated",
        seed=seed,
        n=len(found),
        seconds=round(time.monotonic() - started, 1),
    )


def _tops(found: list[tuple[Profile, str, Diagnosis, Diagnosis]], which: int) -> dict[str, float]:
    ranked = [([c.failure_mode for c in each[which].candidates], each[1]) for each in found]  # type: ignore[union-attr]
    return {
        "mode_top1": float(np.mean([mode in modes[:1] for modes, mode in ranked])),
        "mode_top2": float(np.mean([mode in modes[:2] for modes, mode in ranked])),
    }


def _shuffled(profile: Profile, rows: pd.DataFrame, seed: int) -> Diagnosis:
    order = np.random.default_rng(seed).permutation(len(profile.failure_modes))
    modes = tuple(
        mode.model_copy(update={"responses": profile.failure_modes[int(other)].responses})
        for mode, other in zip(profile.failure_modes, np.roll(order, 1)[np.argsort(order)], strict=True)
    )
    return diagnose(profile.model_copy(update={"failure_modes": modes}), rows, "main")
