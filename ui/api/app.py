"""The REST application: its subjects, its page of endpoints, and how it refuses."""

import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response

from agent.access import NotAllowed, NotYours
from agent.accounts import BadAccount
from agent.approvals import NothingWaits
from agent.service import Copilot
from agent.threads import NoSuchTurn
from machine_profiles.errors import MillwrightError, UnknownMachine
from models.jobs import UnknownJob
from ui.api import (
    approvals,
    audit,
    chat,
    drift,
    images,
    jobs,
    machine_health,
    machines,
    models,
    reports,
    telemetry,
    threads,
)  # fmt: skip
from ui.api.asking import Gone
from ui.api.listing import listing
from ui.problem import Problem, problem

log = logging.getLogger(__name__)
SUBJECTS = (chat, threads, approvals, machines, telemetry, machine_health, images, drift, jobs, models, reports, audit)
STATUS: tuple[tuple[type[MillwrightError], int], ...] = (
    (NotAllowed, 403), (NotYours, 404), (UnknownMachine, 404), (UnknownJob, 404), (Gone, 404), (NoSuchTurn, 404),
    (NothingWaits, 409), (BadAccount, 500),
)  # fmt: skip
_SAID = {"model": Problem, "content": {"application/problem+json": {}}}
REFUSALS: dict[int | str, dict[str, Any]] = {
    400: {**_SAID, "description": "It cannot be done; the detail says why and what would be right."},
    401: {**_SAID, "description": "Nobody is signed in."},
    403: {**_SAID, "description": "The role does not reach that far."},
    404: {**_SAID, "description": "There is no such thing, or it is somebody else's."},
    409: {**_SAID, "description": "It was settled already."},
    413: {**_SAID, "description": "The body is too large."},
    422: {**_SAID, "description": "The request does not have the stated form."},
    429: {**_SAID, "description": "Too many requests."},
}


def api(copilot: Copilot) -> FastAPI:
    """To be mounted at /api/v1, behind the door."""
    app = FastAPI(
        title="Millwright", version="1", docs_url=None, redoc_url=None, openapi_url="/openapi.json",
        description="A predictive-maintenance copilot. Hours are operating hours, times UTC.", responses=REFUSALS,
        root_path_in_servers=True,
    )  # fmt: skip
    app.state.copilot = copilot
    for subject in SUBJECTS:
        app.include_router(subject.router)
    app.add_exception_handler(MillwrightError, _refused)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(Exception, _crashed)

    @app.get("/docs", include_in_schema=False)
    def docs() -> Response:
        return HTMLResponse(listing(app.openapi()))

    return app


async def _refused(request: Request, error: Exception) -> Response:
    status = next((status for kind, status in STATUS if isinstance(error, kind)), 400)
    return problem(status, str(error))


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return problem(error.status_code, str(error.detail), dict(error.headers or {}))


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    faults = [{"at": list(map(str, each["loc"])), "what": each["msg"]} for each in error.errors()]
    said = "; ".join(f"{'.'.join(each['at'])}: {each['what']}" for each in faults[:5])
    return problem(422, said, errors=faults)


async def _crashed(request: Request, error: Exception) -> Response:
    log.error("%s %s crashed", request.method, request.url.path, exc_info=error)
    return problem(500, "Something went wrong on our side; the details are in the log.")
