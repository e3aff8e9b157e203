"""A language model between the offline brain's gates: the calls are its; scope, questions back and figures are ours."""

from typing import Any, Literal

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable

from agent.brains.calling import ToolCalling
from agent.brains.chat_model import OFFLINE
from agent.brains.offline import OfflineBrain
from agent.brains.offline.orders import Reading
from agent.messages import is_from_person, this_turn

Gates = Literal["auto", "on", "off"]
TRIES = 2  # at calls that no tool takes, before the answer says so


class Gated(BaseChatModel):
    """With the gates open (`off`) it is the model alone; `auto` closes them where calls go by schema."""

    inner: ToolCalling
    offline: OfflineBrain
    gates: Gates = "auto"

    @property
    def _llm_type(self) -> str:
        return self.inner._llm_type

    @property
    def closed(self) -> bool:
        return self.gates == "on" or (self.gates == "auto" and self.inner.calls_by == "schema")

    def bind_tools(self, tools: Any, **kwargs: Any) -> Runnable[Any, AIMessage]:
        return self.bind(tools=list(tools))

    def _generate(
        self, messages: list[BaseMessage], stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None, **kwargs: Any,
    ) -> ChatResult:  # fmt: skip
        answer = self._through_gates(messages, kwargs) if self.closed else self._asked(messages, kwargs)
        return ChatResult(generations=[ChatGeneration(message=answer)])

    def _through_gates(self, messages: list[BaseMessage], kwargs: dict[str, Any]) -> AIMessage:
        turn = this_turn(messages)
        if not turn or not is_from_person(turn[0]):
            return self.offline.tell(messages)  # a decision, or a job that ended: its result, in our words
        reading = self.offline.reading(messages)
        if stays_ours(reading) or (reading.orders and _answers_our_question(messages, turn)):
            answer = self.offline.invoke(messages)
            return answer.model_copy(
                update={"additional_kwargs": {**answer.additional_kwargs, "model": self.offline._llm_type}}
            )
        results = [message for message in turn if isinstance(message, ToolMessage)]
        asked = sum(isinstance(message, AIMessage) for message in turn)
        if any(message.status == "success" for message in results) or (results and asked >= TRIES):
            return self.offline.tell(messages)
        return self._asked(messages, {**kwargs, "must_call": bool(reading.orders)})

    def _asked(self, messages: list[BaseMessage], kwargs: dict[str, Any]) -> AIMessage:
        answer = self.inner.bind(**kwargs).invoke(messages)
        if not isinstance(answer, AIMessage):
            raise TypeError(f"a chat model answered with {type(answer).__name__}")
        return answer


def _answers_our_question(messages: list[BaseMessage], turn: list[BaseMessage]) -> bool:
    """Whether the message comes after a question back that the offline brain asked."""
    before = messages[: len(messages) - len(turn)]
    told = before[-1].additional_kwargs if before else {}
    return told.get("outcome") == "clarify" and told.get("model") == OFFLINE


def stays_ours(reading: Reading) -> bool:
    """Whether a message is for the offline brain alone: out of scope or unsafe, a question back, small talk, or a plan
    whose later steps hang on earlier ones. What it does not understand is for the model."""
    if any(remark.intent != "unclear" for remark in reading.remarks):
        return True
    return any(order.missing or order.after for order in reading.orders)
