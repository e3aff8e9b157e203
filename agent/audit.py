"""Who changed what: an append-only log, each line sealed with the hash of the one before it."""

import fcntl
import hashlib
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from agent.access import Person, Role
from models.results import Result

AuditEvent = Literal["proposed", "replaced", "approved", "edited", "rejected", "done", "failed", "interrupted"]


class AuditLine(Result):
    """One thing that happened to a proposed change: `who` proposed or decided, in that `role`; `outcome` came of it."""

    at: datetime
    who: str
    role: Role | None = None
    thread: str
    call_id: str
    tool: str
    args: dict[str, Any]
    event: AuditEvent
    outcome: dict[str, Any] | str | None = None
    previous: str  # SHA-256 of the line before; empty in the first
    seal: str = ""  # SHA-256 of this line without its seal


class AuditLog:
    def __init__(self, path: Path) -> None:
        self.path = path

    def append(
        self, event: AuditEvent, *, who: Person, thread: str, call_id: str, tool: str, args: dict[str, Any],
        outcome: dict[str, Any] | str | None = None,
    ) -> None:  # fmt: skip
        """Add a line; it is on the disk when this returns. Several processes may append to one log."""
        with self.path.open("a+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            line = AuditLine(
                at=datetime.now(UTC), who=who.name, role=who.role, thread=thread, call_id=call_id, tool=tool,
                args=args, event=event, outcome=outcome, previous=_hash(_last_line(file)),
            )  # fmt: skip
            told = line.model_dump(mode="json", exclude={"seal"})
            file.write(_json({**told, "seal": _hash(_json(told))}) + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def lines(self) -> list[AuditLine]:
        if not self.path.exists():
            return []
        return [AuditLine.model_validate_json(line) for line in self.path.read_bytes().splitlines()]

    def first_broken_line(self) -> int | None:
        """The number, from 1, of the first line that was altered or does not follow the one before it; None: all is
        as it was written. Lines cut off at the end leave no trace here; last_seal, noted elsewhere, would show them.
        """
        before = b""
        for number, line in enumerate(self.path.read_bytes().splitlines() if self.path.exists() else [], 1):
            if not _follows(line, before):
                return number
            before = line
        return None

    def last_seal(self) -> str:
        """What stands for the whole log so far; empty while there is nothing in it."""
        lines = self.path.read_bytes().splitlines() if self.path.exists() else []
        return _hash(lines[-1]) if lines else ""


def _follows(line: bytes, before: bytes) -> bool:
    try:
        AuditLine.model_validate_json(line)
        told = json.loads(line)
    except ValueError:
        return False
    seal = told.pop("seal", "")
    return told["previous"] == _hash(before) and seal in ("", _hash(_json(told)))


def _json(told: dict[str, Any]) -> bytes:
    return json.dumps(told).encode()


def _hash(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest() if line else ""


def _last_line(file: Any) -> bytes:
    size = file.seek(0, os.SEEK_END)
    tail, reach = b"", 0
    while reach < size and tail.rstrip(b"\n").count(b"\n") == 0:
        reach = min(size, max(4096, reach * 2))
        file.seek(size - reach)
        tail = file.read(reach)
    file.seek(0, os.SEEK_END)
    return tail.rstrip(b"\n").rsplit(b"\n", 1)[-1] if tail.strip() else b""
