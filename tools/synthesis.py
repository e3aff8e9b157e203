"""More data than was recorded: synthetic lives or rows, learnt from the recorded ones."""

from typing import Any

from pydantic import Field

from models import synthesis
from models.history import current_history
from models.jobs import JobStarted, Report
from models.synthesis import Method, SynthesisResult
from tools.plant import Plant
from tools.tool import Arguments, MachineId, tool

AT_ONCE_S = 10.0  # what takes longer is done in a job
OVER_S = 900.0  # what may be needed beyond the time for learning: trying methods, checks, the report


class SynthesizeData(Arguments):
    machine_id: MachineId
    rows: int = Field(5000, ge=100, le=200_000, description="How many rows to make.")
    method: Method = Field("auto", description="auto tries what the time allows and keeps the most useful.")
    time_limit_s: int = Field(60, ge=5, le=3600, description="Seconds the learning may take.")


@tool("create")
def synthesize_data(plant: Plant, args: SynthesizeData) -> SynthesisResult | JobStarted:
    """Make a synthetic data set for a machine from its recorded lives, with a quality report.

    Use for "make more data for the pump". The result is a new version of the data set `synthetic`; label_rul can take
    it. High quality says that rows look real; `tried` says how well models trained on them did on recorded lives.
    ctgan, tvae and par need a minute or more to be any good; lives and gaussian_copula take seconds. Where it takes
    more than ten seconds a job does it: then a job_id comes at once, and get_job tells how it stands.
    """
    profile = plant.machines[args.machine_id]
    expected_s = synthesis.expected_seconds(args.rows, args.method, args.time_limit_s)
    arguments = args.model_dump(mode="json")
    if expected_s <= AT_ONCE_S:
        return synthesize(plant, arguments, lambda progress, step: None)
    if not plant.telemetry.has(profile.id):
        current_history(plant.datasets, plant.telemetry, profile)  # raises at once where there is nothing to learn from
    job = plant.jobs.start(
        "synthesize", profile.id, arguments, plant.job_environment, expected_s, args.time_limit_s + OVER_S
    )
    return JobStarted(
        job_id=job.job_id, work=job.work, machine_id=profile.id, arguments=arguments, expected_seconds=expected_s
    )


def synthesize(plant: Plant, arguments: dict[str, Any], report: Report) -> SynthesisResult:
    """The work itself, here or in the job that synthesize_data starts."""
    args = SynthesizeData.model_validate(arguments)
    profile = plant.machines[args.machine_id]
    return synthesis.synthesize(
        plant.datasets,
        plant.telemetry,
        profile,
        rows=args.rows,
        method=args.method,
        time_limit_s=args.time_limit_s,
        seed=plant.seed,
        now=plant.now,
        report=report,
    )
