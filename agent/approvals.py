"""Changes wait for a person: proposed, amended, answered; kept on disk so that a restart loses none."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from agent.access import NotYours, Person, approver, check_answer, check_call, may_answer
from agent.audit import AuditLog
from agent.confinement import check_files
from agent.database import Database
from agent.turns import Card, Decision, ProposedChange
from machine_profiles.errors import MillwrightError, UnknownMachine, UnknownSensor
from models.results import Preview
from tools.plant import Plant
from tools.registry import all_tools, read_arguments
from tools.tool import Tool

_WAITING = """SELECT thread, "user", proposed_at, change FROM changes WHERE status = 'waiting'"""


class NothingWaits(MillwrightError):
    def __init__(self, call_id: str | None, waiting: Sequence[str] = ()) -> None:
        named = f"No change {call_id!r} waits here" if call_id else "No change waits here"
        super().__init__(f"{named}. " + (f"Waiting: {', '.join(waiting)}." if waiting else "Ask for one first."))


class Approvals:
    """The cards of every thread. A change is waiting, running, done, failed, rejected or replaced."""

    def __init__(self, database: Database, plant: Plant, audit: AuditLog) -> None:
        self._database, self._plant, self._audit = database, plant, audit

    def pending(self, thread: str) -> Card | None:
        """All changes that wait in the thread, in the order they were asked for."""
        rows = self._database.rows(
            f"{_WAITING} AND thread = ? ORDER BY proposed_at",
            thread,
        )
        return _card(rows) if rows else None

    def waiting(self, person: Person) -> list[Card]:
        """A card of each thread, anybody's, with those of its changes that this person may answer; oldest first."""
        threads: dict[str, list[tuple]] = {}
        for row in self._database.rows(f"{_WAITING} ORDER BY proposed_at"):
            threads.setdefault(row[0], []).append(row)
        return [card for rows in threads.values() if (card := answerable(_card(rows), person)) is not None]

    def count_waiting(self) -> int:
        return int(self._database.rows("SELECT count(*) FROM changes WHERE status = 'waiting'")[0][0])

    def status(self, thread: str, call_id: str) -> str:
        """waiting, running, done, failed, rejected or replaced. Raises NothingWaits where it was never proposed."""
        rows = self._database.rows("SELECT status FROM changes WHERE thread = ? AND call_id = ?", thread, call_id)
        if not rows:
            raise NothingWaits(call_id)
        return str(rows[0][0])

    def outcome(self, call_id: str) -> dict[str, Any]:
        """What a change that was done gave, by the audit log; empty where it was not done."""
        for line in reversed(self._audit.lines()):
            if line.call_id == call_id and line.event == "done" and isinstance(line.outcome, dict):
                return line.outcome
        return {}

    def open_calls(self, thread: str) -> list[str]:
        """Ids of the changes that wait or run in the thread."""
        sql = "SELECT call_id FROM changes WHERE thread = ? AND status IN ('waiting', 'running')"
        return [call_id for (call_id,) in self._database.rows(sql, thread)]

    def propose(
        self, thread: str, call_id: str, tool: Tool, arguments: dict[str, Any], person: Person,
        this_turn: Sequence[str] = (), joins: Sequence[str] = (), withdraws: Sequence[str] = (), why: str = "",
    ) -> tuple[ProposedChange, list[str]]:  # fmt: skip
        """Put a change on the thread's card; returns it and the ids of those it replaces.

        It replaces a change of the same tool that an earlier message proposed, unless `joins` names it: of the same
        machine where there is one, else the only one there is. Changes of `this_turn` stand beside each other.
        Those that `withdraws` names go too: the person keeps only some of the card.
        Raises NotAllowed, InvalidArguments, UnknownMachine, UnknownSensor or NotYours; what else speaks against the
        change stands on the card as a warning.
        """
        check_call(person, tool.name)
        args = read_arguments(tool, arguments)
        check_files(person, self._plant.storage, args.model_dump(mode="json"))
        preview = self._preview(tool, args)
        if why:
            preview = preview.model_copy(update={"facts": {"why": why, **preview.facts}})
        change = ProposedChange(
            call_id=call_id, tool=tool.name, args=args.model_dump(mode="json"), preview=preview,
            schema_=tool.arguments.model_json_schema(), approver=approver(tool.name), proposed_by=person,
        )  # fmt: skip
        card = self.pending(thread)
        if card is not None and card.user != person.name:
            raise NotYours(f"The card that waits here is {card.user}'s; nothing of yours can stand on it.")
        replaced = _amended(card, change, set(this_turn)) if call_id not in joins else []
        left = [old for old in card.changes if old.call_id in withdraws and old not in replaced] if card else []
        replaced = [*replaced, *left]
        with self._database.all_or_nothing():
            for old in replaced:
                self._move(thread, old.call_id, "waiting", "replaced")
            self._database.rows(
                """INSERT INTO changes VALUES (?, ?, ?, ?, 'waiting', ?) ON CONFLICT (thread, call_id) DO UPDATE
                   SET "user" = excluded."user", change = excluded.change, status = 'waiting',
                       proposed_at = excluded.proposed_at""",
                thread, call_id, person.name, change.model_dump_json(), datetime.now(UTC).isoformat(),
            )  # fmt: skip
        for old in replaced:
            self._write("replaced", thread, old, person, {"by": call_id})
        self._write("proposed", thread, change, person)
        return change, [old.call_id for old in replaced]

    def decide(
        self, thread: str, decisions: Sequence[Decision], person: Person
    ) -> list[tuple[ProposedChange, Decision]]:
        """Take a person's answers; each change is returned with the arguments that were agreed.

        All or none are taken: raises NothingWaits, NotYours, NotAllowed or InvalidArguments and leaves the card as it
        was. Whoever proposed a change may always withdraw it.
        Approved changes are running from here on, and no one else can approve them again.
        """
        card = self.pending(thread)
        if card is None:
            raise NothingWaits(decisions[0].call_id if decisions else None)
        waiting = {change.call_id: change for change in card.changes}
        answered = []
        for decision in decisions:
            if decision.call_id not in waiting:
                raise NothingWaits(decision.call_id, list(waiting))
            change = waiting.pop(decision.call_id)
            proposer = proposer_of(card, change)
            if not (decision.verdict == "reject" and proposer.name == person.name):
                check_answer(person, proposer, change.tool)
            agreed = self._agreed(change, decision, person).model_copy(update={"decided_by": person})
            answered.append((agreed, decision))
        with self._database.all_or_nothing():
            for change, decision in answered:
                status = "rejected" if decision.verdict == "reject" else "running"
                if not self._move(thread, change.call_id, "waiting", status):
                    raise NothingWaits(change.call_id)
                self._database.rows(
                    "UPDATE changes SET change = ? WHERE thread = ? AND call_id = ?",
                    change.model_dump_json(), thread, change.call_id,
                )  # fmt: skip
        for change, decision in answered:
            event = {"approve": "approved", "reject": "rejected", "edit": "edited"}[decision.verdict]
            self._write(event, thread, change, person)
        return answered

    def done(self, thread: str, call_id: str, outcome: dict[str, Any]) -> None:
        self._end(thread, call_id, "done", outcome)

    def failed(self, thread: str, call_id: str, reason: str) -> None:
        self._end(thread, call_id, "failed", reason)

    def interrupted(self, thread: str) -> list[ProposedChange]:
        """Close approved changes that a crash left without an outcome; whether they took effect is not known."""
        rows = self._database.rows("SELECT change FROM changes WHERE thread = ? AND status = 'running'", thread)
        changes = [ProposedChange.model_validate_json(change) for (change,) in rows]
        for change in changes:
            if self._move(thread, change.call_id, "running", "failed"):
                self._write("interrupted", thread, change, change.decided_by, "It was stopped before it ended.")
        return changes

    def _preview(self, tool: Tool, args: Any) -> Preview:
        if tool.preview is None:
            raise TypeError(f"{tool.name} is no change")
        try:
            return tool.preview(self._plant, args)
        except (UnknownMachine, UnknownSensor):
            raise
        except MillwrightError as error:
            return Preview(warnings=(str(error),))

    def _agreed(self, change: ProposedChange, decision: Decision, person: Person) -> ProposedChange:
        """The change with its edits, validated and previewed anew."""
        if decision.verdict != "edit":
            return change
        tool = all_tools()[change.tool]
        check_files(person, self._plant.storage, decision.args)
        args = read_arguments(tool, {**change.args, **decision.args})
        return change.model_copy(
            update={"args": args.model_dump(mode="json"), "preview": self._preview(tool, args)},
        )

    def _end(self, thread: str, call_id: str, status: str, outcome: dict[str, Any] | str) -> None:
        rows = self._database.rows("SELECT change FROM changes WHERE thread = ? AND call_id = ?", thread, call_id)
        self._move(thread, call_id, "running", status)
        change = ProposedChange.model_validate_json(rows[0][0])
        self._write(status, thread, change, change.decided_by, outcome)

    def _move(self, thread: str, call_id: str, before: str, after: str) -> bool:
        return bool(
            self._database.rows(
                "UPDATE changes SET status = ? WHERE thread = ? AND call_id = ? AND status = ? RETURNING 1",
                after, thread, call_id, before,
            )
        )  # fmt: skip

    def _write(self, event: Any, thread: str, change: ProposedChange, who: Person | None, outcome: Any = None) -> None:
        self._audit.append(
            event, who=who or Person(name=self._plant.user), thread=thread, call_id=change.call_id, tool=change.tool,
            args=change.args, outcome=outcome,
        )  # fmt: skip


