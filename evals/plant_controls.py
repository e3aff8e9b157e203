"""The agent itself on a plant that lacks what answers rest on: documents, models, models that were taught right."""

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from evals.results import ControlResult, RunRecord
from evals.runner import run_all
from evals.scenario import Scenario
from evals.starting_points import starting_point
from evals.truth_controls import mistaught_models
from evals.worker import Task
from models.jobs import Report
from settings import Settings

NO_DOCUMENTS, NO_MODELS, SHUFFLED_LABELS = "control:no_documents", "control:no_models", "control:shuffled_labels"
FROM_MODELS = {"predict_health", "rank_fleet", "forecast_sensor", "compare_models"}
LEARNT = "learnt"  # the tag of scenarios whose answer is right only where a model was taught by right labels


def run_plant_controls(
    scenarios: Sequence[Scenario], settings: Settings, workers: int = 2, report: Report | None = None,
    progress: Callable[[int, int, str], None] | None = None,
) -> dict[str, ControlResult]:  # fmt: skip
    """What still passes where each thing is taken away, of the scenarios that must fail without it.

    no_documents: those that ask for citations. no_models: those that ask for an answer from a model.
    shuffled_labels: those tagged `learnt`, which a failure or RUL model alone can get right. A control that none rests
    on is left out.
    """
    cache = settings.home.resolve() / "cache"
    asked = {name: [each for each in scenarios if rests(each)] for name, rests in RESTS_ON.items()}
    demo = starting_point([each for some in asked.values() for each in some], cache, settings.seed, report)
    if demo is None:
        return {}
    with tempfile.TemporaryDirectory(prefix="controls-", dir=cache) as folder:
        homes = {NO_DOCUMENTS: demo, NO_MODELS: _without_models(demo, Path(folder))}
        if asked[SHUFFLED_LABELS]:
            homes[SHUFFLED_LABELS] = _mistaught(demo, Path(folder), cache, settings.seed, report)
        mine = settings.model_copy(update={"home": Path(folder)})
        tasks = {
            (kind, n): Task(scenario, homes[name], mine, None, documents=name != NO_DOCUMENTS)
            for kind, name in enumerate(asked)
            for n, scenario in enumerate(asked[name])
        }
        records: dict[tuple[int, int], RunRecord] = {}
        for key, record in run_all(tasks, workers):
            records[key] = record
            if progress:
                progress(len(records), len(tasks), tasks[key].scenario.id)
    return dict(_results(asked, records))


def cites(scenario: Scenario) -> bool:
    return scenario.plant == "demo" and any(turn.expect.cites for turn in scenario.turns)


def from_models(scenario: Scenario) -> bool:
    """Whether some turn must end in an answer that one of these tools gave."""
    return scenario.plant == "demo" and any(
        turn.expect.outcome == ("answer",) and FROM_MODELS & {call.name for call in turn.expect.tools or ()}
        for turn in scenario.turns
    )


def from_labels(scenario: Scenario) -> bool:
    return scenario.plant == "demo" and LEARNT in scenario.tags


RESTS_ON = {NO_DOCUMENTS: cites, NO_MODELS: from_models, SHUFFLED_LABELS: from_labels}


def _without_models(demo: Path, folder: Path) -> Path:
    from models.demo_plant import copy_plant

    home = folder / "no-models"
    copy_plant(demo, home)
    shutil.rmtree(home / "models")
    return home


def _mistaught(demo: Path, folder: Path, cache: Path, seed: int, report: Report | None) -> Path:
    from models.demo_plant import copy_plant

    machines = sorted(each.name for each in (demo / "models").iterdir())
    taught = mistaught_models(cache, demo, machines, seed, report or (lambda done, step: None))
    home = folder / "mistaught"
    copy_plant(demo, home)
    for machine_id in machines:
        for task in (taught / "models" / machine_id).iterdir():
            place = home / "models" / machine_id / task.name
            shutil.rmtree(place, ignore_errors=True)
            copy_plant(task, place)
    return home


def _results(
    asked: dict[str, list[Scenario]], records: dict[tuple[int, int], RunRecord]
) -> Iterator[tuple[str, ControlResult]]:
    for kind, (name, some) in enumerate(asked.items()):
        passed = tuple(scenario.id for n, scenario in enumerate(some) if records[kind, n].passed)
        if some:
            yield name, ControlResult(passed=len(passed), n=len(some), rate=len(passed) / len(some), scenarios=passed)
