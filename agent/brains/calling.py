"""A provider's model behind one way of calling tools: its own, or by a schema that its server holds it to."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, message_chunk_to_message
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from pydantic import PrivateAttr

from agent.brains import by_schema
from agent.brains.faults import BrainFault, known_faults, reason
from agent.brains.text_calls import repaired
from agent.messages import this_turn
from machine_profiles.reading import Catalog
from tools.registry import all_tools

How = Literal["native", "schema"]
ATTEMPTS = 2  # an answer that breaks off or fits no schema is asked for once more
_ENDS = ("finish_reason", "stop_reason", "done_reason")


class ToolCalling(BaseChatModel):
    """`may_change`: once native calls have come back as text, calls go by schema from then on."""

    inner: BaseChatModel
    catalog: Callable[[], Catalog]
    how: How = "native"
    may_change: bool = False
    _now: How = PrivateAttr("native")

    def model_post_init(self, context: Any) -> None:
        super().model_post_init(context)
        self._now = self.how

    @property
    def calls_by(self) -> How:
        return self._now

    @property
    def _llm_type(self) -> str:
        return self.inner._llm_type

    def bind_tools(self, tools: Sequence[Any], **kwargs: Any) -> Runnable[Any, AIMessage]:
        return self.bind(tools=list(tools))

    def _generate(
        self, messages: list[BaseMessage], stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None, **kwargs: Any,
    ) -> ChatResult:  # fmt: skip
        tools, must_call = kwargs.get("tools", ()), kwargs.get("must_call", False)
        fault = BrainFault("its answers fit no form")
        for _ in range(ATTEMPTS):
            try:
                answer = (
                    self._by_schema(messages, must_call) if self._now == "schema" else self._natively(messages, tools)
                )
                return ChatResult(generations=[ChatGeneration(message=answer)])
            except BrainFault as error:
                fault = error
                if not error.once_more:
                    break
        raise fault

    def _natively(self, messages: list[BaseMessage], tools: Sequence[Any]) -> AIMessage:
        said = self._ask(self.inner.bind_tools(tools) if tools else self.inner, messages)
        answer = repaired(said, all_tools())
        if self.may_change and answer.tool_calls and not said.tool_calls and not said.invalid_tool_calls:
            self._now = "schema"
        if isinstance(answer, AIMessageChunk):
            return AIMessage.model_validate(message_chunk_to_message(answer))
        return answer

    def _by_schema(self, messages: list[BaseMessage], must_call: bool) -> AIMessage:
        catalog = self.catalog()
        held = by_schema.constrained(self.inner, by_schema.schema_of(all_tools().values(), catalog, must_call))
        said = self._ask(held, by_schema.as_text(messages, all_tools().values(), catalog))
        answer = by_schema.read(said)
        made = [(c["name"], c["args"]) for m in this_turn(messages) if isinstance(m, AIMessage) for c in m.tool_calls]
        if answer.tool_calls and all((call["name"], call["args"]) in made for call in answer.tool_calls):
            raise BrainFault("it makes the same call again and again")  # until the results no longer fit its context
        return answer

    def _ask(self, model: Runnable[Any, Any], messages: list[BaseMessage]) -> AIMessage:
        try:
            said = _whole(model.stream(messages))
        except known_faults() as error:
            raise BrainFault(reason(error)) from None  # the cause's text may hold the key
        except (ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
            if not _came_from_a_library(error):
                raise
            raise BrainFault("its server's answer does not follow the protocol") from None
        told = said.response_metadata
        if self.inner._llm_type.startswith("openai") and not any(told.get(name) for name in _ENDS):
            raise BrainFault("its answer broke off", once_more=True)
        return said


def _whole(pieces: Iterator[Any]) -> AIMessage:
    """A stream's pieces as one message, which still knows how its calls were written."""
    whole = next(pieces, None)
    for piece in pieces:
        whole += piece
    if not isinstance(whole, AIMessage):
        raise BrainFault("its answer broke off", once_more=True)
    return whole


def _came_from_a_library(error: Exception) -> bool:
    """Whether it was raised while a provider's package read an answer, and not in code of ours."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is not None and "site-packages" in trace.tb_frame.f_code.co_filename
