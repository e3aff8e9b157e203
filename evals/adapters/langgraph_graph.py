"""Any LangGraph graph over messages: `make` builds yours, here LangChain's plain agent with our tools and any model."""

from collections.abc import Callable, Sequence
from typing import Any

from langchain.agents import create_agent
from langchain_core.messages import BaseMessage

from evals.external import Conversation
from settings import Settings


def langgraph_agent(make: Callable[[Conversation], Any]) -> Callable[[Conversation], Sequence[BaseMessage]]:
    def reply(conversation: Conversation) -> Sequence[BaseMessage]:
        messages = make(conversation).invoke({"messages": conversation.messages})["messages"]
        return messages[len(conversation.messages) :]  # what this turn added: the calls, their results, the answer

    return reply


def _plain(conversation: Conversation) -> Any:
    return create_agent(Settings().model, conversation.tools)


plain = langgraph_agent(_plain)
