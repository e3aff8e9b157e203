"""The conversation so far: exchanges, what is in focus, and how a message leans on those before it."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

from agent.answers.asked import Asked
from agent.answers.comparing import worst_of
from agent.answers.glossary import explain_term
from agent.assembling import calls_of
from agent.brains.offline.asides import Past, aside
from agent.brains.offline.card_words import chosen
from agent.brains.offline.followups import COMPARE, MOST, followup
from agent.brains.offline.fragments import Fragment, applied, fragment, with_dependants
from agent.brains.offline.orders import Order, Reading, Remark
from agent.brains.offline.plan import place_of
from agent.brains.offline.reading import Reader
from agent.brains.offline.referring import Context
from agent.messages import APPROVED, DECISION, PROPOSAL, is_from_person, number_of, text_of
from tools.registry import all_tools


@dataclass(frozen=True)
class Exchange:
    """A person's message and everything up to the next one."""

    message: str
    image: str | None
    messages: tuple[BaseMessage, ...]
    start: int = 0  # of its message, in the conversation

    @property
    def calls(self) -> list[dict[str, Any]]:
        return [
            dict(call) for message in self.messages if isinstance(message, AIMessage) for call in message.tool_calls
        ]

    @property
    def outcome(self) -> str | None:
        told = [
            m.additional_kwargs.get("outcome") for m in self.messages if isinstance(m, AIMessage) and not m.tool_calls
        ]
        return told[0] if told else None

    def data(self, kind: str) -> list[dict[str, Any]]:
        """What tools returned of this kind, latest last."""
        artifacts = [m.artifact for m in self.messages if isinstance(m, ToolMessage) and m.status == "success"]
        return [a["data"] for a in artifacts if isinstance(a, dict) and a["kind"] == kind]


