"""Talking by REST: a whole turn, or its events as they happen."""

import asyncio
from collections.abc import AsyncIterator

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from agent.turns import Event, Turn
from machine_profiles.errors import MillwrightError
from ui.api.asking import Asked, ThreadName

router = APIRouter(tags=["chat"])


class Said(BaseModel):
    model_config = ConfigDict(extra="forbid")
    message: str = Field(min_length=1, max_length=4000)


@router.post("/threads/{thread}/messages")
def say(asked: Asked, thread: ThreadName, said: Said) -> Turn:
    """Say something; the answer when the turn has ended."""
    return asked.copilot.say(thread, said.message, by=asked.person)


@router.post(
    "/threads/{thread}/messages/stream",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {}}, "description": "Events, then the turn or a problem."}},
)
async def stream(asked: Asked, thread: ThreadName, said: Said) -> StreamingResponse:
    """Say something; server-sent events tool_started, tool_done, text and card, then `turn` with the whole turn."""
    await run_in_threadpool(asked.copilot.history, thread, asked.person)  # refused before it begins
    return StreamingResponse(_events(asked, thread, said.message), media_type="text/event-stream")


async def _events(asked: Asked, thread: str, message: str) -> AsyncIterator[str]:
    loop, queue = asyncio.get_running_loop(), asyncio.Queue[Event | None]()

    def told(event: Event) -> None:
        loop.call_soon_threadsafe(queue.put_nowait, event)

    def run() -> Turn:
        try:
            return asked.copilot.say(thread, message, on_event=told, by=asked.person)
        finally:
            loop.call_soon_threadsafe(queue.put_nowait, None)

    turn = asyncio.create_task(run_in_threadpool(run))
    while (event := await queue.get()) is not None:
        yield f"event: {event.kind}\ndata: {event.model_dump_json()}\n\n"
    try:
        yield f"event: turn\ndata: {(await turn).model_dump_json()}\n\n"
    except MillwrightError as error:
        yield f"event: problem\ndata: {Said(message=str(error)).model_dump_json()}\n\n"
