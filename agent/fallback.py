"""Where the brain cannot be reached, the offline brain answers, and the answer says so."""

import logging
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import httpx
from langchain.agents.middleware import AgentMiddleware
from langchain.agents.middleware.types import ModelRequest, ModelResponse
from langchain_core.messages import AIMessage

from agent.messages import text_of

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

log = logging.getLogger(__name__)


class Fallback(AgentMiddleware):
    """`offline` makes the brain that stands in; it is made when first needed."""

    def __init__(self, offline: "Callable[[], BaseChatModel]") -> None:
        super().__init__()
        self._make = offline
        self._made: BaseChatModel | None = None

    def wrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], ModelResponse[Any]]
    ) -> ModelResponse[Any]:
        try:
            return handler(request)
        except unreachable() as error:
            log.warning("The brain cannot be reached (%s); the offline brain answers", type(error).__name__)
        brain = self._made = self._made or self._make()
        response = handler(request.override(model=brain))
        response.result = [_marked(message) for message in response.result]
        return response


def unreachable() -> tuple[type[Exception], ...]:
    """What a dead, slow or overloaded server raises; a library that is not loaded has raised nothing."""
    known: list[type[Exception]] = [httpx.TransportError, ConnectionError, TimeoutError]
    if openai := sys.modules.get("openai"):
        known += [openai.APIConnectionError, openai.RateLimitError, openai.InternalServerError]
    return tuple(known)


def _marked(message: Any) -> Any:
    if not isinstance(message, AIMessage) or message.tool_calls:
        return message
    text = f"{text_of(message)}\n\nThe language model could not be reached, so the offline brain answered."
    return message.model_copy(
        update={"content": text, "additional_kwargs": {**message.additional_kwargs, "model": "offline"}}
    )
