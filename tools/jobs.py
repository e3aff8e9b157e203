"""How long work stands."""

from pydantic import Field

from models.jobs import Job
from tools.plant import Plant
from tools.tool import Arguments, tool


class GetJob(Arguments):
    job_id: str = Field(min_length=1, description="As the tool that started the job returned it.")


@tool("read")
def get_job(plant: Plant, args: GetJob) -> Job:
    """Say how a job stands: progress, what it is doing, and its result when it has ended."""
    return plant.jobs.get(args.job_id)
