"""Conversations on disk: their turns, the changes that wait in them, and the jobs they started."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from agent.turns import ThreadInfo, Turn

_TABLES = """
PRAGMA journal_mode = WAL;
CREATE TABLE IF NOT EXISTS threads (
    thread TEXT PRIMARY KEY, user TEXT NOT NULL, title TEXT NOT NULL, updated_at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS turns (
    thread TEXT NOT NULL, number INTEGER NOT NULL, turn TEXT NOT NULL, PRIMARY KEY (thread, number));
CREATE TABLE IF NOT EXISTS changes (
    thread TEXT NOT NULL, call_id TEXT NOT NULL, user TEXT NOT NULL, change TEXT NOT NULL, status TEXT NOT NULL,
    proposed_at TEXT NOT NULL, PRIMARY KEY (thread, call_id));
CREATE TABLE IF NOT EXISTS thread_jobs (
    job_id TEXT PRIMARY KEY, thread TEXT NOT NULL, told INTEGER NOT NULL DEFAULT 0);
"""


class Database:
    """One SQLite file, used by several threads of this process and by other processes."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=30)
        self._connection.executescript(_TABLES)
        self._lock = threading.RLock()

    def rows(self, sql: str, *values: object) -> list[tuple]:
        with self._lock:
            return self._connection.execute(sql, values).fetchall()

    @contextmanager
    def all_or_nothing(self) -> Iterator[None]:
        """What is written inside is there whole, or not at all; others wait for it."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def close(self) -> None:
        with self._lock:
            self._connection.close()


class Threads:
    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, turn: Turn, user: str) -> None:
        now = datetime.now(UTC).isoformat()
        with self._database.all_or_nothing():
            self._database.rows(
                """INSERT INTO threads VALUES (?, ?, ?, ?)
                   ON CONFLICT (thread) DO UPDATE SET updated_at = excluded.updated_at""",
                turn.thread, user, _title(turn), now,
            )  # fmt: skip
            self._database.rows(
                "INSERT INTO turns SELECT ?, 1 + coalesce(max(number), 0), ? FROM turns WHERE thread = ?",
                turn.thread, turn.model_dump_json(), turn.thread,
            )  # fmt: skip

    def turns(self, thread: str) -> list[Turn]:
        """Oldest first; empty for a thread nobody has spoken in."""
        rows = self._database.rows("SELECT turn FROM turns WHERE thread = ? ORDER BY number", thread)
        return [Turn.model_validate_json(turn) for (turn,) in rows]

    def receipts_given(self, thread: str) -> int:
        """How many receipts its turns carry; the next one is numbered on from there."""
        sql = "SELECT coalesce(sum(json_array_length(turn, '$.receipts')), 0) FROM turns WHERE thread = ?"
        return int(self._database.rows(sql, thread)[0][0])

    def overview(self) -> list[ThreadInfo]:
        """The one spoken in last, first."""
        rows = self._database.rows(
            """SELECT thread, user, title, updated_at,
                      (SELECT count(*) FROM turns WHERE turns.thread = threads.thread),
                      (SELECT count(*) FROM changes WHERE changes.thread = threads.thread AND status = 'waiting')
               FROM threads ORDER BY updated_at DESC"""
        )
        return [
            ThreadInfo(
                thread=thread, user=user, title=title, turns=turns, waiting=waiting > 0,
                updated_at=datetime.fromisoformat(updated_at),
            )
            for thread, user, title, updated_at, turns, waiting in rows
        ]  # fmt: skip

    def add_job(self, thread: str, job_id: str) -> None:
        self._database.rows("INSERT OR IGNORE INTO thread_jobs (job_id, thread) VALUES (?, ?)", job_id, thread)

    def untold_jobs(self, thread: str) -> list[str]:
        """Jobs started in the thread whose end it has not been told."""
        return [
            job_id
            for (job_id,) in self._database.rows(
                "SELECT job_id FROM thread_jobs WHERE thread = ? AND NOT told ORDER BY rowid", thread
            )
        ]

    def tell_job(self, job_id: str) -> bool:
        """Mark a job's end as told; False where another process was quicker."""
        return bool(
            self._database.rows("UPDATE thread_jobs SET told = 1 WHERE job_id = ? AND NOT told RETURNING 1", job_id)
        )


def _title(turn: Turn) -> str:
    title = " ".join(turn.message.split())
    return title if len(title) <= 60 else title[:59] + "…"
