"""What the page asks for beside Gradio: its script and style, plots as plotly's JSON, files that tools have made."""

import mimetypes
from collections.abc import Callable
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from agent.access import Person
from agent.service import Copilot
from machine_profiles.errors import MillwrightError
from tools.plant import Plant
from ui.page import figures, machine
from ui.page.head import STATIC
from ui.page.person import person_of

SERVED = ("plots", "reports", "drift", "uploads")  # folders below HOME whose files a page may show
KEPT = {"Cache-Control": "public, max-age=31536000, immutable"}
# a report is a page of its own: it may style itself, and nothing else
ALONE = "sandbox allow-popups; default-src 'none'; style-src 'unsafe-inline'; img-src data:"
# Evidently's page draws its plots by the script that it holds
DRIFT = (
    "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; "
    "img-src data: blob:; font-src data:"
)


def routes(copilot: Copilot, plant: Plant) -> list[Route]:
    async def static(request: Request) -> Response:
        name = request.path_params["name"]
        path = _plotly() if name == "plotly.min.js" else STATIC / name
        if "/" in name or not path.is_file():
            return _missing("There is no such file.")
        return FileResponse(path, headers=KEPT)

    async def figure(request: Request) -> Response:
        thread, address = request.path_params["thread"], request.path_params["address"]
        return await _json(
            lambda: figures.draw(plant, copilot.history(thread, person_of(request)), address)
        )  # fmt: skip

    async def machine_figure(request: Request) -> Response:
        days = request.query_params.get("days", "30")
        days_back = int(days) if days.isdigit() else 30
        name, machine_id = request.path_params["name"], request.path_params["machine"]
        return await _json(lambda: machine.figure(plant, machine_id, name, days_back))

    async def file(request: Request) -> Response:
        return await run_in_threadpool(_file, plant, request.path_params["path"], person_of(request))

    return [
        Route("/static/{name}", static),
        Route("/figures/{thread}/{address:path}", figure),
        Route("/machine-figures/{machine}/{name}", machine_figure),
        Route("/files/{path:path}", file),
    ]


def _file(plant: Plant, path: str, person: Person | None) -> Response:
    try:
        found = plant.storage.absolute(path)
    except MillwrightError:
        return _missing("There is no such file.")
    if found.relative_to(plant.storage.home).parts[:1] not in [(name,) for name in SERVED] or not found.is_file():
        return _missing("There is no such file.")
    if person is not None and _is_anothers(plant, found, person):
        return _missing("There is no such file.")
    kind = mimetypes.guess_type(found.name)[0] or "application/octet-stream"
    headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "private, max-age=3600"}
    if kind == "text/html":
        headers["Content-Security-Policy"] = DRIFT if path.startswith("drift/") else ALONE
    elif not kind.startswith(("image/png", "image/jpeg", "application/pdf")):
        headers["Content-Disposition"] = f'attachment; filename="{found.name}"'
    return FileResponse(found, media_type=kind, headers=headers)


def _is_anothers(plant: Plant, path: Path, person: Person) -> bool:
    return path.is_relative_to(plant.storage.uploads) and not path.is_relative_to(plant.storage.uploads_of(person.name))


async def _json(make: Callable[[], dict[str, Any]]) -> Response:
    try:
        return JSONResponse(await run_in_threadpool(make), headers={"Cache-Control": "private, max-age=60"})
    except MillwrightError as error:
        return _missing(str(error))


def _missing(detail: str) -> Response:
    return JSONResponse({"detail": detail}, status_code=404)


def _plotly() -> Path:
    from importlib.util import find_spec

    found = find_spec("plotly")
    if found is None or found.origin is None:
        raise MillwrightError("plotly is not installed; install Millwright again from its lock file.")
    return Path(found.origin).parent / "package_data" / "plotly.min.js"
