"""The CI workflow is one that GitHub takes, and the suite it begins with is small and wide."""

import re
import subprocess
import sys
from pathlib import Path

import yaml
from typer.testing import CliRunner

from evals.known_tools import CONTRACT
from evals.scenario import SHIPPED, read_scenarios, selected
from evals.step_summary import step_summary
from tests.evals.test_comparing import result
from ui.cli import app

ROOT = Path(__file__).parents[2]
WORKFLOW = ROOT / ".github" / "workflows" / "evals.yml"


def test_the_workflow_is_one_that_github_takes():
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", str(WORKFLOW)]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_workflow_runs_on_pull_requests_with_options_there_are_and_attaches_the_report():
    stated = yaml.safe_load(WORKFLOW.read_text())
    assert "pull_request" in stated[True]  # YAML 1.1 reads `on` so
    steps = stated["jobs"]["suite"]["steps"]
    said = CliRunner().invoke(app, ["eval", "--help"], env={"COLUMNS": "200", "NO_COLOR": "1"}).output
    options = {o for step in steps for o in re.findall(r"(?<![\w-])--[a-z-]+", step.get("run", ""))}
    assert {"--tag", "--min-pass", "--report"} == options
    assert all(option in said for option in options)
    assert any("upload-artifact" in step.get("uses", "") and step["if"] == "always()" for step in steps)


def test_the_smoke_suite_is_forty_scenarios_and_every_tool():
    smoke = selected(read_scenarios([SHIPPED]), ["smoke"], [])
    assert len(smoke) == 40
    assert {call.name for s in smoke for turn in s.turns for call in turn.expect.tools or ()} >= CONTRACT


def test_the_summary_says_what_failed_and_why():
    said = step_summary([result("A", {"a": True, "b": False})])
    assert "| A | 1 of 2 |" in said
    assert "- **b**: turn 1: outcome: refuse, expected answer" in said