def proposer_of(card: Card, change: ProposedChange) -> Person:
    return change.proposed_by or Person(name=card.user)


def answerable(card: Card, person: Person) -> Card | None:
    """The card with those of its changes that this person may answer; None where there is none."""
    left = tuple(each for each in card.changes if may_answer(person, proposer_of(card, each), each.tool))
    return card.model_copy(update={"changes": left}) if left else None


def _card(rows: Sequence[tuple]) -> Card:
    thread, user, proposed_at, _ = rows[0]
    return Card(
        thread=thread,
        user=user,
        changes=tuple(ProposedChange.model_validate_json(change) for *_, change in rows),
        proposed_at=datetime.fromisoformat(proposed_at),
    )


def _amended(card: Card | None, change: ProposedChange, this_turn: set[str]) -> list[ProposedChange]:
    same_tool = [old for old in card.changes if old.tool == change.tool] if card else []
    earlier = [old for old in same_tool if old.call_id not in this_turn]
    machine = change.args.get("machine_id")
    same_machine = [old for old in earlier if old.args.get("machine_id") == machine]
    same_task = [old for old in same_machine if old.args.get("task") == change.args.get("task")]
    if same_task or len(same_machine) == 1:
        return same_task or same_machine
    return earlier if len(earlier) == 1 else []


def as_json(change: ProposedChange, replaced: Sequence[str]) -> dict[str, Any]:
    """The data of a proposal's tool message."""
    return {
        "call_id": change.call_id, "tool": change.tool, "args": change.args,
        "preview": change.preview.model_dump(mode="json"), "replaces": list(replaced),
    }  # fmt: skip


def note(change: ProposedChange, replaced: Sequence[str]) -> str:
    """What the brain reads of it."""
    said = "A person must approve this; nothing has been done yet."
    return json.dumps({"proposed": as_json(change, replaced), "note": said})
