"""Run scenarios against an agent, each on a fresh copy of its plant, in parallel processes."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context

from evals.controls import COMMONEST, commonest_call, control_brain
from evals.external import load_agent
from evals.results import EvalResult, RunRecord
from evals.run_folder import plan_of, run_folder
from evals.scenario import Scenario
from evals.scoring import sum_up
from evals.starting_points import starting_point
from evals.worker import Task, end_with_parent, run_one
from machine_profiles.errors import MillwrightError
from models.jobs import Report
from settings import Settings

Progress = Callable[[int, int, str], None]  # runs done, of how many, what has just ended
SLOW_TOOLS = {"train_models", "synthesize_data", "export_edge"}


class WorkerDied(MillwrightError):
    def __init__(self) -> None:
        super().__init__(
            "A worker process died, most likely of too little memory. What had ended is kept: run the same command "
            "with --resume, and with fewer --workers."
        )


def run_suite(
    scenarios: Sequence[Scenario],
    settings: Settings,
    repeat: int = 1,
    workers: int = 2,
    report: Report | None = None,
    progress: Progress | None = None,
    agent: str | None = None,
    resume: bool = False,
    price: tuple[float, float] | None = None,
) -> EvalResult:
    """Run every scenario `repeat` times with the brain `settings.model`; results come in the scenarios' order.

    `report` hears how the demo plant is prepared (once; it is kept under `settings.home`), `progress` of each run.
    `agent`: module:function of one that is not ours. `resume`: go on with the last such run.
    Raises NothingToResume, UnknownControl, UnusableAgent.
    """
    control_brain(settings.model, None)  # what cannot be run is found before anything is prepared
    if agent is not None:
        load_agent(agent)
    started = time.monotonic()
    home = settings.home.resolve()
    plan = plan_of(scenarios, settings.model, agent, settings.model_base_url, settings.seed, repeat)
    with run_folder(home, plan, resume) as folder:
        demo = starting_point(scenarios, home / "cache", settings.seed, report)
        call = commonest_call(scenarios) if settings.model == COMMONEST else None
        mine = settings.model_copy(update={"home": folder.plants})
        records = {
            (n, k): kept
            for n in range(len(scenarios))
            for k in range(repeat)
            if (kept := folder.kept(n, k)) is not None
        }
        tasks = {
            (n, k): Task(scenario, demo if scenario.plant == "demo" else None, mine, call, agent)
            for n, scenario in enumerate(scenarios)
            for k in range(repeat)
            if (n, k) not in records
        }
        heard, of = progress or (lambda done, of, ended: None), len(scenarios) * repeat
        for (n, k), record in run_all(tasks, workers):
            folder.keep(n, k, record)
            records[n, k] = record
            heard(len(records), of, scenarios[n].id)
        runs = [[records[n, k] for k in range(repeat)] for n in range(len(scenarios))]
        spent = round(time.monotonic() - started, 2)
        result = sum_up(scenarios, runs, agent or settings.model, settings.seed, spent, price)
        folder.finish(result.model_dump_json(indent=1))
    return result


def run_all(tasks: dict[tuple[int, int], Task], workers: int) -> Iterator[tuple[tuple[int, int], RunRecord]]:
    """Each record as it comes; those that train come first, so that no worker is left alone with one at the end."""
    ordered = sorted(tasks, key=lambda key: (-_slowness(tasks[key].scenario), key))
    if workers == 1:
        for key in ordered:
            yield key, run_one(tasks[key])
        return
    with _pool(min(workers, max(1, len(tasks)))) as pool:
        waiting = {pool.submit(run_one, tasks[key]): key for key in ordered}
        try:
            for done in as_completed(waiting):
                yield waiting[done], done.result()
        except BrokenProcessPool as error:
            raise WorkerDied from error


@contextmanager
def _pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    """Processes that stay warm from one scenario to the next, and end when this one does, however it ends."""
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=end_with_parent) as pool:
        try:
            yield pool
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _slowness(scenario: Scenario) -> int:
    return sum(call.name in SLOW_TOOLS for turn in scenario.turns if turn.approve for call in turn.expect.tools or ())
