"""Which versions of a model there are and which one is in service: one small file, replaced whole."""

from pathlib import Path

from pydantic import TypeAdapter

from models.results import Result
from models.state_file import read_whole
from models.storage import whole_file

STATE = "in_service.json"


class ServiceState(Result):
    """A version exists once it stands in `versions`. `former` are the champions before this one, oldest first."""

    versions: tuple[int, ...] = ()
    champion: int | None = None
    challenger: int | None = None
    former: tuple[int, ...] = ()

    def registered(self, version: int) -> "ServiceState":
        """With a new version: champion where none is in service, else challenger."""
        first = self.champion is None
        return self._with(
            versions=(*self.versions, version),
            champion=version if first else self.champion,
            challenger=self.challenger if first else version,
        )

    def promoted(self, version: int) -> "ServiceState":
        if version == self.champion:
            return self
        former = self.former if self.champion is None else (*self.former, self.champion)
        challenger = None if self.challenger == version else self.challenger
        return self._with(champion=version, challenger=challenger, former=former)

    def rolled_back(self) -> "ServiceState":
        """The champion before this one is champion again; `former` must not be empty."""
        return self._with(champion=self.former[-1], former=self.former[:-1])

    def alias(self, version: int) -> str | None:
        return {self.champion: "champion", self.challenger: "challenger"}.get(version)

    def _with(self, **changes: object) -> "ServiceState":
        return ServiceState.model_validate(self.model_dump() | changes)


def read_state(folder: Path) -> ServiceState:
    """The state of the models in `folder`; empty where none was ever registered. Raises DamagedState."""
    return read_whole(
        folder / STATE, _KIND, ServiceState(), f"move {folder.parent.name}/{folder.name} away and train again."
    )


def write_state(folder: Path, state: ServiceState) -> None:
    with whole_file(folder / STATE) as temporary:
        temporary.write_text(state.model_dump_json(indent=1))


_KIND = TypeAdapter(ServiceState)
