"""The tabs beside the chat: what each shows, and what it does when something on it is pressed."""

from collections.abc import Iterator, Mapping
from typing import Any

from agent.access import Person
from agent.service import Copilot
from tools.plant import Plant
from ui.page import audit, fleet, jobs, knowledge, machine, models
from ui.page.fleet import FleetView

PANELS = ("fleet", "models", "knowledge", "jobs", "audit")
Value = dict[str, Any]  # `html` of the panel, `notice`, `again` in ms, `ask`: a message for the chat


class Panels:
    def __init__(self, copilot: Copilot, plant: Plant) -> None:
        self._copilot, self._plant = copilot, plant
        self._fleet = FleetView(plant)

    def warm(self) -> None:
        """Judge the fleet once, so that the first to look at it, or to ask, need not wait for what is loaded then."""
        self._fleet.rows()

    def act(self, panel: str, data: Mapping[str, Any], uploads: str, by: Person | None) -> Iterator[Value]:
        """What the panel shows after `data["name"]`: show, again, or what the panel itself knows."""
        shown = {"fleet": self._show_fleet, "models": self._models, "knowledge": self._knowledge,
                 "jobs": self._jobs, "audit": self._audit}[panel]  # fmt: skip
        yield from shown(data, uploads, by or self._copilot.person)

    def _show_fleet(self, data: Mapping[str, Any], uploads: str, by: Person) -> Iterator[Value]:
        machine_id = str(data.get("what", ""))
        if machine_id:
            yield {"html": machine.page(self._plant, self._copilot, machine_id, by)}
            return
        if not self._fleet.ready:
            yield {"html": fleet.waiting_html(self._plant)}
        yield {"html": fleet.page(self._fleet.rows(), self._plant.now), "again": 60_000}

    def _models(self, data: Mapping[str, Any], uploads: str, by: Person) -> Iterator[Value]:
        yield {"html": models.page(self._plant, str(data.get("what", "")))}

    def _knowledge(self, data: Mapping[str, Any], uploads: str, by: Person) -> Iterator[Value]:
        yield from knowledge.act(self._plant, data, uploads, by)

    def _jobs(self, data: Mapping[str, Any], uploads: str, by: Person) -> Iterator[Value]:
        yield from jobs.act(self._plant, data, by)

    def _audit(self, data: Mapping[str, Any], uploads: str, by: Person) -> Iterator[Value]:
        yield {"html": audit.page(self._plant)}
