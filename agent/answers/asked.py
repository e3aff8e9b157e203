"""What was asked, as far as an answer's wording depends on it."""

from dataclasses import dataclass, field
from typing import Literal

from machine_profiles.profile import Kind, Profile
from machine_profiles.reading import Catalog

Topic = Literal["overview", "ratings", "limits", "sensors", "failure_modes", "maintenance"]


@dataclass(frozen=True)
class Asked:
    """`catalog` gives names, units and cycles; without it machines are called by their ids.

    `not_done` are steps of the message that were not taken, each with its reason, in words. `horizon` is how the
    person put the time ahead ("over the weekend"), and `sensors` the ones asked about, primary first.
    """

    text: str = ""
    catalog: Catalog | None = None
    machine_id: str | None = None
    machine_from_history: bool = False
    topic: Topic = "overview"
    rating: str | None = None  # one rated figure asked for, by its name in the profile
    sensors: tuple[str, ...] = ()
    horizon: str | None = None
    not_done: tuple[str, ...] = field(default=())

    def time_unit(self, machine_id: str | None) -> str:
        """What a machine's operating hours are counted in: h, or cycles."""
        profile = self._profile(machine_id)
        return profile.modelling.time_unit if profile else "h"

    def kind(self, machine_id: str | None) -> Kind | None:
        profile = self._profile(machine_id)
        return profile.kind if profile else None

    def _profile(self, machine_id: str | None) -> Profile | None:
        return self.catalog.get(machine_id) if self.catalog is not None and machine_id else None
