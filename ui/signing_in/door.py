"""The door: every request gets its person here, or is turned away."""

import ipaddress
import re
from typing import Any
from urllib.parse import quote, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agent.access import ROLES, Person
from agent.accounts import OURS, Accounts
from machine_profiles.errors import MillwrightError
from models.storage import Storage
from settings import Settings
from ui.problem import problem
from ui.signing_in.limits_of_use import Limits
from ui.signing_in.sessions import Sessions

COOKIE = "millwright_session"
OPEN = ("/sign-in", "/healthz", "/readyz", "/static/page.css", "/static/icon.svg")
LARGEST_BODY = 64_000_000
LARGEST_API_BODY = 21_000_000
FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")
_SAFE = ("GET", "HEAD", "OPTIONS")


_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,62}")


class NotThatName(MillwrightError):
    """A proxy names somebody who would be taken for another person."""


class Door:
    """Who is behind a connection, by session, token or trusted proxy.

    Where there are no accounts and no proxy speaks, only this computer is let in, as the person who runs Millwright.
    """

    def __init__(self, storage: Storage, settings: Settings | None = None) -> None:
        self.accounts = Accounts(storage)
        self.sessions = Sessions(self.accounts)
        self.limits = Limits()
        self._header = settings.auth_header if settings else None
        self._role_header = settings.auth_role_header if settings else None
        self._proxies = proxies(settings.trusted_proxies) if settings else ()
        self._owner = settings.user if settings else ""
        self._guarded = bool(self.accounts.all())

    @property
    def is_guarded(self) -> bool:
        """Whether people are told apart. Once they are, they are until the server ends: the last account's removal
        opens nothing."""
        self._guarded = self._guarded or bool(self.accounts.all()) or bool(self._header and self._proxies)
        return self._guarded

    def person(self, connection: HTTPConnection) -> Person | None:
        """Raises BadAccount where the accounts cannot be read, NotThatName where a proxy's word is not taken."""
        if self._header and self._from_proxy(connection) and (name := connection.headers.get(self._header)):
            return self._proxied(name, connection.headers.get(self._role_header) if self._role_header else None)
        kind, _, token = connection.headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer":
            account = self.accounts.by_token(token.strip())
            if account is None:
                self.limits.wrong_token(self.address(connection))
            return account.person if account else None
        account = self.sessions.account(connection.cookies.get(COOKIE, ""))
        return account.person if account else None

    def address(self, connection: HTTPConnection) -> str:
        """The client's; a trusted proxy's client's."""
        direct = connection.client.host if connection.client else ""
        if self._from_proxy(connection) and (told := connection.headers.get("x-forwarded-for")):
            return told.rsplit(",", 1)[-1].strip()
        return direct

    def is_https(self, connection: HTTPConnection) -> bool:
        told = connection.headers.get("x-forwarded-proto") if self._from_proxy(connection) else None
        return (told or connection.url.scheme) in ("https", "wss")

    def _proxied(self, name: str, stated: str | None) -> Person:
        """Whom a proxy names. A name is one person: nobody comes in by one that has another way in."""
        if not _NAME.fullmatch(name) or name.lower().startswith(OURS):
            raise NotThatName(
                f"The proxy's name for you cannot be taken: letters, digits, and . _ @ - (at most 63), not {OURS}…."
            )
        accounts = self.accounts.all()
        own_way = {each.name for each in accounts.values() if not each.proxied} | ({self._owner} - accounts.keys())
        if name.lower() in {each.lower() for each in own_way}:
            raise NotThatName(
                f"The proxy says {name}, and somebody of this name has another way in. Where the two are one person: "
                f"millwright users add {name.lower()} --role ROLE --proxied (without a password, for tokens)."
            )
        account = accounts.get(name)
        least = account.role if account and not self._role_header else "viewer"
        return Person(name=name, role=next((each for each in ROLES if each == stated), least), confined=True)

    def _from_proxy(self, connection: HTTPConnection) -> bool:
        try:
            client = ipaddress.ip_address(connection.client.host if connection.client else "")
        except ValueError:
            return False
        return any(client in network for network in self._proxies)


