"""Conversations on disk: their turns, the changes that wait in them, and the jobs they started."""

import json
from datetime import UTC, datetime
from typing import Any

from agent.access import NotYours, Person
from agent.database import Database
from agent.turns import Rating, ThreadInfo, Turn
from machine_profiles.errors import MillwrightError

KEPT = ("mcp-", "api-")  # followed by a person's name: what that person's programs say and propose
LOOP, LOOP_SPEAKER = "loop-", "millwright-loop"


class NoSuchTurn(MillwrightError):
    def __init__(self, thread: str, number: int, turns: int) -> None:
        have = f"it has turns 1 to {turns}" if turns else "nobody has spoken there"
        super().__init__(f"Conversation {thread!r} has no turn {number}: {have}.")


class Threads:
    """Every conversation belongs to the person who began it, and some names to one person before it is begun."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def own(self, thread: str, person: Person) -> None:
        """Raises NotYours where the conversation is somebody else's, or its name is kept for somebody else."""
        _may_use(thread, person)
        rows = self._database.rows('SELECT "user" FROM threads WHERE thread = ?', thread)
        if rows and rows[0][0] != person.name:
            raise NotYours(f"Conversation {thread!r} is not {person.name}'s. Choose one of yours, or begin a new one.")

    def begin(self, thread: str, person: Person, message: str) -> None:
        """Make a conversation nobody has begun the person's own. Raises NotYours."""
        _may_use(thread, person)  # before it is made: who has made it, owns it
        self._database.rows(
            "INSERT INTO threads VALUES (?, ?, ?, ?) ON CONFLICT (thread) DO NOTHING",
            thread, person.name, _title(message), datetime.now(UTC).isoformat(),
        )  # fmt: skip
        self.own(thread, person)

    def add(self, turn: Turn) -> None:
        with self._database.all_or_nothing():
            self._database.rows(
                "UPDATE threads SET updated_at = ?, title = CASE title WHEN '' THEN ? ELSE title END WHERE thread = ?",
                datetime.now(UTC).isoformat(), _title(turn.message), turn.thread,
            )  # fmt: skip
            self._database.rows(
                "INSERT INTO turns SELECT ?, 1 + coalesce(max(number), 0), ? FROM turns WHERE thread = ?",
                turn.thread, turn.model_dump_json(), turn.thread,
            )  # fmt: skip

    def turns(self, thread: str) -> list[Turn]:
        """Oldest first; empty for a thread nobody has spoken in."""
        rows = self._database.rows("SELECT turn FROM turns WHERE thread = ? ORDER BY number", thread)
        return [Turn.model_validate_json(turn) for (turn,) in rows]

    def said_and_found(self, thread: str) -> list[Any]:
        """What the person said and what tools were asked and found, in the whole conversation."""
        turns = self.turns(thread)
        called = [found for turn in turns for call in turn.calls for found in (call.args, call.result) if found]
        return [*(turn.message for turn in turns), *called]

    def receipts_given(self, thread: str) -> int:
        """How many receipts its turns carry; the next one is numbered on from there."""
        before: int | None = None
        while (found := self._before(thread, before)) is not None:  # the latest turns first: most carry one
            before, turn = found
            if turn.receipts:
                return int(turn.receipts[-1].receipt_id.removeprefix("r"))
        return 0

    def overview(self, person: Person) -> list[ThreadInfo]:
        """The person's own; the one spoken in last, first."""
        return self._infos('"user" = ?', person.name)

    def search(self, text: str, person: Person) -> list[ThreadInfo]:
        """The person's own conversations in which `text` was said, or stands in the title."""
        wanted = f"%{_like(text)}%"
        found = self._infos(
            """threads."user" = ? AND (lower(title) LIKE ? ESCAPE '!' OR EXISTS (
                   SELECT 1 FROM turns WHERE turns.thread = threads.thread AND lower(turn) LIKE ? ESCAPE '!'))""",
            person.name, wanted, wanted,
        )  # fmt: skip
        return [info for info in found if self._says(info, text.lower())]

    def rename(self, thread: str, title: str, person: Person) -> None:
        """Raises NotYours."""
        self.own(thread, person)
        self._database.rows("UPDATE threads SET title = ? WHERE thread = ?", _title(title), thread)

    def delete(self, thread: str, person: Person) -> None:
        """Forget the conversation: its turns with their receipts, its changes, ratings and jobs. Raises NotYours."""
        self.own(thread, person)
        with self._database.all_or_nothing():
            for table in ("turns", "changes", "ratings", "thread_jobs", "threads"):
                self._database.rows(f"DELETE FROM {table} WHERE thread = ?", thread)

    def rate(self, thread: str, number: int, up: bool, comment: str, person: Person) -> None:
        """A thumb up or down for a turn, counted from 1; a later one replaces it. Raises NotYours or NoSuchTurn."""
        self.own(thread, person)
        turns = int(self._database.rows("SELECT count(*) FROM turns WHERE thread = ?", thread)[0][0])
        if not 1 <= number <= turns:
            raise NoSuchTurn(thread, number, turns)
        self._database.rows(
            """INSERT INTO ratings VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (thread, number) DO UPDATE
               SET up = excluded.up, comment = excluded.comment, "user" = excluded."user", at = excluded.at""",
            thread, number, int(up), comment, person.name, datetime.now(UTC).isoformat(),
        )  # fmt: skip

    def ratings(self, thread: str | None = None) -> list[Rating]:
        """All of them, or a conversation's; oldest first."""
        where, values = ("WHERE thread = ?", (thread,)) if thread else ("", ())
        rows = self._database.rows(
            f'SELECT thread, number, up, comment, "user", at FROM ratings {where} ORDER BY at',
            *values,
        )
        return [
            Rating(thread=row[0], number=row[1], up=bool(row[2]), comment=row[3], user=row[4],
                   at=datetime.fromisoformat(row[5]))
            for row in rows
        ]  # fmt: skip

    def _before(self, thread: str, number: int | None) -> tuple[int, Turn] | None:
        """The latest turn, or the latest before `number`."""
        rows = self._database.rows(
            "SELECT number, turn FROM turns WHERE thread = ? AND number < ? ORDER BY number DESC LIMIT 1",
            thread, number or 2**31 - 1,
        )  # fmt: skip
        return (rows[0][0], Turn.model_validate_json(rows[0][1])) if rows else None

    def _says(self, info: ThreadInfo, text: str) -> bool:
        """In words, and not only in the data of a result."""
        return text in info.title.lower() or any(
            text in said.lower() for turn in self.turns(info.thread) for said in (turn.message, turn.answer)
        )

    def _infos(self, where: str, *values: object) -> list[ThreadInfo]:
        rows = self._database.rows(
            f"""SELECT thread, "user", title, updated_at,
                      (SELECT count(*) FROM turns WHERE turns.thread = threads.thread),
                      (SELECT count(*) FROM changes WHERE changes.thread = threads.thread AND status = 'waiting')
               FROM threads WHERE {where} ORDER BY updated_at DESC""",
            *values,
        )
        return [
            ThreadInfo(
                thread=thread, user=user, title=title, turns=turns, waiting=waiting > 0,
                updated_at=datetime.fromisoformat(updated_at),
            )
            for thread, user, title, updated_at, turns, waiting in rows
        ]  # fmt: skip

    def add_job(self, thread: str, job_id: str) -> None:
        self._database.rows(
            "INSERT INTO thread_jobs (job_id, thread) VALUES (?, ?) ON CONFLICT DO NOTHING", job_id, thread
        )

    def owner_of_job(self, job_id: str) -> str | None:
        """In whose conversation it was started; None where it was started elsewhere."""
        sql = """SELECT threads."user" FROM thread_jobs JOIN threads ON threads.thread = thread_jobs.thread
                 WHERE job_id = ?"""
        rows = self._database.rows(sql, job_id)
        return str(rows[0][0]) if rows else None

    def untold_jobs(self, thread: str) -> list[str]:
        """Jobs started in the thread whose end it has not been told."""
        return [
            job_id
            for (job_id,) in self._database.rows(
                "SELECT job_id FROM thread_jobs WHERE thread = ? AND told = 0 ORDER BY job_id", thread
            )
        ]

    def tell_job(self, job_id: str) -> bool:
        """Mark a job's end as told; False where another process was quicker."""
        return bool(
            self._database.rows("UPDATE thread_jobs SET told = 1 WHERE job_id = ? AND told = 0 RETURNING 1", job_id)
        )


def _may_use(thread: str, person: Person) -> None:
    """Raises NotYours where the name is kept for somebody else, whether or not anything was said there."""
    if thread.startswith(KEPT) and thread.partition("-")[2] != person.name:
        raise NotYours(f"Names that begin with {thread[:4]} are kept for programs; choose another.")
    if thread.startswith(LOOP) and person.name != LOOP_SPEAKER:
        raise NotYours(f"Names that begin with {LOOP} are kept for the loop; choose another.")


def _like(text: str) -> str:
    """Lower case as JSON holds it, with LIKE's own signs taken literally."""
    quoted = json.dumps(text.lower(), ensure_ascii=False)[1:-1]
    return quoted.replace("!", "!!").replace("%", "!%").replace("_", "!_")


def _title(message: str) -> str:
    title = " ".join(message.split())
    return title if len(title) <= 60 else title[:59] + "…"
