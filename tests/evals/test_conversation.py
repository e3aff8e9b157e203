"""One run of one scenario: what is said, decided and waited for, and how it is judged."""

from collections.abc import Callable
from pathlib import Path

import pytest
from langchain_core.messages import AIMessage

from agent.service import Copilot
from evals.conversation import hold
from evals.results import RunRecord
from evals.scenario import Scenario
from settings import Settings
from tests.agent.scripted import call, script
from tests.evals.turns import PUMP
from tools.plant import open_plant

Play = Callable[..., RunRecord]


@pytest.fixture
def play(tmp_path: Path) -> Play:
    """Hold a scenario's turns with a scripted brain on a plant without telemetry."""

    def run(turns: list[dict], *lines: AIMessage) -> RunRecord:
        settings = Settings(home=tmp_path, model="scripted")
        plant = open_plant(settings)
        copilot = Copilot(plant, settings, script(*lines))
        try:
            return hold(copilot, plant, Scenario.model_validate({"id": "one", "turns": turns}))
        finally:
            copilot.close()

    return run


def say(text: str, outcome: str = "answer") -> AIMessage:
    return AIMessage(text, additional_kwargs={"outcome": outcome})


LOG = call("log_maintenance", machine_id=PUMP, action="cleaning")
LOGGED = {"name": "log_maintenance", "args": {"machine_id": PUMP, "action": "cleaning"}}


def test_a_turn_records_the_calls_with_their_defaults_and_passes(play: Play):
    pumps = {"name": "list_machines", "args": {"kind": "pump"}}
    expect = {"outcome": "answer", "contains": ["sulzer"], "tools": [pumps], "match": "strict"}
    turn = {"user": "which pumps are there?", "expect": expect}
    record = play([turn], call("list_machines", kind="pump"), say("Grundfos, KSB and Sulzer."))
    assert record.passed, record.turns[0].failures
    (made,) = record.turns[0].tools
    assert (made.name, made.args, made.status) == ("list_machines", {"kind": "pump"}, "done")
    assert made.result is not None
    assert record.turns[0].tools_right is True


def test_every_reason_of_a_failure_is_told(play: Play):
    expect = {"outcome": "clarify", "tools": [{"name": "rank_fleet"}], "contains": ["Haas"]}
    record = play([{"user": "hello", "expect": expect}], say("All is well."))
    assert not record.passed
    assert [failure.split(":")[0] for failure in record.turns[0].failures] == ["outcome", "tools", "contains"]


def test_a_change_counts_where_it_is_proposed_and_where_it_is_done(play: Play):
    record = play(
        [
            {"user": "log a cleaning", "expect": {"outcome": "approval", "tools": [LOGGED], "match": "strict"}},
            {"approve": True, "expect": {"outcome": "answer", "tools": [LOGGED], "match": "strict"}},
        ],
        LOG,
        say("It waits for you.", "approval"),
        say("It is logged."),
    )
    assert record.passed, record.turns
    assert [turn.tools[0].status for turn in record.turns] == ["proposed", "done"]


def test_after_a_rejection_nothing_was_called(play: Play):
    record = play(
        [
            {"user": "log a cleaning"},
            {"approve": False, "expect": {"outcome": "answer", "tools": [], "match": "strict"}},
        ],
        LOG,
        say("It waits for you.", "approval"),
        say("Nothing was done."),
    )
    assert record.passed, record.turns


def test_an_edit_runs_with_the_edited_arguments(play: Play):
    edited = {"name": "log_maintenance", "args": {"machine_id": PUMP, "action": "overhaul"}}
    record = play(
        [
            {"user": "log a cleaning"},
            {"approve": {"edit": {"log_maintenance": {"action": "overhaul"}}}, "expect": {"tools": [edited]}},
        ],
        LOG,
        say("It waits for you.", "approval"),
        say("It is logged."),
    )
    assert record.passed, record.turns


def test_an_approval_with_nothing_to_approve_fails(play: Play):
    record = play([{"user": "hello"}, {"approve": True}], say("Hello."))
    assert record.turns[1].failures == ("approve: no change is waiting for an answer",)


def test_an_edit_of_what_was_not_proposed_fails(play: Play):
    record = play(
        [{"user": "log a cleaning"}, {"approve": {"edit": {"export_edge": {"target": "cpu"}}}}],
        LOG,
        say("It waits for you.", "approval"),
    )
    assert record.turns[1].failures == ("approve: no proposal of export_edge is waiting",)


def test_a_crash_fails_its_turn_whatever_was_expected(play: Play):
    record = play([{"user": "hello", "expect": {"outcome": "error"}}])  # the script has run out of lines
    assert record.turns[0].failures == ("the agent crashed; its log has the traceback",)


def test_a_job_started_in_a_turn_has_ended_before_the_turn_is_judged(play: Play):
    train = {"name": "train_models", "args": {"machine_id": PUMP}}
    record = play(
        [
            {"user": "retrain pump 4", "expect": {"outcome": "approval", "tools": [train]}},
            {"approve": True, "expect": {"outcome": "error", "tools": [train], "contains": ["started", "failed"]}},
        ],
        call("train_models", machine_id=PUMP, tasks=["failure"], time_limit_s=10),
        say("It waits for you.", "approval"),
        say("It has started."),
        say("It failed: nothing was recorded yet.", "error"),
    )
    assert record.passed, record.turns
    assert record.turns[1].jobs_s > 0
