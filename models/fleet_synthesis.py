"""Synthetic data for many machines in processes of their own; what was made before with the same wishes is kept."""

import multiprocessing
import signal
import sys
from collections.abc import Generator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from machine_profiles.errors import MillwrightError
from machine_profiles.profile import Profile
from machine_profiles.reading import SHIPPED, load_catalog
from models import synthesis
from models.datasets import Datasets
from models.demo_machine import SISTERS
from models.history import HISTORY, current_history, moment
from models.lives import Lives
from models.plant_simulator import simulate_fleet
from models.results import Result
from models.storage import Storage
from models.synthesis import SYNTHETIC, Method, SynthesisResult
from models.telemetry import Telemetry

SIMULATED = "simulated sister lives"
CLEANUP_S = 10.0


class MachineSynthesis(Result):
    """One machine's outcome: made now, kept from before, or the reason there is none."""

    machine_id: str
    made: SynthesisResult | None = None
    kept: str | None = None  # the data set that was there already, such as synthetic@2
    error: str | None = None


def synthesize_fleet(
    home: Path,
    machines: Sequence[str],
    rows: int,
    method: Method,
    time_limit_s: float,
    seed: int,
    now: datetime | None = None,
    workers: int = 2,
) -> Generator[MachineSynthesis, None, None]:
    """Yield each machine's outcome as it comes.

    A machine of which nothing was recorded is learnt from simulated sister lives, stored as the data set `history`
    with that said. Closing the iterator, or Ctrl-C, stops the work; a data set is there whole or not at all, and the
    next call goes on with what is missing.
    """
    arguments = (home, rows, method, time_limit_s, seed, now)
    if workers <= 1:
        for machine_id in machines:
            yield synthesize_one(machine_id, *arguments)
        return
    # spawn: a forked child would inherit locks that threads of this process may hold
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_obey_only_the_parent)
    try:
        futures = [pool.submit(synthesize_one, machine_id, *arguments) for machine_id in machines]
        for future in as_completed(futures):
            yield future.result()
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        children = multiprocessing.active_children()
        for child in children:
            child.terminate()
        for child in children:
            child.join(CLEANUP_S)
            child.kill()  # one that computes outside Python hears no other signal
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def synthesize_one(
    machine_id: str, home: Path, rows: int, method: Method, time_limit_s: float, seed: int, now: datetime | None
) -> MachineSynthesis:
    """Make a machine's data set, or find the one that the same wishes and the same record have already made."""
    if _leaving:
        raise SystemExit(1)
    storage = Storage(home)
    profile = load_catalog(SHIPPED, storage.profiles)[machine_id]
    datasets, telemetry = Datasets(storage), Telemetry(storage)
    try:
        if not telemetry.has(machine_id) and not datasets.list(machine_id):
            write_simulated_history(datasets, profile, seed)
        source = current_history(datasets, telemetry, profile)
        for card in reversed([card for card in datasets.list(machine_id) if card.name == SYNTHETIC]):
            same = card.made_from == source.reference and card.rows == rows and card.seed == seed
            if same and card.details.get("asked") == method:
                return MachineSynthesis(machine_id=machine_id, kept=card.reference)
        made = synthesis.synthesize(datasets, telemetry, profile, rows, method, time_limit_s, seed, now)
    except MillwrightError as error:
        return MachineSynthesis(machine_id=machine_id, error=str(error))
    return MachineSynthesis(machine_id=machine_id, made=made)


def write_simulated_history(datasets: Datasets, profile: Profile, seed: int) -> None:
    """Sister lives by the plant simulator as the machine's data set `history`; its card says that they are simulated.

    Raises MillwrightError where the profile states no failure modes.
    """
    lives = simulated_lives(profile, SISTERS, seed)
    datasets.write(
        {
            "machine_id": profile.id,
            "name": HISTORY,
            "content": "lives",
            "origin": "synthetic",
            "method": SIMULATED,
            "seed": seed,
            "created_at": moment(datasets, profile.id, lives),
        },
        lives.rows,
        lives.ends,
    )


def simulated_lives(profile: Profile, count: int, seed: int) -> Lives:
    """Sister lives as the telemetry would keep them: no life ends before its last row, whose hour is rounded."""
    lives = simulate_fleet(profile, count, seed)[0]
    last = lives.rows.groupby("life")["hours"].max().reindex(lives.ends["life"]).to_numpy()
    ends = lives.ends.assign(end_hours=np.maximum(lives.ends["end_hours"].to_numpy(float), last))
    return Lives(lives.rows, ends, lives.sensors)


_leaving = False


def _obey_only_the_parent() -> None:
    """Ctrl-C reaches the parent, which ends its workers; a worker leaves by way of every `finally` and `with`."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _leave)


def _leave(sign: int, frame: Any) -> None:
    global _leaving
    _leaving = True
    sys.exit(128 + sign)
