"""Long work: what runs and what ran, its progress, its log, and a way to stop it."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from agent.access import NotAllowed, Person, reaches
from agent.answers.figures import say_seconds
from models.jobs import Job
from tools.plant import Plant
from ui.page._templates import render
from ui.page.conversation import ago, job_title
from ui.page.values import rows_of

SHOWN, LOG_BYTES = 40, 6000


def act(plant: Plant, data: Mapping[str, Any], by: Person) -> Iterator[dict[str, Any]]:
    """show, again or cancel. Raises NotAllowed, UnknownJob."""
    notice = ""
    if data.get("name") == "cancel":
        if not reaches(by.role, "engineer"):
            raise NotAllowed(f"{by.name} is a {by.role}; an engineer can cancel a job here.")
        job = plant.jobs.cancel(str(data.get("job", "")))
        notice = f"{job_title(job, plant.machines)} is cancelled."
    jobs = list(reversed(plant.jobs.list()))[:SHOWN]
    value: dict[str, Any] = {"html": _page(plant, jobs, by)}
    if any(job.status == "running" for job in jobs):
        value["again"] = 2000
    yield {**value, "notice": notice} if notice else value


def _page(plant: Plant, jobs: list[Job], by: Person) -> str:
    now = datetime.now(UTC)
    shown = [
        {
            "job": job, "title": job_title(job, plant.machines), "when": ago(job.started_at, now),
            "took": say_seconds(((job.ended_at or now) - job.started_at).total_seconds()),
            "args": rows_of(job.arguments, plant.machines), "result": rows_of(job.result or {}, plant.machines),
            "log": _log(plant, job),
        }
        for job in jobs
    ]  # fmt: skip
    return render("jobs", jobs=shown, may_cancel=reaches(by.role, "engineer"))


def _log(plant: Plant, job: Job) -> str:
    """The end of what the job has written."""
    path = plant.storage.jobs / job.job_id / "log.txt"
    if not path.exists():
        return ""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - LOG_BYTES))
        return file.read().decode(errors="replace").strip()
