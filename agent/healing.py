"""A conversation made whole again: calls that a crash left unanswered, malformed calls, ids used twice."""

import uuid
from collections.abc import Callable
from typing import Any

from langchain.agents.middleware.types import AgentMiddleware, ModelRequest, ModelResponse, hook_config
from langchain_core.messages import AIMessage, BaseMessage, RemoveMessage, ToolMessage
from langgraph.graph.message import REMOVE_ALL_MESSAGES

from agent.messages import unanswered

INTERRUPTED = "This call was interrupted before it gave a result; what came of it is not known."


class Healing(AgentMiddleware):
    """Providers refuse a conversation in which a tool call has no answer, so each gets one before the turn begins."""

    @hook_config(can_jump_to=["tools", "end"])
    def before_agent(self, state: Any, runtime: Any) -> dict[str, Any] | None:
        messages = state["messages"]
        last = messages[-1]
        ours = isinstance(last, AIMessage)  # put there by the service: approved calls to run, or a finished answer
        update: dict[str, Any] = {}
        healed = [*heal(messages[:-1]), last] if ours else heal(messages)
        if len(healed) > len(messages):
            update["messages"] = [RemoveMessage(id=REMOVE_ALL_MESSAGES), *healed]
        if ours:
            update["jump_to"] = "tools" if last.tool_calls else "end"
        return update or None

    def wrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], ModelResponse[Any]]
    ) -> ModelResponse[Any]:
        """Some servers count their calls from zero in every message; an id must be unique in a conversation."""
        request.runtime.context.stop_if_cancelled()
        response = handler(request)
        earlier = [message for message in request.messages if isinstance(message, AIMessage)]
        used = {call["id"] for message in earlier for call in message.tool_calls}
        for message in response.result:
            for call in getattr(message, "tool_calls", ()):
                if not call["id"] or call["id"] in used:
                    call["id"] = f"call_{uuid.uuid4().hex[:12]}"
                used.add(call["id"])
        return response

    @hook_config(can_jump_to=["model"])
    def after_model(self, state: Any, runtime: Any) -> dict[str, Any] | None:
        """Malformed calls alone would end the turn with an empty answer; the brain is asked again instead."""
        last = state["messages"][-1]
        if isinstance(last, AIMessage) and last.invalid_tool_calls and not last.tool_calls:
            return {"jump_to": "model"}
        return None


def heal(messages: list[BaseMessage]) -> list[BaseMessage]:
    """The messages, each unanswered tool call followed by a tool message that says so."""
    missing = set(unanswered(messages))
    healed: list[BaseMessage] = []
    for message in messages:
        healed.append(message)
        if isinstance(message, AIMessage):
            healed += [
                ToolMessage(INTERRUPTED, tool_call_id=call["id"], name=call["name"], status="error")
                for call in message.tool_calls
                if call["id"] in missing
            ]
    return healed