class Guarded:
    """Puts the person into `scope["state"]["person"]`, where the page, REST, MCP and the models look."""

    def __init__(self, app: ASGIApp, door: Door) -> None:
        self._app, self._door = app, door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        turned_away, receive = await self._judge(connection, scope, receive)
        if turned_away is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await turned_away(scope, receive, send)

    async def _judge(
        self, connection: HTTPConnection, scope: Scope, receive: Receive
    ) -> tuple[Response | None, Receive]:
        door, path = self._door, scope["path"]
        if (length := connection.headers.get("content-length", "0")).isdigit() and int(length) > LARGEST_BODY:
            return problem(413, f"A body has at most {LARGEST_BODY / 1e6:.0f} MB."), receive
        if not is_own_page(scope):
            return problem(403, "This was asked by the page of another site; ask from Millwright's own."), receive
        guarded = door.is_guarded
        if not guarded and not is_this_computer(connection.headers.get("host", "")):
            return problem(421, "Without accounts, only http://127.0.0.1 and http://localhost are answered."), receive
        if not guarded and any(name in connection.headers for name in FORWARDED):
            return problem(421, "A proxy asks for somebody else, and there are no accounts to tell who."), receive
        if guarded:
            if "authorization" in connection.headers and not door.limits.may_show_token(door.address(connection)):
                return _too_often(), receive
            try:
                person = await run_in_threadpool(door.person, connection)
            except NotThatName as error:
                return problem(403, str(error)), receive
            if person is None and path not in OPEN:
                return _unknown(connection, scope), receive
            if person is not None:
                if not door.limits.may_ask(person.name):
                    return _too_often(), receive
                state = scope.setdefault("state", {})
                state["person"] = person
        if scope["type"] == "http" and path.startswith(("/api/", "/sign-")):
            return await _held_body(receive)
        return None, receive


def proxies(stated: str) -> tuple[Any, ...]:
    """Networks out of `10.0.0.1, 192.168.0.0/24`. Raises ValueError."""
    return tuple(ipaddress.ip_network(each.strip(), strict=False) for each in stated.split(",") if each.strip())


def is_this_computer(host: str) -> bool:
    """Whether a Host header names this computer; another name that leads here is DNS rebinding."""
    name = urlsplit(f"//{host}").hostname or ""
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def is_own_page(scope: Scope) -> bool:
    """False where a browser says that another site's page asks for something other than a look."""
    if scope["type"] == "http" and scope["method"] in _SAFE:
        return True
    headers = Headers(scope=scope)
    if site := headers.get("sec-fetch-site"):
        return site in ("same-origin", "none")
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc == headers.get("host")


async def _held_body(receive: Receive) -> tuple[Response | None, Receive]:
    """The body read to its end, so that no handler meets one that is too large."""
    parts, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            return None, receive
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > LARGEST_API_BODY:
            return problem(413, f"A body has at most {LARGEST_API_BODY / 1e6:.0f} MB here."), receive
        more = message.get("more_body", False)
    held: list[Message] = [{"type": "http.request", "body": b"".join(parts), "more_body": False}]

    async def again() -> Message:
        return held.pop() if held else await receive()

    return None, again


def _unknown(connection: HTTPConnection, scope: Scope) -> Response:
    if scope["type"] == "http" and scope["method"] == "GET" and "text/html" in connection.headers.get("accept", ""):
        return RedirectResponse(f"/sign-in?next={quote(scope['path'])}", 303)
    return problem(
        401, "Sign in at /sign-in, or send a token: Authorization: Bearer mw_….", {"WWW-Authenticate": "Bearer"}
    )


def _too_often() -> Response:
    return problem(429, "Too many requests; wait a minute.", {"Retry-After": "60"})
