"""The person's own conversations."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from agent.turns import ThreadInfo, Turn
from ui.api.asking import Asked, Gone, ThreadName

router = APIRouter(tags=["threads"])


class Title(BaseModel):
    model_config = ConfigDict(extra="forbid")
    title: str = Field(min_length=1, max_length=200)


class Thumb(BaseModel):
    model_config = ConfigDict(extra="forbid")
    up: bool
    comment: str = Field("", max_length=1000)


class Cancelled(BaseModel):
    was_running: bool


@router.get("/threads")
def list_threads(asked: Asked, q: Annotated[str, Query(max_length=200)] = "") -> list[ThreadInfo]:
    """Your conversations, the latest first; with `q`, those in which it was said."""
    return asked.copilot.search(q, asked.person) if q else asked.copilot.threads(asked.person)


@router.get("/threads/{thread}")
def read_thread(asked: Asked, thread: ThreadName) -> list[Turn]:
    """Every turn, oldest first."""
    _require(asked, thread)
    return asked.copilot.history(thread, asked.person)


@router.patch("/threads/{thread}", status_code=204)
def rename_thread(asked: Asked, thread: ThreadName, wanted: Title) -> None:
    """Give it another title."""
    _require(asked, thread)
    asked.copilot.rename(thread, wanted.title, asked.person)


@router.delete("/threads/{thread}", status_code=204)
def delete_thread(asked: Asked, thread: ThreadName) -> None:
    """Forget it; what was changed from it stays in the audit log."""
    _require(asked, thread)
    asked.copilot.delete(thread, asked.person)


@router.put("/threads/{thread}/turns/{number}/rating", status_code=204)
def rate_turn(asked: Asked, thread: ThreadName, number: int, thumb: Thumb) -> None:
    """A thumb for a turn, counted from 1."""
    _require(asked, thread)
    if not 1 <= number <= len(asked.copilot.history(thread, asked.person)):
        raise Gone(f"There is no turn {number} in {thread}.")
    asked.copilot.rate(thread, number, thumb.up, thumb.comment, asked.person)


@router.post("/threads/{thread}/cancel")
def cancel_turn(asked: Asked, thread: ThreadName) -> Cancelled:
    """Stop the turn that runs in it."""
    _require(asked, thread)
    return Cancelled(was_running=asked.copilot.cancel(thread, asked.person))


def _require(asked: Asked, thread: str) -> None:
    if not any(each.thread == thread for each in asked.copilot.threads(asked.person)):
        raise Gone(f"You have no conversation {thread!r}.")
