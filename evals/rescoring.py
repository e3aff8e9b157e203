"""Judge a stored run anew, with the scenarios and the rules of today; nothing is run."""

import re
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from evals.judging import judged
from evals.results import EvalResult
from evals.scenario import Scenario
from evals.scoring import sum_up
from machine_profiles.errors import MillwrightError
from machine_profiles.reading import SHIPPED, load_catalog


class NoResult(MillwrightError):
    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path} is no result of `millwright eval`: {why}. Give a file that --json or --report wrote.")


class OtherScenarios(MillwrightError):
    """The stored run is of other scenarios than those it should be judged by."""


def read_result(path: Path) -> EvalResult:
    """A stored result. Raises NoResult."""
    try:
        return EvalResult.model_validate_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise NoResult(path, error.strerror or str(error)) from error
    except ValidationError as error:
        raise NoResult(path, f"{error.error_count()} faults, the first at {error.errors()[0]['loc']}") from error


def rescored(stored: EvalResult, scenarios: Sequence[Scenario], price: tuple[float, float] | None = None) -> EvalResult:
    """The run as the scenarios judge it now. Raises OtherScenarios where one was not run, or other words were said."""
    machines = dict(load_catalog(SHIPPED))
    kept = {each.id: each for each in stored.scenarios}
    runs = []
    for scenario in scenarios:
        if scenario.id not in kept:
            raise OtherScenarios(f"scenario {scenario.id!r} was not run in the stored result; run it first.")
        for run in kept[scenario.id].runs:
            if [_bare(turn.said) for turn in scenario.turns] != [_bare(turn.said) for turn in run.turns]:
                raise OtherScenarios(f"scenario {scenario.id!r} now says other things than were said; run it again.")
        runs.append([judged(scenario, run, machines) for run in kept[scenario.id].runs])
    return sum_up(scenarios, runs, stored.model, stored.seed, stored.seconds, price)


def _bare(said: str) -> str:
    """With files by their names: the suite may have lain elsewhere when it was run."""
    return re.sub(r"[^\s'\"]*/", "", said)
