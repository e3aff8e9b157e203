"""The prepared plant that scenarios start from: made once, together with its knowledge index."""

import shutil
import time
from collections.abc import Sequence
from pathlib import Path

from evals.scenario import Scenario
from models.jobs import Report
from models.locks import locked
from models.storage import whole_folder
from settings import Settings
from tools.plant import open_plant

KEPT_S = 86_400.0


def starting_point(scenarios: Sequence[Scenario], cache: Path, seed: int, report: Report | None) -> Path | None:
    """The home to copy for scenarios that start from the demo plant; None where none does. Never write into it."""
    if all(scenario.plant == "empty" for scenario in scenarios):
        return None
    from models.demo_plant import cached_demo_plant

    cache.mkdir(parents=True, exist_ok=True)
    return indexed(cached_demo_plant(cache, seed, report or _unheard), cache)


def indexed(prepared: Path, cache: Path) -> Path:
    """A copy of a prepared plant, kept in `cache`, with its passages embedded: 3 s less for each copy of it."""
    from models.demo_plant import copy_plant

    home = cache / f"indexed-{prepared.name}"
    with locked(cache / "indexed.lock", wait_s=600.0):
        if not home.exists():
            for old in cache.glob("indexed-*-seed*"):
                if time.time() - old.stat().st_mtime > KEPT_S:
                    shutil.rmtree(old, ignore_errors=True)
            with whole_folder(home) as folder:
                copy_plant(prepared, folder)
                open_plant(Settings(home=folder)).knowledge.refresh()
    return home


def _unheard(progress: float, step: str) -> None:
    return None
