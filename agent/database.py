"""Where conversations are kept: a SQLite file under HOME, or PostgreSQL where several servers share them."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.sqlite import SqliteSaver

TABLES = (
    """CREATE TABLE IF NOT EXISTS threads (
        thread TEXT PRIMARY KEY, "user" TEXT NOT NULL, title TEXT NOT NULL, updated_at TEXT NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS turns (
        thread TEXT NOT NULL, number INTEGER NOT NULL, turn TEXT NOT NULL, PRIMARY KEY (thread, number))""",
    """CREATE TABLE IF NOT EXISTS changes (
        thread TEXT NOT NULL, call_id TEXT NOT NULL, "user" TEXT NOT NULL, change TEXT NOT NULL, status TEXT NOT NULL,
        proposed_at TEXT NOT NULL, PRIMARY KEY (thread, call_id))""",
    """CREATE TABLE IF NOT EXISTS ratings (
        thread TEXT NOT NULL, number INTEGER NOT NULL, up INTEGER NOT NULL, comment TEXT NOT NULL, "user" TEXT NOT NULL,
        at TEXT NOT NULL, PRIMARY KEY (thread, number))""",
    """CREATE TABLE IF NOT EXISTS thread_jobs (
        job_id TEXT PRIMARY KEY, thread TEXT NOT NULL, told INTEGER NOT NULL DEFAULT 0)""",
)


class Database(Protocol):
    """Our own tables, and the checkpoints of what the brain has read. SQL that both kinds take, with ? for values."""

    @property
    def checkpointer(self) -> BaseCheckpointSaver[str]: ...

    def rows(self, sql: str, *values: object) -> list[tuple]: ...

    def all_or_nothing(self) -> AbstractContextManager[None]:
        """What is written inside is there whole, or not at all; other writers wait for it."""

    def keep_latest(self, thread: str) -> None:
        """Drop the thread's earlier checkpoints: each one holds all that the brain reads."""

    def close(self) -> None: ...


def open_database(path: Path, url: str | None) -> Database:
    """PostgreSQL at `url`, or the SQLite file at `path` where there is none. Raises UnreachableDatabase."""
    if url is None:
        return Sqlite(path)
    from agent.postgres import Postgres

    return Postgres(url)


class Sqlite:
    """One file, used by several threads of this process and by other processes."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=30)
        self._connection.create_function("lower", 1, str.lower, deterministic=True)  # its own knows ASCII only
        self._connection.execute("PRAGMA journal_mode = WAL")
        for table in TABLES:
            self._connection.execute(table)
        self._lock = threading.RLock()
        # the synchronous saver locks around each use: turns are run by threads, one turn a conversation
        self.checkpointer = SqliteSaver(sqlite3.connect(path, check_same_thread=False, timeout=30))
        self.checkpointer.setup()

    def rows(self, sql: str, *values: object) -> list[tuple]:
        with self._lock:
            return self._connection.execute(sql, values).fetchall()

    @contextmanager
    def all_or_nothing(self) -> Iterator[None]:
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def keep_latest(self, thread: str) -> None:
        latest = "(SELECT max(checkpoint_id) FROM checkpoints WHERE thread_id = ?)"
        with self.checkpointer.cursor() as cursor:
            for table in ("writes", "checkpoints"):
                sql = f"DELETE FROM {table} WHERE thread_id = ? AND checkpoint_id < {latest}"
                cursor.execute(sql, (thread, thread))

    def close(self) -> None:
        self.checkpointer.conn.close()
        with self._lock:
            self._connection.close()
