"""The guard: no figure leaves in an answer without a tool result of this conversation to show for it."""

import json
from collections.abc import Callable
from typing import Any

from langchain.agents.middleware import AgentMiddleware
from langchain.agents.middleware.types import hook_config
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

from agent.grounding import strike, untraced_numbers
from agent.messages import DECISION, GUARD, JOB_ENDED, text_of, this_turn
from tools.plant import Plant


class Guard(AgentMiddleware):
    """An answer with such figures goes back to the brain `repairs` times; then they are struck out."""

    def __init__(self, plant: Plant, repairs: int, earlier: Callable[[str], list[Any]] = lambda thread: []) -> None:
        """`earlier`: everything said or found in a conversation, by its name, as far back as it goes."""
        super().__init__()
        self._plant, self._repairs, self._earlier = plant, repairs, earlier

    @hook_config(can_jump_to=["model"])
    def after_model(self, state: Any, runtime: Any) -> dict[str, Any] | None:
        last = state["messages"][-1]
        if not isinstance(last, AIMessage) or last.tool_calls or not text_of(last):
            return None
        text = text_of(last)
        names = machine_words(self._plant)
        if not untraced_numbers(text, sources_of(this_turn(state["messages"])), names):
            return None  # most answers rest on their own turn, and a long conversation is long to read
        sources = sources_of(state["messages"])
        if not untraced_numbers(text, sources, names):
            return None
        turn = runtime.context
        sources += self._earlier(turn.thread)  # what the brain no longer reads may still bear a figure out
        untraced = untraced_numbers(text, sources, names)
        if not untraced:
            return None
        if turn.repairs < self._repairs:
            turn.repairs += 1
            return {"messages": [HumanMessage(_complaint(untraced), name=GUARD)], "jump_to": "model"}
        kept = {**last.additional_kwargs, "ungrounded": untraced}
        return {"messages": [AIMessage(strike(text, sources, names), id=last.id, additional_kwargs=kept)]}


def sources_of(messages: list[BaseMessage]) -> list[Any]:
    """Everything said or found in the conversation that an answer may take a figure from."""
    sources: list[Any] = []
    for message in messages:
        if isinstance(message, ToolMessage):
            if message.status == "success" and message.artifact:
                sources.append(message.artifact["data"])
            else:
                sources.append(str(message.content))
        elif isinstance(message, AIMessage):
            sources += [call["args"] for call in message.tool_calls]
        elif isinstance(message, HumanMessage) and message.name in (DECISION, JOB_ENDED):
            sources.append(json.loads(text_of(message)))
        elif isinstance(message, HumanMessage) and message.name != GUARD:
            sources.append(text_of(message))
    return sources


def machine_words(plant: Plant) -> list[str]:
    """Machine ids, names and numbers, which any answer may say."""
    words: list[str] = []
    for profile in plant.machines.values():
        words += [profile.id, profile.name, profile.model, f"{profile.kind} {profile.number}", *profile.aliases]
    return words


def _complaint(untraced: list[str]) -> str:
    return (
        f"No tool result of this conversation bears out these figures: {', '.join(untraced)}. "
        "Write the answer again with figures from the results only, or call the tool that gives them."
    )
