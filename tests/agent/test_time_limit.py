"""A tool that hangs is left in time, and the conversation goes on."""

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from agent.service import Copilot
from agent.time_limit import TookTooLong, within
from models.results import Result
from settings import Settings
from tests.agent.scripted import PUMP, call, plant_at, script
from tools.tool import Tool


def talking(home: Path, *lines: object, **limits: float) -> tuple[Copilot, threading.Event]:
    """A copilot whose list_machines hangs until the event is set."""
    freed = threading.Event()

    def hang(tool: Tool, run: Callable[[], Result]) -> Result:
        if tool.name in ("list_machines", "log_maintenance"):
            freed.wait(10)
        return run()

    plant = replace(plant_at(home), around_tools=hang)
    return Copilot(plant, Settings(home=home, user="anna", **limits), script(*lines)), freed


def test_what_ends_in_time_is_given_and_raised_as_it_is():
    assert within(5.0, "read", lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        within(5.0, "read", lambda: 1 / 0)


@pytest.mark.parametrize("limits", [{"tool_limit_s": 0.3}, {"turn_limit_s": 0.4}], ids=["the tool's", "the turn's"])
def test_a_tool_that_hangs_ends_its_turn_within_the_limit_and_the_next_turn_works(tmp_path, limits):
    lines = (call("list_machines"), "I have no list.", call("describe_machine", machine_id=PUMP), "A pump.")
    talk, freed = talking(tmp_path, *lines, **limits)
    turn = talk.say("t", "List the machines")
    assert turn.latency_s < 3
    assert (turn.calls[0].name, turn.calls[0].status) == ("list_machines", "failed")
    assert "No result came within 0." in str(turn.calls[0].error)
    assert turn.receipts == ()
    freed.set()
    if "tool_limit_s" in limits:
        assert [each.status for each in talk.say("t", "And pump 4?").calls] == ["done"]
    else:
        assert turn.outcome == "error"


def test_a_change_that_hangs_is_closed_and_its_effect_called_unknown(tmp_path):
    lines = (call("log_maintenance", machine_id=PUMP, action="cleaning"), "It waits.", "It is not known.")
    talk, freed = talking(tmp_path, *lines, tool_limit_s=0.3)
    talk.say("t", "Log a cleaning")
    turn = talk.say("t", "yes")
    assert turn.calls[0].status == "failed"
    assert "Whether it took effect is not known" in str(turn.calls[0].error)
    assert talk.pending("t") is None
    freed.set()


def test_a_program_s_call_has_the_same_limit(tmp_path):
    talk, freed = talking(tmp_path, tool_limit_s=0.3)
    with pytest.raises(TookTooLong, match=r"within 0\.3 s"):
        talk.call("t", "list_machines", {})
    freed.set()
