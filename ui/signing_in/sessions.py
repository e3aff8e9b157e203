"""Sessions: a random cookie, kept here by its hash; lost at a restart, so that everybody signs in again."""

import hashlib
import secrets
import threading
import time
from collections.abc import Callable
from typing import NamedTuple

from agent.accounts import Account, Accounts

LASTS_S = 12 * 3600.0
IDLE_S = 2 * 3600.0


class _Session(NamedTuple):
    name: str
    password: str  # the hash it began with; another one ends it
    began: float
    seen: float


class Sessions:
    """Safe to use from several threads."""

    def __init__(self, accounts: Accounts, clock: Callable[[], float] = time.monotonic) -> None:
        self._accounts, self._clock = accounts, clock
        self._held: dict[str, _Session] = {}
        self._lock = threading.Lock()

    def begin(self, account: Account) -> str:
        """The value of a new cookie. Nothing that a browser sent becomes one."""
        cookie, now = secrets.token_urlsafe(32), self._clock()
        with self._lock:
            self._held = {key: each for key, each in self._held.items() if not _over(each, now)}
            self._held[_key(cookie)] = _Session(account.name, account.password, now, now)
        return cookie

    def account(self, cookie: str) -> Account | None:
        """Who it stands for; None where it is unknown or over, or the account is gone or has another password."""
        now = self._clock()
        with self._lock:
            session = self._held.get(_key(cookie))
            if session is None:
                return None
            account = self._accounts.all().get(session.name)
            if _over(session, now) or account is None or account.password != session.password:
                del self._held[_key(cookie)]
                return None
            self._held[_key(cookie)] = session._replace(seen=now)
        return account

    def end(self, cookie: str) -> None:
        with self._lock:
            self._held.pop(_key(cookie), None)


def _over(session: _Session, now: float) -> bool:
    return now - session.began > LASTS_S or now - session.seen > IDLE_S


def _key(cookie: str) -> str:
    return hashlib.sha256(cookie.encode()).hexdigest()
