"""The offline brain as a chat model of LangChain: it reads the messages and answers with calls or with text."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolCall, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from pydantic import ConfigDict

from agent.brains.offline import replies
from agent.brains.offline.dialogue import Conversation
from agent.brains.offline.orders import Reading
from agent.brains.offline.plan import Step, call_id, completed, next_calls, place_of, steps
from agent.brains.offline.reading import Reader
from agent.messages import GUARD, JOB_ENDED, is_from_person, text_of
from knowledge_base.embedding import MiniLM
from machine_profiles.reading import Catalog
from tools.registry import all_tools


class OfflineBrain(BaseChatModel):
    """Deterministic and without state: the plan is made anew from the messages at each call.

    `catalog` and `now` are asked at each call, so that a machine added a moment ago is known.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True, ignored_types=(cached_property,))

    catalog: Callable[[], Catalog]
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    @property
    def _llm_type(self) -> str:
        return "offline"

    def bind_tools(self, tools: Sequence[Any], **kwargs: Any) -> Runnable[Any, AIMessage]:
        """It knows the tools from their registry."""
        return self

    def warm_up(self) -> None:
        """Load weights and names, so that the first turn is as quick as any other."""
        self._reader.read("How is everything?", Conversation([HumanMessage("")], self._reader, self.now()).context(0))

    def reading(self, messages: Sequence[BaseMessage]) -> Reading:
        """What the person's last message asks for, as this brain understands it."""
        talk = Conversation(messages, self._reader, self.now())
        return talk.reading(len(talk.exchanges) - 1) if talk.exchanges else Reading()

    def tell(self, messages: Sequence[BaseMessage]) -> AIMessage:
        """What the results of the last turn say, whichever brain made the calls."""
        return _Turn(list(messages), self._reader, self.now()).told()

    def _generate(
        self, messages: list[BaseMessage], stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None, **kwargs: Any,
    ) -> ChatResult:  # fmt: skip
        answer = _Turn(messages, self._reader, self.now()).answer()
        return ChatResult(generations=[ChatGeneration(message=answer)])

    @property
    def _reader(self) -> Reader:
        catalog = self.catalog()
        names = tuple(catalog)
        if names not in self._readers:
            self._readers.clear()
            self._readers[names] = Reader(catalog, self._language)
        return self._readers[names]

    @cached_property
    def _readers(self) -> dict[tuple[str, ...], Reader]:
        return {}

    @cached_property
    def _language(self) -> MiniLM:
        return MiniLM()


@dataclass
class _Turn:
    """One look at the messages: whose turn it is, and what to say or do."""

    messages: list[BaseMessage]
    reader: Reader
    now: datetime

    def __post_init__(self) -> None:
        self.talk = Conversation(self.messages, self.reader, self.now)
        self.began = max(
            (i for i, m in enumerate(self.messages) if isinstance(m, HumanMessage) and m.name != GUARD), default=-1
        )
        while self._is_job_end(self.began) and self._is_job_end(self.began - 1):
            self.began -= 1

    def answer(self) -> AIMessage:
        if not self.talk.exchanges:
            return _say(replies.HELP, "answer", replies.HELP_SUGGESTIONS)
        if isinstance(self.messages[-1], HumanMessage) and self.messages[-1].name == GUARD:
            return next(
                AIMessage(m.text, additional_kwargs=m.additional_kwargs)
                for m in reversed(self.messages)
                if isinstance(m, AIMessage) and not m.tool_calls
            )
        trigger = self.messages[self.began]
        if is_from_person(trigger):
            return self._go_on([len(self.talk.exchanges) - 1])
        return self._go_on(self._origins())

    def told(self) -> AIMessage:
        from agent.brains.offline.answering import told

        since = self.messages[max(self.began, 0) :]
        asked = self.talk.reading(len(self.talk.exchanges) - 1) if self.talk.exchanges else Reading()
        return told(since, asked if is_from_person(since[0]) else Reading(), self.reader)

    def _go_on(self, origins: list[int]) -> AIMessage:
        """Make the next calls of these exchanges; where there are none, answer."""
        plans = {origin: self._steps(origin) for origin in origins}
        for origin, found in plans.items():
            ready = next_calls(found)
            if ready:
                return self._call(origin, found, ready)
        return self._final(plans)

    def _steps(self, origin: int) -> list[Step]:
        return steps(self.talk.reading(origin).orders, origin, self.messages)

    def _call(self, origin: int, found: list[Step], ready: list[int]) -> AIMessage:
        calls: list[ToolCall] = []
        for place in ready:
            order = completed(found[place].order, found)
            args = (
                all_tools()[order.tool].arguments.model_validate(order.args).model_dump(mode="json", exclude_none=True)
            )
            calls.append(ToolCall(name=order.tool, args=args, id=call_id(len(self.messages), origin, place)))
        reading = self.talk.reading(origin)
        joins = [call["id"] for call in calls] if not reading.corrects else []
        told = {"joins": self._joining(calls, joins), "withdraws": list(reading.withdraws)}
        return AIMessage("", tool_calls=calls, additional_kwargs=told)

    def _joining(self, calls: list[ToolCall], joins: list[str | None]) -> list[str | None]:
        """A change said afresh replaces only what waits for the same machine and model."""
        waiting = [
            (data["tool"], data["args"].get("machine_id"), data["args"].get("task"))
            for data in self.talk.waiting().values()
        ]
        return [
            c["id"]
            for c in calls
            if c["id"] in joins and (c["name"], c["args"].get("machine_id"), c["args"].get("task")) not in waiting
        ]

    def _origins(self) -> list[int]:
        """The exchanges that the decision or the ended jobs belong to."""
        approved = [
            c["id"]
            for m in self.messages[self.began :]
            if isinstance(m, AIMessage) and m.additional_kwargs.get("approved")
            for c in m.tool_calls
        ]
        ended = {
            json.loads(text_of(m))["job_id"]
            for m in self.messages[self.began :]
            if isinstance(m, HumanMessage) and m.name == JOB_ENDED
        }
        started = [
            m.tool_call_id for m in self.messages
            if isinstance(m, ToolMessage) and isinstance(m.artifact, dict) and m.artifact["data"].get("job_id") in ended
        ]  # fmt: skip
        found = [place for id_ in [*approved, *started] if (place := place_of(str(id_)))]
        return sorted({origin for origin, _ in found if origin < len(self.talk.exchanges)})

    def _is_job_end(self, place: int) -> bool:
        return place >= 0 and isinstance(self.messages[place], HumanMessage) and self.messages[place].name == JOB_ENDED

    def _final(self, plans: dict[int, list[Step]]) -> AIMessage:
        from agent.brains.offline.answering import final

        return final(
            self.messages[self.began :], plans, {origin: self.talk.reading(origin) for origin in plans}, self.reader
        )


def _say(text: str, outcome: str, suggestions: Sequence[str] = ()) -> AIMessage:
    return AIMessage(text, additional_kwargs={"outcome": outcome, "suggestions": list(suggestions)})
