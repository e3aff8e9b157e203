"""Run scenarios against an agent, each on a fresh copy of its plant, in parallel processes."""

import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from evals.controls import COMMONEST, commonest_call, control_brain
from evals.conversation import hold
from evals.results import EvalResult, RunRecord
from evals.scenario import ExpectedCall, Scenario
from evals.scoring import sum_up
from models.jobs import Report
from settings import Settings
from tools.plant import open_plant

Progress = Callable[[int, int, str], None]  # runs done, of how many, what has just ended


@dataclass(frozen=True)
class _Task:
    """One run of one scenario, as a worker process is told of it."""

    scenario: Scenario
    prepared: Path | None  # the plant to copy; None where the scenario starts from an empty one
    settings: Settings
    call: ExpectedCall | None  # of the control that has one


def run_suite(
    scenarios: Sequence[Scenario],
    settings: Settings,
    repeat: int = 1,
    workers: int = 2,
    report: Report | None = None,
    progress: Progress | None = None,
) -> EvalResult:
    """Run every scenario `repeat` times with the brain `settings.model`; results come in the scenarios' order.

    `report` hears how the demo plant is prepared (once; it is kept under `settings.home`), `progress` of each run.
    """
    control_brain(settings.model, None)  # an unknown control is found before anything is prepared
    started = time.monotonic()
    cache = settings.home.resolve() / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    demo = _prepared(scenarios, cache, settings.seed, report)
    call = commonest_call(scenarios) if settings.model == COMMONEST else None
    with tempfile.TemporaryDirectory(prefix="eval-", dir=cache) as folder:
        mine = settings.model_copy(update={"home": Path(folder)})
        tasks = [_Task(s, demo if s.plant == "demo" else None, mine, call) for s in scenarios for _ in range(repeat)]
        records = _run_all(tasks, workers, progress)
    runs = [records[n : n + repeat] for n in range(0, len(records), repeat)]
    return sum_up(scenarios, runs, settings.model, settings.seed, round(time.monotonic() - started, 2))


def _prepared(scenarios: Sequence[Scenario], cache: Path, seed: int, report: Report | None) -> Path | None:
    if all(scenario.plant == "empty" for scenario in scenarios):
        return None
    from models.demo_plant import cached_demo_plant

    return cached_demo_plant(cache, seed, report or _unheard)


def _unheard(progress: float, step: str) -> None:
    return None


def _run_all(tasks: Sequence[_Task], workers: int, progress: Progress | None) -> list[RunRecord]:
    heard = progress or (lambda done, of, ended: None)
    records: dict[int, RunRecord] = {}
    if workers == 1:
        for n, task in enumerate(tasks):
            records[n] = run_one(task)
            heard(len(records), len(tasks), task.scenario.id)
    else:
        with ProcessPoolExecutor(min(workers, len(tasks)), mp_context=get_context("spawn")) as pool:
            waiting = {pool.submit(run_one, task): n for n, task in enumerate(tasks)}
            try:
                for done in as_completed(waiting):
                    records[waiting[done]] = done.result()
                    heard(len(records), len(tasks), tasks[waiting[done]].scenario.id)
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
    return [records[n] for n in range(len(tasks))]


def run_one(task: _Task) -> RunRecord:
    """One conversation on a plant of its own, which goes when it ends."""
    from agent.service import Copilot
    from models.demo_plant import copy_plant

    with tempfile.TemporaryDirectory(dir=task.settings.home, ignore_cleanup_errors=True) as folder:
        home = Path(folder) / "plant"
        if task.prepared is not None:
            copy_plant(task.prepared, home)
        settings = task.settings.model_copy(update={"home": home})
        plant = open_plant(settings)
        copilot = Copilot(plant, settings, control_brain(settings.model, task.call))
        try:
            return hold(copilot, plant, task.scenario)
        finally:
            copilot.close()
            for job in plant.jobs.list():
                plant.jobs.cancel(job.job_id)
