"""The copilot as programs use it: say something, decide on a card, look back. One turn at a time a conversation."""

import logging
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from langchain.agents.middleware.model_call_limit import ModelCallLimitExceededError
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage

from agent import assembling
from agent.approvals import Approvals, NothingWaits, NotYours
from agent.audit import AuditLog
from agent.graph import build_graph, make_brain, name_of, open_checkpointer
from agent.messages import APPROVED, approved_calls, decision, job_ended
from agent.threads import Database, Threads
from agent.tool_calls import OnEvent, TurnCancelled, TurnContext
from agent.turns import Card, Decision, Event, Outcome, ThreadInfo, Turn
from agent.yes_or_no import yes_or_no
from machine_profiles.errors import MillwrightError
from models.jobs import Job
from settings import Settings
from tools.plant import Plant

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

log = logging.getLogger(__name__)

APOLOGY = (
    "Something went wrong on my side, and this turn was stopped; the details are in the log. "
    "You can go on here: nothing that you said before is lost."
)
TOO_MANY_STEPS = "I went round in circles and stopped before I had an answer. Please put it in smaller steps."


class Copilot:
    """Holds conversations about one plant. Safe to use from several threads."""

    def __init__(self, plant: Plant, settings: Settings, brain: "BaseChatModel | None" = None) -> None:
        self._plant = plant
        self._brain = brain if brain is not None else make_brain(settings, plant)
        self._database = Database(plant.storage.conversations)
        self._threads = Threads(self._database)
        self._approvals = Approvals(self._database, plant, AuditLog(plant.storage.audit_log))
        self._checkpointer = open_checkpointer(plant.storage.conversations)
        self._graph = build_graph(self._brain, plant, self._checkpointer, self._approvals, self._threads)
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._running: dict[str, TurnContext] = {}

    def say(self, thread: str, message: str, image: str | None = None, on_event: OnEvent | None = None) -> Turn:
        """Answer a person's message. "yes" or "no" alone answers the card that waits; anything else leaves it."""
        with self._locks[thread]:
            card, verdict = self.pending(thread), yes_or_no(message)
            if card is not None and verdict is not None:
                whole = [Decision(call_id=change.call_id, verdict=verdict) for change in card.changes]
                return self._decide(thread, whole, message, on_event)
            extra = {"image": image} if image else {}
            return self._turn(thread, [HumanMessage(message, additional_kwargs=extra)], message, on_event, image=image)

    def decide(self, thread: str, decisions: Sequence[Decision], on_event: OnEvent | None = None) -> Turn:
        """Carry out a person's answers to the card; changes it does not name keep waiting.

        An answer that cannot be taken (an edit that does not fit, another's card) changes nothing, and says so.
        """
        with self._locks[thread]:
            return self._decide(thread, decisions, "", on_event)

    def pending(self, thread: str) -> Card | None:
        return self._approvals.pending(thread)

    def running_jobs(self, thread: str) -> list[str]:
        """Jobs started in this conversation that still run."""
        return [id_ for id_ in self._threads.untold_jobs(thread) if self._plant.jobs.get(id_).status == "running"]

    def has_news(self, thread: str) -> bool:
        """Whether a job of this conversation has ended and continue_after_jobs would tell of it."""
        return any(self._plant.jobs.get(id_).status != "running" for id_ in self._threads.untold_jobs(thread))

    def job(self, job_id: str) -> Job:
        return self._plant.jobs.get(job_id)

    def continue_after_jobs(self, thread: str, on_event: OnEvent | None = None) -> Turn | None:
        """Tell the brain of jobs of this conversation that have ended since; None where there is none."""
        with self._locks[thread]:
            jobs = [self._plant.jobs.get(job_id) for job_id in self._threads.untold_jobs(thread)]
            ended = [job for job in jobs if job.status != "running" and self._threads.tell_job(job.job_id)]
            if not ended:
                return None
            return self._turn(thread, [job_ended(job.model_dump(mode="json")) for job in ended], "", on_event)

    def history(self, thread: str) -> list[Turn]:
        return self._threads.turns(thread)

    def threads(self) -> list[ThreadInfo]:
        return self._threads.overview()

    def cancel(self, thread: str) -> bool:
        """Stop the turn that runs in this conversation before its next step; False where none runs."""
        turn = self._running.get(thread)
        if turn is not None:
            turn.cancelled.set()
        return turn is not None

    def close(self) -> None:
        self._checkpointer.conn.close()
        self._database.close()

    def _decide(self, thread: str, decisions: Sequence[Decision], said: str, on_event: OnEvent | None) -> Turn:
        try:
            answered = self._approvals.decide(thread, decisions)
        except NotYours as error:
            return self._without_brain(thread, said, "refuse", str(error))
        except (NothingWaits, MillwrightError) as error:
            return self._without_brain(thread, said, "error", f"{error} Nothing was done; what waited still waits.")
        told = decision(
            [
                {"call_id": change.call_id, "tool": change.tool, "verdict": taken.verdict, "args": change.args}
                for change, taken in answered
            ]
        )
        agreed = [(change, taken) for change, taken in answered if taken.verdict != "reject"]
        rejected = [change for change, taken in answered if taken.verdict == "reject"]
        left = assembling.say_left(rejected, self._plant.machines)
        if not agreed:
            answer = AIMessage(left, additional_kwargs={"outcome": "answer"})
            return self._turn(thread, [told, answer], said, on_event)
        calls = approved_calls([{"call_id": c.call_id, "tool": c.tool, "args": c.args} for c, _ in agreed])
        approved = frozenset(f"{change.call_id}{APPROVED}" for change, _ in agreed)
        return self._turn(thread, [told, calls], said, on_event, approved=approved, postscript=left)

    def _turn(
        self, thread: str, messages: list[BaseMessage], said: str, on_event: OnEvent | None, *,
        image: str | None = None, approved: frozenset[str] = frozenset(), postscript: str = "",
    ) -> Turn:  # fmt: skip
        started = time.perf_counter()
        for message in messages:
            message.id = uuid.uuid4().hex
        emit = on_event or _ignore
        context = TurnContext(thread, emit, approved, receipts=self._threads.receipts_given(thread))
        config = {"configurable": {"thread_id": thread}, "max_concurrency": 1}
        with self._registered(thread, context):
            if not approved:
                self._approvals.interrupted(thread)
            held, stopped = self._run(messages, config, context)
        turn = assembling.assemble(
            thread=thread,
            messages=_from(held, messages[0].id),
            card=self.pending(thread),
            proposed=context.proposed,
            stopped=stopped,
            postscript=postscript,
            model=name_of(self._brain),
            latency_s=time.perf_counter() - started,
        ).model_copy(update={"message": said, "image": image, "at": datetime.now(UTC)})
        self._threads.add(turn, self._plant.user)
        emit(Event(kind="text", text=turn.answer))
        if turn.outcome == "approval":
            emit(Event(kind="card", card=turn.card))
        return turn

    def _run(
        self, messages: list[BaseMessage], config: Any, context: TurnContext
    ) -> tuple[list[BaseMessage], str | None]:
        """Run the graph; the conversation after it, and what stopped it, in words, where something did."""
        try:
            done = self._graph.invoke({"messages": messages}, config, context=context, durability="exit")
            return done["messages"], None
        except TurnCancelled as error:
            stopped = str(error)
        except ModelCallLimitExceededError:
            stopped = TOO_MANY_STEPS
        except Exception:
            log.exception("A turn of conversation %s crashed", context.thread)
            stopped = APOLOGY
        return self._graph.get_state(config).values.get("messages", []), stopped

    def _without_brain(self, thread: str, said: str, outcome: Outcome, answer: str) -> Turn:
        """A turn that leaves the conversation as the brain sees it untouched."""
        turn = Turn(
            thread=thread, message=said, at=datetime.now(UTC), outcome=outcome, answer=answer, calls=(), receipts=(),
            card=self.pending(thread), model=name_of(self._brain), latency_s=0.0,
        )  # fmt: skip
        self._threads.add(turn, self._plant.user)
        return turn

    @contextmanager
    def _registered(self, thread: str, context: TurnContext) -> Iterator[None]:
        self._running[thread] = context
        try:
            yield
        finally:
            del self._running[thread]


def _from(messages: list[BaseMessage], message_id: str | None) -> list[BaseMessage]:
    for position, message in enumerate(messages):
        if message.id == message_id:
            return messages[position:]
    return []


def _ignore(event: Event) -> None:
    """Nobody watches."""
