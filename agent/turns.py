"""What one turn of a conversation is: the message in, the tool calls, the card, the receipts, the answer out."""

from datetime import datetime
from typing import Any, Literal

from agent.access import Person, Role
from models.results import Preview, Result

Outcome = Literal["answer", "clarify", "refuse", "approval", "error"]


class ToolCall(Result):
    """One call of a turn. `args` are validated, with defaults filled in, as JSON."""

    call_id: str
    name: str
    args: dict[str, Any]
    effect: Literal["read", "create", "change"]
    status: Literal["done", "failed", "proposed", "rejected"]
    kind: str | None = None  # name of the result's class
    result: dict[str, Any] | None = None
    error: str | None = None
    seconds: float = 0.0
    receipt: str | None = None  # the receipt that its figures carry


class ProposedChange(Result):
    """One change on the card; nothing of it has been done yet."""

    call_id: str
    tool: str
    args: dict[str, Any]
    preview: Preview
    schema_: dict[str, Any]  # JSON schema of the arguments, for editing
    approver: Role = "engineer"  # the least role that may approve it
    proposed_by: Person | None = None
    decided_by: Person | None = None


class Card(Result):
    """All changes that wait for a person in a thread."""

    thread: str
    user: str
    changes: tuple[ProposedChange, ...]
    proposed_at: datetime


class Decision(Result):
    """A person's answer to one proposed change; `args` replaces those it names."""

    call_id: str
    verdict: Literal["approve", "reject", "edit"]
    args: dict[str, Any] = {}


class Receipt(Result):
    """Where the numbers of an answer come from: one tool result."""

    receipt_id: str
    tool: str
    machine_id: str | None
    models: dict[str, int]  # task → version
    data_version: str | None
    at: datetime


class Turn(Result):
    thread: str
    image: str | None = None
    at: datetime | None = None
    message: str = ""  # what the person wrote; empty where they answered a card or a job ended
    by: str = ""  # who wrote it, or answered the card
    decisions: tuple[Decision, ...] = ()  # what was answered to the card
    outcome: Outcome
    answer: str
    calls: tuple[ToolCall, ...]
    card: Card | None  # what waits for a person after this turn
    receipts: tuple[Receipt, ...]
    citations: tuple[str, ...] = ()
    ungrounded: tuple[str, ...] = ()  # numbers the guard struck, or could not trace
    suggestions: tuple[str, ...] = ()
    model: str  # which brain spoke
    latency_s: float


class Rating(Result):
    """What a person thought of a turn."""

    thread: str
    number: int  # of the turn, from 1
    up: bool
    comment: str
    user: str
    at: datetime


class ThreadInfo(Result):
    """A conversation as a list shows it."""

    thread: str
    user: str
    title: str
    turns: int
    updated_at: datetime
    waiting: bool  # a card waits in it


class Event(Result):
    """What happens while a turn runs, for those who show it live."""

    kind: Literal["tool_started", "tool_done", "text", "card"]
    call: ToolCall | None = None
    text: str = ""
    card: Card | None = None
