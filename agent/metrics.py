"""What Prometheus sees: turns and tool calls as they happen, jobs and what waits as they stand when it asks."""

from collections import Counter as Tally
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from agent.turns import Turn
from models.alarms import read_episodes
from models.loop_state import read_loop
from models.state_file import DamagedState

if TYPE_CHECKING:
    from agent.service import Copilot

TURN_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)
TOOL_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60)
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

HAPPENING = CollectorRegistry()
_TURNS = Counter("millwright_turns", "Turns of conversation, by what came of them.", ["outcome", "brain"],
                 registry=HAPPENING)  # fmt: skip
_TURN_SECONDS = Histogram("millwright_turn_seconds", "How long turns took.", ["brain"], buckets=TURN_BUCKETS,
                          registry=HAPPENING)  # fmt: skip
_TOOLS = Counter("millwright_tool_calls", "Tool calls, by how they ended.", ["tool", "status"], registry=HAPPENING)
_TOOL_SECONDS = Histogram("millwright_tool_seconds", "How long tool calls took.", ["tool"], buckets=TOOL_BUCKETS,
                          registry=HAPPENING)  # fmt: skip
_STRUCK = Counter("millwright_figures_struck", "Figures without a receipt that the guard kept from going out.",
                  registry=HAPPENING)  # fmt: skip


def count(turn: Turn) -> None:
    """Count a turn that has ended and the tools it called."""
    _TURNS.labels(turn.outcome, turn.model).inc()
    _TURN_SECONDS.labels(turn.model).observe(turn.latency_s)
    _STRUCK.inc(len(turn.ungrounded))
    for call in turn.calls:
        _TOOLS.labels(call.name, call.status).inc()
        if call.status in ("done", "failed"):
            _TOOL_SECONDS.labels(call.name).observe(call.seconds)


def exposition(copilot: "Copilot") -> bytes:
    """Everything in Prometheus' text format, as CONTENT_TYPE says."""
    standing = CollectorRegistry()
    standing.register(_Standing(copilot))
    return generate_latest(HAPPENING) + generate_latest(standing)


class _Standing(Collector):
    """Read from the plant at each scrape, so that it is right after a restart as well."""

    def __init__(self, copilot: "Copilot") -> None:
        self._copilot = copilot

    def collect(self) -> Iterator[GaugeMetricFamily]:
        plant = self._copilot.plant
        jobs = GaugeMetricFamily("millwright_jobs", "Jobs, by kind and state.", labels=["work", "status"])
        for (work, status), number in sorted(Tally((job.work, job.status) for job in plant.jobs.list()).items()):
            jobs.add_metric([work, status], number)
        yield jobs
        waiting = GaugeMetricFamily("millwright_changes_waiting", "Proposed changes that nobody has answered yet.")
        waiting.add_metric([], self._copilot.changes_waiting())
        yield waiting
        damaged: list[str] = []
        served = GaugeMetricFamily("millwright_model_version", "The version in service.", labels=["machine", "task"])
        for machine_id in plant.machines:
            with _noted(damaged, machine_id):
                for task, version in plant.registry.in_service(machine_id).items():
                    served.add_metric([machine_id, task], version)
        yield served
        yield from self._loop(damaged)
        lost = GaugeMetricFamily(
            "millwright_state_damaged", "State files of a machine that cannot be read.", labels=["machine"]
        )
        for machine_id, number in sorted(Tally(damaged).items()):
            lost.add_metric([machine_id], number)
        yield lost

    def _loop(self, damaged: list[str]) -> Iterator[GaugeMetricFamily]:
        """What the loop's last passes found; nothing where it never ran. `damaged` gets whose file cannot be read."""
        storage, machines = self._copilot.plant.storage, list(self._copilot.plant.machines)
        alarms = GaugeMetricFamily(
            "millwright_alarms_open", "Open alarm episodes.", labels=["machine", "kind", "level"]
        )
        untold = GaugeMetricFamily("millwright_alarms_undelivered", "Alarm messages that could not be delivered yet.")
        drift = GaugeMetricFamily("millwright_drift", "1 where the last 7 days drifted.", labels=["machine"])
        passed = GaugeMetricFamily("millwright_loop_last_pass_seconds", "When the loop last passed, in Unix time.")
        waiting = 0
        for machine_id in machines:
            with _noted(damaged, machine_id):
                episodes = read_episodes(storage, machine_id)
                for (kind, level), number in Tally((each.kind, each.level) for each in episodes if each.open).items():
                    alarms.add_metric([machine_id, kind, level], number)
                waiting += sum(len(each.undelivered) for each in episodes)
            with _noted(damaged, machine_id):
                if (found := read_loop(storage, machine_id).drifted) is not None:
                    drift.add_metric([machine_id], float(found))
        untold.add_metric([], waiting)
        if written := [path.stat().st_mtime for path in storage.loop_lock.parent.glob("*.json")]:
            passed.add_metric([], max(written))
        yield from (alarms, untold, drift, passed)


@contextmanager
def _noted(damaged: list[str], machine_id: str) -> Iterator[None]:
    """One file that cannot be read takes nothing else from the page."""
    try:
        yield
    except DamagedState:
        damaged.append(machine_id)