class Conversation:
    """A message list, read. Nothing is remembered from one call to the next; readings are kept within one."""

    def __init__(self, messages: Sequence[BaseMessage], reader: Reader, now: datetime) -> None:
        self.messages, self.exchanges = list(messages), _exchanges(messages)
        self._reader, self._now = reader, now
        self._readings: dict[int, Reading] = {}

    def reading(self, place: int) -> Reading:
        """What the exchange asks for, in the light of those before it."""
        if place not in self._readings:
            left_out = not self.exchanges[place].message and not self.exchanges[place].messages
            self._readings[place] = Reading() if left_out else self._read(place)
        return self._readings[place]

    def context(self, place: int) -> Context:
        focus, listed = self._focus(place)
        return Context(
            focus=focus, listed=listed, tasks=self._tasks(place), job=self._job(place), now=self._now,
            image=self.exchanges[place].image, recent=self._recent(place), offered=self._offered(place),
        )  # fmt: skip

    def waiting(self, place: int | None = None) -> dict[str, dict[str, Any]]:
        """Proposals that no person has answered, by call id, oldest first; those at an exchange's beginning."""
        waiting: dict[str, dict[str, Any]] = {}
        for message in self.messages[: None if place is None else self.exchanges[place].start]:
            if (
                isinstance(message, ToolMessage)
                and isinstance(message.artifact, dict)
                and message.artifact["kind"] == PROPOSAL
            ):
                for replaced in message.artifact["data"].get("replaces", ()) or ():
                    waiting.pop(str(replaced), None)
                waiting[message.tool_call_id] = message.artifact["data"]
            if isinstance(message, HumanMessage) and message.name == DECISION:
                for taken in json.loads(text_of(message))["decisions"]:
                    waiting.pop(taken["call_id"], None)
        return waiting

    def origin(self, call_id: str) -> int | None:
        """The exchange that proposed a call."""
        proposed = call_id.removesuffix(APPROVED)
        for place, exchange in enumerate(self.exchanges):
            if any(call["id"] == proposed for call in exchange.calls):
                return place
        return None

    def _read(self, place: int) -> Reading:
        exchange, context = self.exchanges[place], self.context(place)
        if not place and (term := explain_term(exchange.message)):
            return Reading(remarks=(Remark("aside", "", answer=term),))
        if place and not exchange.image:
            if (kept := self._kept(place)) is not None:
                return kept
            if (about := aside(exchange.message, self._past(place), Asked(catalog=self._reader.catalog))) is not None:
                return about
            if (
                asked := followup(exchange.message, context, self._last_order(place), self._troubled(place))
            ) is not None:
                return asked
            message = self._described(place) or exchange.message
            found = fragment(self._reader, message, context)
            if found is not None:
                for base in self._bases(place, found):
                    reading = applied(self._reader, found, self.reading(base), self._asked_back(base, place), context)
                    if reading is not None:
                        return reading
        return self._reader.read(exchange.message, context)

    def _last_order(self, place: int) -> Order | None:
        for before in range(place - 1, max(-1, place - 4), -1):
            if orders := self.reading(before).orders:
                return orders[-1]
        return None

    def _troubled(self, place: int) -> bool:
        """Whether the machine last judged showed trouble; what was never judged may."""
        for exchange in reversed(self.exchanges[:place]):
            for kind in ("HealthPrediction", "Explanation"):
                if found := exchange.data(kind):
                    return found[-1].get("state") not in ("sound", "watch")
        return True

    def _recent(self, place: int) -> tuple[str, ...]:
        """Machines of the last exchanges that were about machines, in the order in which they came up."""
        found: list[str] = []
        for exchange in self.exchanges[max(0, place - 3) : place]:
            called = [call["args"].get("machine_id") for call in exchange.calls]
            found += [id_ for id_ in called if id_ in self._reader.catalog and id_ not in found]
        return tuple(found)

    def _offered(self, place: int) -> tuple[str, ...]:
        """What the last question back offered, while it is not forgotten."""
        for before in range(place - 1, max(-1, place - 4), -1):
            for order in self.reading(before).missing:
                if order.missing and order.missing.slot == "machine" and len(order.missing.choices) <= MOST:
                    return order.missing.choices
        return ()

    def _past(self, place: int) -> Past:
        before = self.messages[: self.exchanges[place].start]
        rejected = [
            taken
            for message in before
            if isinstance(message, HumanMessage) and message.name == DECISION
            for taken in json.loads(text_of(message))["decisions"]
            if taken["verdict"] == "reject"
        ]
        return Past(calls_of(before), list(self.waiting(place).values()), rejected, self._job(place))

    def _kept(self, place: int) -> Reading | None:
        """What the card is to hold from now on, where the message keeps only some of it."""
        waiting = self.waiting(place)
        changes = [{"call_id": id_, **data} for id_, data in waiting.items()]
        choice = chosen(self.exchanges[place].message, changes, self._reader.machines) if changes else None
        if choice is None or choice.decided:
            return None
        orders: list[Order] = []
        for origin in dict.fromkeys(found[0] for id_ in choice.kept if (found := place_of(id_))):
            before = self.reading(origin).orders
            changed = {at[1]: [before[at[1]]] for id_ in choice.kept if (at := place_of(id_)) and at[0] == origin}
            shift = len(orders)
            orders += [
                replace(order, after=tuple(i + shift for i in order.after))
                for order in with_dependants(before, changed)
            ]
        return Reading(tuple(orders), corrects=True, withdraws=tuple(waiting)) if orders else None

    def _described(self, place: int) -> str | None:
        """The name of the one machine asked about that the reply describes: "the axial one"."""
        if not self._asked_back(place - 1, place):
            return None
        words = set(re.findall(r"[a-z]{4,}", self.exchanges[place].message.lower()))
        asked = [order.missing for order in self.reading(place - 1).missing if order.missing]
        if not words or len(self.exchanges[place].message.split()) > 5 or not asked or asked[0].slot != "machine":
            return None
        fitting = [
            id_
            for id_ in asked[0].choices
            if (profile := self._reader.catalog[id_])
            and words & set(re.findall(r"[a-z]{4,}", f"{profile.description} {' '.join(profile.aliases)}".lower()))
        ]
        return self._reader.catalog[fitting[0]].name if len(fitting) == 1 else None

    def _asked_back(self, base: int, place: int) -> bool:
        return base == place - 1 and self.exchanges[base].outcome == "clarify"

    def _bases(self, place: int, found: Fragment) -> list[int]:
        """Exchanges that a fragment may lean on, likeliest first."""
        with_orders = [i for i in range(place - 1, max(-1, place - 6), -1) if self.reading(i).orders]
        if not with_orders or with_orders[0] < place - 3:
            return []
        if found.amends:
            proposing = [i for i in with_orders if any(_is_change(order) for order in self.reading(i).orders)]
            return [*proposing[:1], with_orders[0]]
        return with_orders[:1]

    def _focus(self, place: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Machines last spoken of, and those last listed where a list came after."""
        focus: tuple[str, ...] = ()
        for age, exchange in enumerate(reversed(self.exchanges[:place])):
            ranked = _machines_in(exchange, "FleetRanking")
            listed = ranked or _machines_in(exchange, "MachineList")
            if not focus:
                called = [call["args"].get("machine_id") for call in exchange.calls]
                spoken = [
                    id_
                    for m in self._reader.machines.mentions(self._reader.mend(exchange.message))
                    for id_ in m.resolved
                ]
                named = [id_ for id_ in called if id_ in self._reader.catalog] or list(ranked[:1]) or spoken
                focus = tuple(dict.fromkeys(named))
                if len(focus) > 1 and COMPARE.search(exchange.message):
                    focus = (worst_of(exchange.data("HealthPrediction")) or focus[0],)
            if listed or age > 4:
                return focus or ranked[:1], listed
        return focus, ()

    def _tasks(self, place: int) -> tuple[str, ...]:
        for exchange in reversed(self.exchanges[max(0, place - 3) : place]):
            found = [
                task
                for call in exchange.calls
                for task in ([call["args"]["task"]] if "task" in call["args"] else call["args"].get("tasks", ()))
            ]
            if found:
                return tuple(dict.fromkeys(found))
        return ()

    def _job(self, place: int) -> str | None:
        for exchange in reversed(self.exchanges[:place]):
            for message in reversed(exchange.messages):
                if isinstance(message, ToolMessage) and isinstance(message.artifact, dict):
                    job = message.artifact["data"].get("job_id")
                    if job:
                        return str(job)
        return None


def _is_change(order: Order) -> bool:
    tool = all_tools().get(order.tool)
    return tool is not None and tool.effect == "change"


def _machines_in(exchange: Exchange, kind: str) -> tuple[str, ...]:
    return tuple(row["machine_id"] for data in exchange.data(kind) for row in data["machines"])


def _exchanges(messages: Sequence[BaseMessage]) -> list[Exchange]:
    """Each at its number in the whole conversation; where one was left out, an exchange without a word."""
    starts = [n for n, message in enumerate(messages) if is_from_person(message)]
    ends = [*starts[1:], len(messages)]
    found: list[Exchange] = []
    for n, end in zip(starts, ends, strict=False):
        left_out = (number_of(messages[n]) or 0) - len(found)
        found += [Exchange("", None, (), n)] * left_out
        image = messages[n].additional_kwargs.get("image")
        found.append(Exchange(text_of(messages[n]), image, tuple(messages[n + 1 : end]), n))
    return found
