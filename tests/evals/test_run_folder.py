"""A run that was killed goes on where it stopped; one of something else does not."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from evals.external import UnusableAgent
from evals.results import RunRecord
from evals.run_folder import NothingToResume, plan_of, run_folder
from evals.scenario import Scenario, read_scenarios
from settings import Settings
from ui.eval_command import eval_command

AGENT = """
import os
from pathlib import Path

HERE = Path(__file__).parent

def agent(conversation):
    said = conversation.messages[-1]["content"]
    with (HERE / "asked").open("a") as file:
        file.write(said + " ")
    if said == "c" and not (HERE / "spared").exists():
        (HERE / "spared").touch()
        os.kill(os.getpid(), 9)
    return f"You said {said}."
"""


@pytest.fixture
def suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MILLWRIGHT_HOME", str(tmp_path / "home"))
    (tmp_path / "mine.py").write_text(AGENT)
    path = tmp_path / "suite.yaml"
    asks = {each: [{"user": each, "expect": {"contains": [each]}}] for each in "abcd"}
    path.write_text(json.dumps([{"id": each, "plant": "empty", "turns": asks[each]} for each in asks]))
    return path


def test_a_run_killed_half_way_goes_on_with_what_is_left(suite: Path):
    agent = f"{suite.parent / 'mine.py'}:agent"
    command = [sys.executable, "-m", "ui.cli", "eval", str(suite), "--agent", agent, "--workers", "1"]
    killed = subprocess.run(command, env={**os.environ, **Settings().environment()}, capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    result = suite.parent / "result.json"
    assert eval_command([suite], agent=agent, workers=1, resume=True, json_file=result) == 0
    assert (suite.parent / "asked").read_text() == "a b c c d "
    assert [s["passed"] for s in json.loads(result.read_text())["scenarios"]] == [True] * 4
    assert list((suite.parent / "home/evals").glob("*/plants")) == []
    assert eval_command([suite], agent=agent, workers=1, resume=True) == 0  # it is finished: nobody is asked again
    assert (suite.parent / "asked").read_text() == "a b c c d "


def test_records_are_kept_by_scenario_and_run(suite: Path, tmp_path: Path):
    plan = plan_of(read_scenarios([suite]), "offline", None, None, seed=7, repeat=2)
    with run_folder(tmp_path, plan, resume=False) as folder:
        folder.keep(3, 1, RunRecord(passed=True, turns=()))
    with run_folder(tmp_path, plan, resume=True) as folder:
        assert folder.kept(3, 1) == RunRecord(passed=True, turns=())
        assert folder.kept(3, 0) is None


@pytest.mark.parametrize("other", [{"model": "openai:x"}, {"seed": 8}, {"repeat": 3}, {"agent_": "a:b"}], ids=str)
def test_a_run_of_something_else_is_not_gone_on_with(suite: Path, tmp_path: Path, other: dict):
    same = {"model": "offline", "agent_": None, "base_url": None, "seed": 7, "repeat": 2}
    scenarios = read_scenarios([suite])
    with run_folder(tmp_path, plan_of(scenarios, **same), resume=False):
        pass
    with pytest.raises(NothingToResume), run_folder(tmp_path, plan_of(scenarios, **(same | other)), resume=True):
        pass
    changed = [Scenario.model_validate({**scenarios[0].model_dump(), "id": "z"}), *scenarios[1:]]
    with pytest.raises(NothingToResume), run_folder(tmp_path, plan_of(changed, **same), resume=True):
        pass


def test_an_agent_that_is_not_there_is_wrong_usage(suite: Path, capsys: pytest.CaptureFixture[str]):
    assert eval_command([suite], agent="nowhere:agent") == 2
    assert "module:function" in capsys.readouterr().err
    assert issubclass(UnusableAgent, Exception)


def test_tags_and_patterns_choose_scenarios(suite: Path, capsys: pytest.CaptureFixture[str]):
    suite.write_text(json.dumps([{"id": each, "tags": [each], "turns": [{"user": "hi"}]} for each in ("ab", "b")]))
    assert eval_command([suite], tags=["smoke"]) == 2
    assert "Tags there are: ab, b" in capsys.readouterr().err
