"""Where the language model gives no answer, the offline brain does, and the answer says so and why."""

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from langchain.agents.middleware.types import AgentMiddleware, ModelRequest, ModelResponse
from langchain_core.messages import AIMessage, ToolMessage

from agent.brains.faults import BrainFault, known_faults, reason
from agent.messages import text_of, this_turn

if TYPE_CHECKING:
    from agent.brains.offline import OfflineBrain

log = logging.getLogger(__name__)


class Fallback(AgentMiddleware):
    """`offline` makes the brain that stands in, when first needed. It does so for the rest of the turn."""

    def __init__(self, offline: "Callable[[], OfflineBrain]") -> None:
        super().__init__()
        self._make = offline
        self._made: OfflineBrain | None = None

    def wrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], ModelResponse[Any]]
    ) -> ModelResponse[Any]:
        turn: Any = request.runtime.context
        if not turn.stands_in:
            try:
                return handler(request)
            except BrainFault as error:
                turn.stands_in = error.why
            except known_faults() as error:
                turn.stands_in = reason(error)
            turn.found = any(isinstance(message, ToolMessage) for message in this_turn(request.messages))
            log.warning("The language model could not answer (%s); the offline brain does", turn.stands_in)
        brain = self._made = self._made or self._make()
        if turn.found:  # the model's calls have run: they are told of, and not made a second time
            return ModelResponse(result=[_marked(brain.tell(request.messages), turn.stands_in)])
        response = handler(request.override(model=brain))
        response.result = [_marked(message, turn.stands_in) for message in response.result]
        return response


def _marked(message: Any, why: str) -> Any:
    if not isinstance(message, AIMessage) or message.tool_calls:
        return message
    text = f"{text_of(message)}\n\nThe language model could not answer ({why}), so the offline brain answered."
    return message.model_copy(
        update={"content": text, "additional_kwargs": {**message.additional_kwargs, "model": "offline"}}
    )
