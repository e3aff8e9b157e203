"""The page shows what was said, step by step, and a card once."""

from collections.abc import Callable

import pytest

from agent.turns import Event, ToolCall
from ui._chat_page import _markdown, live


def test_a_list_ends_where_the_answer_goes_on():
    assert _markdown("It is sound.\n- RUL 360 h\n- score 0.1\nThis rests on v1.") == (
        "It is sound.\n- RUL 360 h\n- score 0.1\n\nThis rests on v1."
    )


def call(status: str) -> ToolCall:
    return ToolCall.model_validate(
        {"call_id": "c1", "name": "list_machines", "args": {}, "effect": "read", "status": status}
    )


def test_a_step_is_pending_until_its_tool_is_done():
    def turn(on_event: Callable[[Event], None]) -> None:
        on_event(Event(kind="tool_started", call=call("done")))
        on_event(Event(kind="tool_done", call=call("done")))
        on_event(Event(kind="text", text="Twenty machines."))

    shown = list(live(turn))
    assert [messages[0]["metadata"]["status"] for messages in shown] == ["pending", "done", "done"]
    assert shown[-1][-1]["content"] == "Twenty machines."


def test_what_a_turn_raises_reaches_the_page():
    def turn(on_event: Callable[[Event], None]) -> None:
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        list(live(turn))
