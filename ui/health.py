"""Whether it lives, whether it is ready, and what Prometheus reads."""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from agent import metrics
from agent.service import Copilot
from machine_profiles.errors import MillwrightError


def routes(copilot: Copilot) -> list[Route]:
    async def live(request: Request) -> Response:
        return JSONResponse({"live": True})

    async def ready(request: Request) -> Response:
        try:
            await run_in_threadpool(_look, copilot)
        except MillwrightError:
            return JSONResponse({"ready": False}, 503)
        return JSONResponse({"ready": True})

    async def scraped(request: Request) -> Response:
        return Response(await run_in_threadpool(metrics.exposition, copilot), media_type=metrics.CONTENT_TYPE)

    return [Route("/healthz", live), Route("/readyz", ready), Route("/metrics", scraped)]


def _look(copilot: Copilot) -> None:
    copilot.plant.storage.require_writable()
    copilot.changes_waiting()
