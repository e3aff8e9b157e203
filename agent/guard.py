"""The guard: no figure, name or claim of done leaves in an answer with nothing in the conversation to show for it."""

import json
from collections.abc import Callable
from typing import Any

from langchain.agents.middleware.types import AgentMiddleware, hook_config
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

from agent.claims import done_by, unproved_claims, withhold
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
        before = state["messages"][:-1]
        if _unproved(text, this_turn(before), names) == ([], []):
            return None  # most answers rest on their own turn, and a long conversation is long to read
        untraced, claims = _unproved(text, before, names)
        if not untraced and not claims:
            return None
        turn = runtime.context
        sources = sources_of(before)
        if untraced:
            sources += self._earlier(turn.thread)  # what the brain no longer reads may still bear a figure out
            untraced = untraced_numbers(text, sources, names)
        if not untraced and not claims:
            return None
        if turn.repairs < self._repairs:
            turn.repairs += 1
            return {"messages": [HumanMessage(_complaint(untraced, claims), name=GUARD)], "jump_to": "model"}
        kept = {**last.additional_kwargs, "ungrounded": [*untraced, *claims]}
        text = strike(withhold(text, done_by(before)), sources, names)
        return {"messages": [AIMessage(text, id=last.id, additional_kwargs=kept)]}


def _unproved(text: str, messages: list[BaseMessage], names: list[str]) -> tuple[list[str], list[str]]:
    """Figures and names that no source bears out, and claims that nothing was done for."""
    claims = [text[start:end] for start, end in unproved_claims(text, done_by(messages))]
    return untraced_numbers(text, sources_of(messages), names), claims


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


def _complaint(untraced: list[str], claims: list[str]) -> str:
    said = []
    if untraced:
        said.append(f"No tool result of this conversation bears out: {', '.join(untraced)}.")
    if claims:
        said.append(f"Nothing in this conversation shows that this was done: {'; '.join(claims)}.")
    return " ".join(
        [*said, "Write the answer again from the results only, or call the tool that gives what is missing."]
    )
