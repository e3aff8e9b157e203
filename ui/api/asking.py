"""What every endpoint has at hand: the copilot, who asks, and a tool called in their name."""

from typing import Annotated, Any, TypeVar

from fastapi import Depends, Path, Query, Request

from agent.access import NotAllowed, Person, Role, reaches
from agent.service import Copilot
from machine_profiles.errors import MillwrightError
from machine_profiles.profile import Profile
from models.results import Result
from ui.page.person import person_of

Answer = TypeVar("Answer", bound=Result)
ThreadName = Annotated[str, Path(min_length=1, max_length=80, pattern=r"^[A-Za-z0-9][A-Za-z0-9._@-]*$")]
Window = Annotated[str, Query(pattern=r"^([1-9][0-9]{0,2}[hd]|[1-9][0-9]?w)$", examples=["24h", "7d", "2w"])]
MachineName = Annotated[str, Path(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_]+$")]


class Gone(MillwrightError):
    """Something asked for by its name is not there."""


class Asking:
    """The copilot and the plant on behalf of one person."""

    def __init__(self, copilot: Copilot, person: Person) -> None:
        self.copilot, self.person, self.plant = copilot, person, copilot.plant

    @property
    def thread(self) -> str:
        """The conversation that a person's calls by REST stand in."""
        return f"api-{self.person.name}"

    def machine(self, machine_id: str) -> Profile:
        return self.plant.machines[machine_id]

    def need(self, least: Role) -> None:
        """Raises NotAllowed below that role."""
        if not reaches(self.person.role, least):
            raise NotAllowed(f"{self.person.name} is {self.person.role}; this takes {least}.")

    def call(self, tool: str, kind: type[Answer], **arguments: Any) -> Answer:
        """Call a tool with its receipts and rights; its typed result."""
        turn = self.copilot.call(self.thread, tool, arguments, by=self.person)
        return kind.model_validate(turn.calls[0].result)


def asking(request: Request) -> Asking:
    copilot: Copilot = request.app.state.copilot
    return Asking(copilot, person_of(request) or copilot.person)


Asked = Annotated[Asking, Depends(asking)]
