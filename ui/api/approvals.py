"""Changes that wait for a person: your own, and those put to your role."""

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from agent.approvals import NothingWaits
from agent.turns import Card, Decision, Turn
from ui.api.asking import Asked, ThreadName

router = APIRouter(tags=["approvals"])


class Decisions(BaseModel):
    """An answer for each change that it names; the others keep waiting."""

    model_config = ConfigDict(extra="forbid")
    decisions: list[Decision] = Field(min_length=1, max_length=50)


@router.get("/approvals")
def waiting(asked: Asked) -> list[Card]:
    """Cards that you may answer, oldest first."""
    return asked.copilot.waiting(asked.person)


@router.post("/approvals/{thread}")
def decide(asked: Asked, thread: ThreadName, answer: Decisions) -> Turn:
    """Approve, edit or reject each change of the card that waits in a conversation."""
    if asked.copilot.pending(thread, asked.person) is None:
        raise NothingWaits(answer.decisions[0].call_id)
    return asked.copilot.decide(thread, answer.decisions, by=asked.person)
