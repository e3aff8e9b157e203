"""The web application: the page, what it asks for, and the models; on one port."""

from collections.abc import Sequence

import gradio as gr
from fastapi import FastAPI
from starlette.datastructures import MutableHeaders
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agent.service import Copilot
from tools.plant import Plant
from ui import health
from ui.api.app import api
from ui.mcp_http import McpOverHttp
from ui.page import routes
from ui.page._app import build_page, theme
from ui.page.head import head
from ui.page.uploads import LARGEST_BYTES
from ui.signing_in import page as signing_in
from ui.signing_in.door import Door, Guarded

# Gradio compiles its components' templates in the browser, hence unsafe-eval; no other host is ever asked
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
)
HEADERS = {
    "Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin",
}  # fmt: skip


def web_app(copilot: Copilot, plant: Plant, more: Sequence[BaseRoute] = (), door: Door | None = None) -> FastAPI:
    """`more` are routes of others, such as the models'; the page is mounted last, at the root.

    The `door` says who may come in.
    """
    door = door or Door(plant.storage)
    tools = McpOverHttp(copilot)
    app = FastAPI(title="Millwright", docs_url=None, redoc_url=None, openapi_url=None, lifespan=tools.running)
    app.add_middleware(Guarded, door=door)
    app.add_middleware(_Secured)
    ours = [*health.routes(copilot), *signing_in.routes(door, copilot.person), tools.route]
    app.router.routes.extend([*ours, *more, *routes.routes(copilot, plant)])
    app.mount("/api/v1", api(copilot))
    page = build_page(copilot, plant)
    app = gr.mount_gradio_app(
        app, page, path="", head=head(), theme=theme(), footer_links=[], run_history=False, show_error=False,
        max_file_size=LARGEST_BYTES, ssr_mode=False, enable_monitoring=False,
    )  # fmt: skip
    page.has_launched = True  # else Gradio serves any local file by its path
    return app


class _Secured:
    """Adds the headers that hold for every answer which does not state its own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, with_headers if scope["type"] == "http" else send)
