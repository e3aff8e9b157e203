"""Changes wait for a person: proposed, amended, answered; kept on disk so that a restart loses none."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from agent.audit import AuditLog
from agent.threads import Database
from agent.turns import Card, Decision, ProposedChange
from machine_profiles.errors import MillwrightError, UnknownMachine, UnknownSensor
from models.results import Preview
from tools.plant import Plant
from tools.registry import all_tools, read_arguments
from tools.tool import Tool


class NothingWaits(MillwrightError):
    def __init__(self, call_id: str | None, waiting: Sequence[str] = ()) -> None:
        named = f"No change {call_id!r} waits here" if call_id else "No change waits here"
        super().__init__(f"{named}. " + (f"Waiting: {', '.join(waiting)}." if waiting else "Ask for one first."))


class NotYours(MillwrightError):
    def __init__(self, owner: str, user: str) -> None:
        super().__init__(f"This card was put to {owner}; only {owner} can answer it, and you are {user}.")


class Approvals:
    """The cards of every thread. A change is waiting, running, done, failed, rejected or replaced."""

    def __init__(self, database: Database, plant: Plant, audit: AuditLog) -> None:
        self._database, self._plant, self._audit = database, plant, audit

    def pending(self, thread: str) -> Card | None:
        """All changes that wait in the thread, in the order they were asked for."""
        rows = self._database.rows(
            "SELECT change, user, proposed_at FROM changes WHERE thread = ? AND status = 'waiting' ORDER BY rowid",
            thread,
        )
        if not rows:
            return None
        return Card(
            thread=thread,
            user=rows[0][1],
            changes=tuple(ProposedChange.model_validate_json(change) for change, _, _ in rows),
            proposed_at=datetime.fromisoformat(rows[0][2]),
        )

    def propose(
        self, thread: str, call_id: str, tool: Tool, arguments: dict[str, Any],
        this_turn: Sequence[str] = (), joins: Sequence[str] = (),
    ) -> tuple[ProposedChange, list[str]]:  # fmt: skip
        """Put a change on the thread's card; returns it and the ids of those it replaces.

        It replaces a change of the same tool that an earlier message proposed, unless `joins` names it: of the same
        machine where there is one, else the only one there is. Changes of `this_turn` stand beside each other.
        Raises InvalidArguments, UnknownMachine, UnknownSensor or NotYours; what else speaks against the change
        stands on the card as a warning.
        """
        args = read_arguments(tool, arguments)
        change = ProposedChange(
            call_id=call_id, tool=tool.name, args=args.model_dump(mode="json"), preview=self._preview(tool, args),
            schema_=tool.arguments.model_json_schema(),
        )  # fmt: skip
        card = self.pending(thread)
        if card is not None and card.user != self._plant.user:
            raise NotYours(card.user, self._plant.user)
        replaced = _amended(card, change, set(this_turn)) if call_id not in joins else []
        with self._database.all_or_nothing():
            for old in replaced:
                self._move(thread, old.call_id, "waiting", "replaced")
            self._database.rows(
                "INSERT OR REPLACE INTO changes VALUES (?, ?, ?, ?, 'waiting', ?)",
                thread, call_id, self._plant.user, change.model_dump_json(), datetime.now(UTC).isoformat(),
            )  # fmt: skip
        for old in replaced:
            self._write("replaced", thread, old, {"by": call_id})
        self._write("proposed", thread, change)
        return change, [old.call_id for old in replaced]

    def decide(self, thread: str, decisions: Sequence[Decision]) -> list[tuple[ProposedChange, Decision]]:
        """Take a person's answers; each change is returned with the arguments that were agreed.

        All or none are taken: raises NothingWaits, NotYours or InvalidArguments and leaves the card as it was.
        Approved changes are running from here on, and no one else can approve them again.
        """
        card = self.pending(thread)
        if card is None:
            raise NothingWaits(decisions[0].call_id if decisions else None)
        if card.user != self._plant.user:
            raise NotYours(card.user, self._plant.user)
        waiting = {change.call_id: change for change in card.changes}
        answered = []
        for decision in decisions:
            if decision.call_id not in waiting:
                raise NothingWaits(decision.call_id, list(waiting))
            answered.append((self._agreed(waiting.pop(decision.call_id), decision), decision))
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
            self._write(event, thread, change)
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
                self._write("interrupted", thread, change, "It was stopped before it ended.")
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

    def _agreed(self, change: ProposedChange, decision: Decision) -> ProposedChange:
        """The change with its edits, validated and previewed anew."""
        if decision.verdict != "edit":
            return change
        tool = all_tools()[change.tool]
        args = read_arguments(tool, {**change.args, **decision.args})
        return change.model_copy(
            update={"args": args.model_dump(mode="json"), "preview": self._preview(tool, args)},
        )

    def _end(self, thread: str, call_id: str, status: str, outcome: dict[str, Any] | str) -> None:
        rows = self._database.rows("SELECT change FROM changes WHERE thread = ? AND call_id = ?", thread, call_id)
        self._move(thread, call_id, "running", status)
        self._write(status, thread, ProposedChange.model_validate_json(rows[0][0]), outcome)

    def _move(self, thread: str, call_id: str, before: str, after: str) -> bool:
        return bool(
            self._database.rows(
                "UPDATE changes SET status = ? WHERE thread = ? AND call_id = ? AND status = ? RETURNING 1",
                after, thread, call_id, before,
            )
        )  # fmt: skip

    def _write(self, event: Any, thread: str, change: ProposedChange, outcome: Any = None) -> None:
        self._audit.append(
            event, who=self._plant.user, thread=thread, call_id=change.call_id, tool=change.tool, args=change.args,
            outcome=outcome,
        )  # fmt: skip


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
