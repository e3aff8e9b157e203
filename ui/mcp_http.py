"""MCP over streamable HTTP at /mcp: the account's token says on whose behalf."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from mcp.server.context import ServerRequestContext
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from agent.access import Person
from agent.service import Copilot
from ui.mcp_server import mcp_server
from ui.page.person import person_of


class McpOverHttp:
    """Stateless: each request is judged by its own token. The door has checked who asks, the host and the origin."""

    def __init__(self, copilot: Copilot) -> None:
        self._copilot = copilot
        self._manager: StreamableHTTPSessionManager | None = None

    @property
    def route(self) -> Route:
        return Route("/mcp", self, methods=["GET", "POST", "DELETE"])

    @asynccontextmanager
    async def running(self, app: FastAPI) -> AsyncIterator[None]:
        """For the application's lifespan; it may be begun again."""
        self._manager = StreamableHTTPSessionManager(mcp_server(self._copilot, self._who), stateless=True)
        async with self._manager.run():
            yield

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self._manager is not None, "the application's lifespan has not begun"
        await self._manager.handle_request(scope, receive, send)

    def _who(self, context: ServerRequestContext[Any]) -> Person:
        return person_of(context.request) or self._copilot.person
