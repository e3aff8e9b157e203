"""Where a machine stands in the loop from drift to a better model: one small file a machine, replaced whole."""

from datetime import datetime
from typing import Literal

from pydantic import TypeAdapter

from models.results import Result, Task
from models.shadow import Shadow
from models.state_file import read_whole
from models.storage import Storage, whole_file

Stage = Literal["watching", "retraining", "training", "shadow", "promotion", "watched", "rollback"]


class LoopState(Result):
    """`calls`: the changes that wait or were answered, thread → id. `versions`: challengers, later those promoted."""

    machine_id: str
    stage: Stage = "watching"
    reason: str = ""
    calls: dict[str, str] = {}
    job_id: str | None = None
    versions: dict[Task, int] = {}
    since: datetime | None = None
    shadows: tuple[Shadow, ...] = ()
    drifted: bool | None = None  # None: it could not be told at the last look
    quiet_until: datetime | None = None  # a person said no; the same is not asked again before then
    note: str = ""  # what the last pass found, in a sentence
    passed_at: datetime | None = None

    def moved(self, stage: Stage, **changes: object) -> "LoopState":
        return LoopState.model_validate(self.model_dump() | {"stage": stage, "calls": {}} | changes)

    def noted(self, note: str, **changes: object) -> "LoopState":
        return LoopState.model_validate(self.model_dump() | {"note": note} | changes)


def read_loop(storage: Storage, machine_id: str) -> LoopState:
    """Raises DamagedState."""
    return read_whole(
        storage.loop(machine_id), _KIND, LoopState(machine_id=machine_id),
        f"move it away: the loop then begins anew for {machine_id}, and nothing in service changes.",
    )  # fmt: skip


def write_loop(storage: Storage, state: LoopState) -> None:
    with whole_file(storage.loop(state.machine_id)) as temporary:
        temporary.write_text(state.model_dump_json(indent=1))


_KIND = TypeAdapter(LoopState)
