"""Accounts: names, roles, hashed passwords, and tokens for programs; one file under HOME that only its owner reads."""

import hashlib
import json
import os
import re
import secrets
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING

from agent.access import ROLES, Person, Role
from machine_profiles.errors import MillwrightError
from models.locks import locked
from models.results import Result
from models.storage import Storage, whole_file

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST_PASSWORD, LONGEST_PASSWORD = 10, 256
TOKEN_PREFIX = "mw_"
OURS = "millwright-"  # names of what speaks by itself, such as the loop
_NAME = re.compile(r"[a-z0-9][a-z0-9._@-]{0,62}")


class BadAccount(MillwrightError):
    """A name, role, password or token that cannot be; the text says what would be right."""


class Token(Result):
    """A program's key; only its SHA-256 is kept."""

    label: str
    sha256: str
    made_at: datetime


class Account(Result):
    name: str
    role: Role
    password: str  # argon2id, with its salt and cost; empty where a proxy signs the person in
    tokens: tuple[Token, ...] = ()

    @property
    def proxied(self) -> bool:
        """Whether the person of this name is whom the reverse proxy says; else a proxy's word for it is refused."""
        return not self.password

    @property
    def person(self) -> Person:
        return Person(name=self.name, role=self.role, confined=True)


class Accounts:
    """Read afresh whenever the file has changed, so that a removed account is out at its next request."""

    def __init__(self, storage: Storage) -> None:
        self._path = storage.accounts
        self._read: tuple[tuple[int, int, int] | None, dict[str, Account]] = (None, {})

    def all(self) -> dict[str, Account]:
        """By name. Raises BadAccount where the file is damaged: nobody gets in by it."""
        try:
            stat = self._path.stat()
        except FileNotFoundError:
            return {}
        state = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
        if state != self._read[0]:
            try:
                listed = [Account.model_validate(each) for each in json.loads(self._path.read_text())]
            except ValueError as error:
                raise BadAccount(f"{self._path} cannot be read; restore it from a backup.") from error
            self._read = (state, {account.name: account for account in listed})
        return self._read[1]

    def add(self, name: str, role: str, password: str | None) -> Account:
        """Without a password it is for tokens, and for whom the reverse proxy signs in by this name.

        Raises BadAccount where the name is taken or anything of it does not fit.
        """
        if not _NAME.fullmatch(name) or name.startswith(OURS):
            raise BadAccount(
                f"{name!r} is no account name. Use small letters, digits, and . _ @ - (at most 63), "
                f"and do not begin with {OURS}."
            )
        account = Account(name=name, role=_role(role), password="" if password is None else _hashed(password))
        with self._changing() as accounts:
            if name in accounts:
                raise BadAccount(f"There is an account {name} already. Remove it first, or choose another name.")
            accounts[name] = account
        return account

    def remove(self, name: str) -> None:
        with self._changing() as accounts:
            del accounts[_known(accounts, name)]

    def set_password(self, name: str, password: str) -> None:
        """Whoever is signed in by the old one is signed out."""
        hashed = _hashed(password)
        with self._changing() as accounts:
            accounts[name] = accounts[_known(accounts, name)].model_copy(update={"password": hashed})

    def set_role(self, name: str, role: str) -> None:
        with self._changing() as accounts:
            accounts[name] = accounts[_known(accounts, name)].model_copy(update={"role": _role(role)})

    def new_token(self, name: str, label: str) -> str:
        """A token for a program of this account; it cannot be shown again."""
        token = TOKEN_PREFIX + secrets.token_urlsafe(32)
        kept = Token(label=label, sha256=_digest(token), made_at=datetime.now(UTC))
        with self._changing() as accounts:
            account = accounts[_known(accounts, name)]
            if any(each.label == label for each in account.tokens):
                raise BadAccount(f"{name} has a token {label!r} already. Revoke it first, or choose another label.")
            accounts[name] = account.model_copy(update={"tokens": (*account.tokens, kept)})
        return token

    def revoke_token(self, name: str, label: str) -> None:
        with self._changing() as accounts:
            account = accounts[_known(accounts, name)]
            left = tuple(each for each in account.tokens if each.label != label)
            if len(left) == len(account.tokens):
                raise BadAccount(f"{name} has no token {label!r}.")
            accounts[name] = account.model_copy(update={"tokens": left})

    def by_password(self, name: str, password: str) -> Account | None:
        """None for a wrong name as for a wrong password, and after as long a time."""
        from argon2.exceptions import VerifyMismatchError

        account = self.all().get(name)
        try:
            _hasher().verify(account.password or _nobody() if account else _nobody(), password[:LONGEST_PASSWORD])
        except VerifyMismatchError:
            return None
        return account

    def by_token(self, token: str) -> Account | None:
        digest = _digest(token)
        for account in self.all().values():
            if any(secrets.compare_digest(each.sha256, digest) for each in account.tokens):
                return account
        return None

    def _changing(self) -> "_Changing":
        return _Changing(self)


class _Changing:
    """The accounts, locked while they are changed, and written whole when that went well."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts
        self._lock = locked(accounts._path.with_name(".accounts.lock"))

    def __enter__(self) -> dict[str, Account]:
        self._lock.__enter__()
        self._held = dict(self._accounts.all())
        return self._held

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        try:
            if kind is None:
                with whole_file(self._accounts._path) as temporary:
                    os.chmod(temporary, 0o600)
                    listed = [account.model_dump(mode="json") for account in self._held.values()]
                    temporary.write_text(json.dumps(listed, indent=1))
        finally:
            self._lock.__exit__(None, None, None)


def _known(accounts: dict[str, Account], name: str) -> str:
    if name not in accounts:
        raise BadAccount(f"No account {name!r}. There are: {', '.join(sorted(accounts)) or 'none yet'}.")
    return name


def _role(role: str) -> Role:
    for each in ROLES:
        if each == role:
            return each
    raise BadAccount(f"{role!r} is no role. Roles are {', '.join(ROLES)}.")


def _hashed(password: str) -> str:
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise BadAccount(f"A password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters.")
    return _hasher().hash(password)


@cache
def _hasher() -> "PasswordHasher":
    from argon2 import PasswordHasher

    return PasswordHasher()  # argon2id, RFC 9106's low-memory cost


@cache
def _nobody() -> str:
    return _hasher().hash(secrets.token_hex(16))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
