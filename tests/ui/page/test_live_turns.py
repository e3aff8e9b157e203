"""A turn that runs is seen by whoever looks, from its start, and its end is always told."""

import threading

from agent.turns import Event, ToolCall
from ui.page.live_turns import LiveTurns


def call(call_id: str) -> ToolCall:
    return ToolCall(call_id=call_id, name="list_machines", args={}, effect="read", status="done")


def test_a_step_runs_until_its_tool_is_done_and_a_late_watcher_sees_it_too():
    turns, go, seen = LiveTurns(), threading.Event(), []

    def run(told):
        told(Event(kind="tool_started", call=call("c1")))
        go.wait(5)
        told(Event(kind="tool_done", call=call("c1")))
        told(Event(kind="text", text="Twenty."))

    live = turns.start("t", "Which?", None, run)
    late = turns.running("t")
    assert late is live
    for state in turns.follow(late):
        seen.append(([running for _, running in state.calls.values()], state.text))
        go.set()
    assert seen[0] == ([True], "")
    assert live.ended
    assert live.text == "Twenty."
    assert turns.running("t") is None


def test_a_second_turn_waits_for_no_one_and_changes_nothing():
    turns, go = LiveTurns(), threading.Event()
    first = turns.start("t", "one", None, lambda told: go.wait(5))
    assert turns.start("t", "two", None, lambda told: 1 / 0) is first
    go.set()
    assert list(turns.follow(first)) in ([], [first])


def test_a_turn_that_breaks_ends_and_says_so():
    turns = LiveTurns()
    live = turns.start("t", "one", None, lambda told: 1 / 0)
    list(turns.follow(live))
    assert "went wrong" in live.failed
