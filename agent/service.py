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

from agent import assembling, metrics
from agent.access import NotAllowed, NotYours, Person, reaches
from agent.approvals import Approvals, answerable
from agent.audit import AuditLog
from agent.brains.chat_model import make_brain, name_of
from agent.database import open_database
from agent.direct_calls import call_tool
from agent.graph import build_graph
from agent.messages import APPROVED, approved_calls, decision, job_ended
from agent.threads import Threads
from agent.tool_calls import OnEvent, TurnCancelled, TurnContext, TurnTooLong
from agent.turns import Card, Decision, Event, Outcome, Rating, ThreadInfo, Turn
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
LONGEST_REPLY = 120  # characters; a longer message is no answer to a card
TOO_MANY_STEPS = "I went round in circles and stopped before I had an answer. Please put it in smaller steps."


class Copilot:
    """Holds conversations about one plant. Safe to use from several threads."""

    def __init__(self, plant: Plant, settings: Settings, brain: "BaseChatModel | None" = None) -> None:
        self._plant = plant
        self.person = Person(name=settings.user, role=settings.role)
        self._turn_limit_s, self._tool_limit_s = settings.turn_limit_s, settings.tool_limit_s
        self._brain = brain if brain is not None else make_brain(settings, plant)
        self._database = open_database(plant.storage.conversations, settings.database_url)
        self._threads = Threads(self._database)
        self._approvals = Approvals(self._database, plant, AuditLog(plant.storage.audit_log))
        self._graph = build_graph(self._brain, plant, self._database.checkpointer, self._approvals, self._threads)
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._running: dict[str, TurnContext] = {}

    def say(
        self, thread: str, message: str, image: str | None = None, on_event: OnEvent | None = None,
        by: Person | None = None,
    ) -> Turn:  # fmt: skip
        """Answer a person's message. "yes" or "no" alone answers the card that waits, "yes to the first" a part.

        `by`, here and below, is who speaks; where it is left out, the person who runs Millwright. A conversation
        belongs to whoever began it. Raises NotYours for anybody else's.
        """
        by = by or self.person
        with self._locks[thread]:
            self._threads.begin(thread, by, message)
            card, verdict = self._approvals.pending(thread), yes_or_no(message)
            if card is not None and verdict is not None:
                own = card if verdict == "reject" else answerable(card, by) or card
                whole = [Decision(call_id=change.call_id, verdict=verdict) for change in own.changes]
                return self._decide(thread, whole, message, on_event, by)
            if card is not None and (parts := self._decided(card, message)):
                return self._decide(thread, parts, message, on_event, by)
            extra = {"image": image} if image else {}
            told: list[BaseMessage] = [HumanMessage(message, additional_kwargs=extra)]
            return self._turn(thread, told, message, on_event, by, image=image)

    def decide(
        self, thread: str, decisions: Sequence[Decision], on_event: OnEvent | None = None, by: Person | None = None
    ) -> Turn:
        """Carry out a person's answers to the card; changes it does not name keep waiting.

        An answer that cannot be taken (an edit that does not fit) changes nothing, and says so. A card in somebody
        else's conversation can be answered as far as `waiting` shows it; what comes of it is told there as well.
        Raises NotYours, and for a card of somebody else whatever cannot be taken.
        """
        with self._locks[thread]:
            return self._decide(thread, decisions, "", on_event, by or self.person)

    def call(
        self, thread: str, tool: str, arguments: dict[str, Any], by: Person | None = None, why: str = ""
    ) -> Turn:  # fmt: skip
        """Call one tool without a brain, for programs; a change is proposed and waits for a person all the same.

        `why` stands on the card of a change.

        Raises UnknownTool, NotAllowed, NotYours, InvalidArguments, TookTooLong, or what the tool itself says is wrong.
        """
        with self._locks[thread]:
            speaker = by or self.person
            turn = call_tool(
                self._plant, self._approvals, self._threads, thread, tool, arguments, speaker, why, self._tool_limit_s
            )
        metrics.count(turn)
        return turn

    def pending(self, thread: str, by: Person | None = None) -> Card | None:
        """The card that waits in a conversation; of somebody else's, what of it `by` may answer. Raises NotYours."""
        by, card = by or self.person, self._approvals.pending(thread)
        if card is not None and card.user != by.name:
            card = answerable(card, by)
        if card is None:
            self._threads.own(thread, by)
        return card

    def waiting(self, by: Person | None = None) -> list[Card]:
        """Changes that wait for this person, over all conversations: a card each, oldest first."""
        return self._approvals.waiting(by or self.person)

    def changes_waiting(self) -> int:
        """How many changes wait for anybody."""
        return self._approvals.count_waiting()

    def change_status(self, thread: str, call_id: str) -> str:
        """How a proposed change stands. Raises NothingWaits where it was never proposed."""
        return self._approvals.status(thread, call_id)

    def change_outcome(self, call_id: str) -> dict[str, Any]:
        """What a change that was done gave; empty where it was not done."""
        return self._approvals.outcome(call_id)

    @property
    def plant(self) -> Plant:
        return self._plant

    def running_jobs(self, thread: str, by: Person | None = None) -> list[str]:
        """Jobs started in this conversation that still run. Raises NotYours."""
        return [job.job_id for job in self._untold(thread, by) if job.status == "running"]

    def has_news(self, thread: str, by: Person | None = None) -> bool:
        """Whether a job of this conversation has ended and continue_after_jobs would tell of it. Raises NotYours."""
        return any(job.status != "running" for job in self._untold(thread, by))

    def job(self, job_id: str) -> Job:
        return self._plant.jobs.get(job_id)

    def job_log(self, job_id: str, lines: int = 40) -> str:
        """The last lines that a job wrote. Raises UnknownJob."""
        return self._plant.jobs.log(job_id, lines)

    def cancel_job(self, job_id: str, by: Person | None = None) -> Job:
        """Stop a job within seconds; nothing half-written stays, and one that has ended stays as it ended.

        Raises UnknownJob, and NotAllowed for anyone but an engineer and the person in whose conversation it began.
        """
        by, job = by or self.person, self._plant.jobs.get(job_id)
        if not reaches(by.role, "engineer") and self._threads.owner_of_job(job_id) != by.name:
            raise NotAllowed(f"{by.name} did not start job {job_id}. Whoever started it or an engineer can stop it.")
        return self._plant.jobs.cancel(job.job_id)

    def continue_after_jobs(
        self, thread: str, on_event: OnEvent | None = None, by: Person | None = None
    ) -> Turn | None:
        """Tell the brain of jobs of this conversation that have ended since; None where there is none.

        Raises NotYours.
        """
        with self._locks[thread]:
            jobs = self._untold(thread, by)
            ended = [job for job in jobs if job.status != "running" and self._threads.tell_job(job.job_id)]
            if not ended:
                return None
            told: list[BaseMessage] = [job_ended(job.model_dump(mode="json")) for job in ended]
            return self._turn(thread, told, "", on_event, by or self.person)

    def history(self, thread: str, by: Person | None = None) -> list[Turn]:
        """Every turn, oldest first. Raises NotYours."""
        self._threads.own(thread, by or self.person)
        return self._threads.turns(thread)

    def threads(self, by: Person | None = None) -> list[ThreadInfo]:
        """The person's own conversations; the one spoken in last, first."""
        return self._threads.overview(by or self.person)

    def search(self, text: str, by: Person | None = None) -> list[ThreadInfo]:
        """Those of the person's conversations in which `text` was said."""
        return self._threads.search(text, by or self.person)

    def rename(self, thread: str, title: str, by: Person | None = None) -> None:
        """Raises NotYours."""
        self._threads.rename(thread, title, by or self.person)

    def delete(self, thread: str, by: Person | None = None) -> None:
        """Forget a conversation: its turns with their receipts, its card and what the brain has read.

        The audit log keeps what was changed from it. Raises NotYours.
        """
        by = by or self.person
        with self._locks[thread]:
            self._threads.own(thread, by)
            if (card := self._approvals.pending(thread)) is not None:
                withdrawn = [Decision(call_id=change.call_id, verdict="reject") for change in card.changes]
                self._approvals.decide(thread, withdrawn, by)
            self._threads.delete(thread, by)
            self._database.checkpointer.delete_thread(thread)

    def rate(self, thread: str, turn_number: int, up: bool, comment: str = "", by: Person | None = None) -> None:
        """A thumb up or down for a turn, counted from 1. Raises NotYours or NoSuchTurn."""
        self._threads.rate(thread, turn_number, up, comment, by or self.person)

    def ratings(self) -> list[Rating]:
        """Everybody's thumbs, oldest first; what was said stays in the conversation."""
        return self._threads.ratings()

    def cancel(self, thread: str, by: Person | None = None) -> bool:
        """Stop the turn that runs in this conversation before its next step; False where none runs. Raises NotYours."""
        self._threads.own(thread, by or self.person)
        turn = self._running.get(thread)
        if turn is not None:
            turn.cancelled.set()
        return turn is not None

    def close(self) -> None:
        self._database.close()

    def _decided(self, card: Card, message: str) -> list[Decision]:
        """What the message says yes or no to, where it names some of the card's changes."""
        if len(message) > LONGEST_REPLY:
            return []
        from agent.brains.offline.card_words import chosen
        from agent.brains.offline.machines import Machines

        named = [change.model_dump(include={"call_id", "tool", "args"}) for change in card.changes]
        choice = chosen(message, named, Machines(self._plant.machines))
        if choice is None or not choice.decided:
            return []
        return [
            *(Decision(call_id=id_, verdict="approve") for id_ in choice.kept),
            *(Decision(call_id=id_, verdict="reject") for id_ in choice.dropped),
        ]

    def _untold(self, thread: str, by: Person | None) -> list[Job]:
        self._threads.own(thread, by or self.person)
        jobs = [self._plant.jobs.get(job_id) for job_id in self._threads.untold_jobs(thread)]
        return sorted(jobs, key=lambda job: job.started_at)

    def _decide(
        self, thread: str, decisions: Sequence[Decision], said: str, on_event: OnEvent | None, by: Person
    ) -> Turn:
        card = self._approvals.pending(thread)
        theirs = card is not None and card.user != by.name
        if not theirs:
            self._threads.begin(thread, by, said)
        try:
            answered = self._approvals.decide(thread, decisions, by)
        except (NotYours, NotAllowed) as error:
            if theirs:
                raise
            return self._without_brain(thread, said, "refuse", str(error), by)
        except MillwrightError as error:
            if theirs:
                raise
            text = f"{error} Nothing was done; what waited still waits."
            return self._without_brain(thread, said, "error", text, by)
        told = decision(
            [
                {"call_id": change.call_id, "tool": change.tool, "verdict": taken.verdict, "args": change.args}
                for change, taken in answered
            ]
        )
        agreed = [(change, taken) for change, taken in answered if taken.verdict != "reject"]
        rejected = [change for change, taken in answered if taken.verdict == "reject"]
        left = [assembling.say_left(rejected, self._plant.machines)]
        if said and agreed and card is not None:
            beyond = [each for each in card.changes if each.call_id not in {change.call_id for change, _ in answered}]
            left.append(assembling.say_waits(beyond, self._plant.machines))
        postscript = "\n\n".join(part for part in left if part)
        # what follows an approval was asked for by whoever proposed it, and reaches as far as that role
        asking = (answered[0][0].proposed_by or by) if theirs else by
        if not agreed:
            answer = AIMessage(postscript, additional_kwargs={"outcome": "answer"})
            return self._turn(thread, [told, answer], said, on_event, asking, actor=by, decisions=decisions)
        calls = approved_calls([{"call_id": c.call_id, "tool": c.tool, "args": c.args} for c, _ in agreed])
        approved = frozenset(f"{change.call_id}{APPROVED}" for change, _ in agreed)
        return self._turn(
            thread,
            [told, calls],
            said,
            on_event,
            asking,
            actor=by,
            decisions=decisions,
            approved=approved,
            postscript=postscript,
        )

    def _turn(
        self, thread: str, messages: list[BaseMessage], said: str, on_event: OnEvent | None, person: Person, *,
        image: str | None = None, actor: Person | None = None, approved: frozenset[str] = frozenset(),
        postscript: str = "", decisions: Sequence[Decision] = (),
    ) -> Turn:  # fmt: skip
        started = time.perf_counter()
        for message in messages:
            message.id = uuid.uuid4().hex
        emit = on_event or _ignore
        context = TurnContext(
            thread, emit, person, approved, receipts=self._threads.receipts_given(thread), limit_s=self._turn_limit_s,
            tool_limit_s=self._tool_limit_s,
        )  # fmt: skip
        config = {"configurable": {"thread_id": thread}, "max_concurrency": 1}
        with self._registered(thread, context):
            if not approved:
                self._approvals.interrupted(thread)
            held, stopped = self._run(messages, config, context)
            self._database.keep_latest(thread)
        turn = assembling.assemble(
            thread=thread,
            messages=_from(held, messages[0].id),
            card=self._approvals.pending(thread),
            proposed=context.proposed,
            stopped=stopped,
            refused=context.refused,
            postscript=postscript,
            model=name_of(self._brain),
            latency_s=time.perf_counter() - started,
        ).model_copy(
            update={
                "message": said,
                "image": image,
                "at": datetime.now(UTC),
                "by": (actor or person).name,
                "decisions": tuple(decisions),
            }
        )
        self._threads.add(turn)
        metrics.count(turn)
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
        except (TurnCancelled, TurnTooLong) as error:
            stopped = str(error)
        except ModelCallLimitExceededError:
            stopped = TOO_MANY_STEPS
        except Exception:
            log.exception("A turn of conversation %s crashed", context.thread)
            stopped = APOLOGY
        return self._graph.get_state(config).values.get("messages", []), stopped

    def _without_brain(self, thread: str, said: str, outcome: Outcome, answer: str, by: Person) -> Turn:
        """A turn that leaves the conversation as the brain sees it untouched."""
        turn = Turn(
            thread=thread, message=said, at=datetime.now(UTC), by=by.name, outcome=outcome, answer=answer, calls=(),
            receipts=(), card=self._approvals.pending(thread), model=name_of(self._brain), latency_s=0.0,
        )  # fmt: skip
        self._threads.add(turn)
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
