"""One conversation in a worker process, on a plant of its own."""

import os
import tempfile
import threading
from dataclasses import dataclass, replace
from functools import cached_property
from multiprocessing import parent_process
from multiprocessing.connection import wait
from pathlib import Path

from evals.controls import control_brain
from evals.conversation import hold
from evals.external import ExternalAgent, load_agent
from evals.results import RunRecord
from evals.scenario import ExpectedCall, Scenario
from evals.tool_faults import FaultyTools, limited
from knowledge_base.index import Index
from settings import Settings
from tools.plant import Plant, open_plant


@dataclass(frozen=True)
class Task:
    """One run of one scenario, as a worker process is told of it."""

    scenario: Scenario
    prepared: Path | None  # the plant to copy; None where the scenario starts from an empty one
    settings: Settings
    call: ExpectedCall | None  # of the control that has one
    agent: str | None = None  # module:function of an agent that is not ours
    documents: bool = True  # whether the knowledge base holds any


@dataclass(frozen=True)
class Undocumented(Plant):
    """A plant whose knowledge base is empty."""

    @cached_property
    def knowledge(self) -> Index:
        return Index(self.storage, self.machines, self.chroma_url, shipped=None)


def run_one(task: Task) -> RunRecord:
    """One conversation on a plant of its own, which goes when it ends."""
    from agent.service import Copilot
    from models.demo_plant import copy_plant

    with tempfile.TemporaryDirectory(dir=task.settings.home, ignore_cleanup_errors=True) as folder:
        home = Path(folder) / "plant"
        if task.prepared is not None:
            copy_plant(task.prepared, home)
        settings = limited(task.settings.model_copy(update={"home": home}), task.scenario.faults)
        plant = open_plant(settings)
        if not task.documents:
            plant = Undocumented(**vars(plant))
        failing = FaultyTools(task.scenario.faults)
        plant = replace(plant, around_tools=failing)
        try:
            if task.agent is not None:
                return hold(ExternalAgent(load_agent(task.agent), task.agent, plant), plant, task.scenario)
            copilot = Copilot(plant, settings, control_brain(settings.model, task.call))
            try:
                return hold(copilot, plant, task.scenario)
            finally:
                copilot.close()
        finally:
            failing.free()
            for job in plant.jobs.list():
                plant.jobs.cancel(job.job_id)


def end_with_parent() -> None:
    """Let this process end when its parent does, even one that was killed: nobody else would tell it."""
    parent = parent_process()

    def watch() -> None:
        if parent is not None:
            wait([parent.sentinel])
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
