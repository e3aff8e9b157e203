"""Conversations in PostgreSQL: the same tables and checkpoints, for several servers at once."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from langgraph.checkpoint.postgres import PostgresSaver
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool

from agent.database import TABLES
from machine_profiles.errors import MillwrightError

CONNECTIONS = 8  # of each kind, at most
SETTING_UP, WRITING = 560_001, 560_002  # advisory locks, of numbers that nobody else is likely to take


class UnreachableDatabase(MillwrightError):
    def __init__(self, error: psycopg.Error) -> None:
        reason = " ".join(str(error).split()) or type(error).__name__
        super().__init__(
            f"The database that MILLWRIGHT_DATABASE_URL names cannot be used: {reason}. It is written as "
            "postgresql://user:password@host:5432/name; without it conversations are kept in a file under HOME."
        )


class Postgres:
    def __init__(self, url: str) -> None:
        """Raises UnreachableDatabase."""
        try:
            with psycopg.connect(url, autocommit=True, connect_timeout=10) as connection:
                self._set_up(connection)
        except psycopg.Error as error:
            raise UnreachableDatabase(error) from error
        self._pool = ConnectionPool(
            url, min_size=1, max_size=CONNECTIONS, open=True, kwargs={"autocommit": True},
            check=ConnectionPool.check_connection,
        )  # fmt: skip
        self._saver_pool = ConnectionPool(
            url, min_size=1, max_size=CONNECTIONS, open=True, check=ConnectionPool.check_connection,
            kwargs={"autocommit": True, "prepare_threshold": 0, "row_factory": dict_row},
        )  # fmt: skip
        self.checkpointer = PostgresSaver(self._saver_pool)  # type: ignore[arg-type]  # its rows are dicts
        self._mine = threading.local()

    def rows(self, sql: str, *values: object) -> list[tuple]:
        with self._connection() as connection:
            cursor = connection.execute(sql.replace("?", "%s"), values)
            return cursor.fetchall() if cursor.description else []

    @contextmanager
    def all_or_nothing(self) -> Iterator[None]:
        with self._pool.connection() as connection, connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (WRITING,))
            self._mine.connection = connection
            try:
                yield
            finally:
                self._mine.connection = None

    def keep_latest(self, thread: str) -> None:
        try:
            self.checkpointer.prune([thread], strategy="keep_latest")
        except psycopg.errors.SerializationFailure:
            return  # another server is at the same conversation; the next turn drops them

    def close(self) -> None:
        self._pool.close()
        self._saver_pool.close()

    @contextmanager
    def _connection(self) -> Iterator[psycopg.Connection]:
        if (held := getattr(self._mine, "connection", None)) is not None:
            yield held
        else:
            with self._pool.connection() as connection:
                yield connection

    def _set_up(self, connection: psycopg.Connection) -> None:
        """One server at a time makes the tables."""
        connection.execute("SELECT pg_advisory_lock(%s)", (SETTING_UP,))
        try:
            for table in TABLES:
                connection.execute(table)
            with psycopg.connect(
                connection.info.dsn, password=connection.info.password, autocommit=True, prepare_threshold=0,
                row_factory=dict_row,
            ) as own:  # fmt: skip
                PostgresSaver(own).setup()
        finally:
            connection.execute("SELECT pg_advisory_unlock(%s)", (SETTING_UP,))
