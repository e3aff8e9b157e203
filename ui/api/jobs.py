"""Long work: how it stands, what it wrote, and stopping it."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel

from models.jobs import Job
from ui.api.asking import Asked

router = APIRouter(tags=["jobs"])
JobName = Annotated[str, Path(min_length=1, max_length=80, pattern=r"^[A-Za-z0-9_-]+$")]


class JobLog(BaseModel):
    job_id: str
    text: str


@router.get("/jobs")
def list_jobs(asked: Asked) -> list[Job]:
    """Every job, oldest first."""
    return asked.plant.jobs.list()


@router.get("/jobs/{job_id}")
def read_job(asked: Asked, job_id: JobName) -> Job:
    """One job: its state, progress and result."""
    return asked.copilot.job(job_id)


@router.get("/jobs/{job_id}/log")
def read_log(asked: Asked, job_id: JobName, lines: Annotated[int, Query(ge=1, le=1000)] = 40) -> JobLog:
    """The last lines that it wrote."""
    return JobLog(job_id=job_id, text=asked.copilot.job_log(job_id, lines))


@router.post("/jobs/{job_id}/cancel")
def cancel_job(asked: Asked, job_id: JobName) -> Job:
    """Stop it; whoever started it or an engineer can."""
    return asked.copilot.cancel_job(job_id, asked.person)
