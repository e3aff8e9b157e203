"""Put a machine's models in service into a bundle for a Jetson or any small computer."""

from typing import Any

from pydantic import Field

from models import edge
from models.edge import EdgeBundle, require_exportable
from models.edge_platforms import Precision, Target
from models.jobs import JobStarted, Report
from models.results import Preview
from tools.plant import Plant
from tools.tool import Arguments, MachineId, tool

LIMIT_S = 900.0


class ExportEdge(Arguments):
    machine_id: MachineId
    target: Target = Field("jetson_nano", description="The computer the bundle is for.")
    precision: Precision = Field("int8", description="Of the neural parts; trees stay exact.")


def _preview(plant: Plant, args: ExportEdge) -> Preview:
    profile = plant.machines[args.machine_id]
    return edge.preview(plant.storage, plant.registry, profile, args.target, args.precision)


@tool("change", preview=_preview)
def export_edge(plant: Plant, args: ExportEdge) -> JobStarted:
    """Bundle a machine's models in service as ONNX files that need no Python preprocessing.

    Every file is checked against the model it came from; one that answers differently is not exported. Returns a
    job_id at once; get_job tells how it stands, and what the bundle holds when it has ended.
    """
    profile = plant.machines[args.machine_id]
    require_exportable(plant.registry, profile)
    arguments = args.model_dump(mode="json")
    job = plant.jobs.start("export", profile.id, arguments, plant.job_environment, edge.EXPECTED_S, LIMIT_S)
    return JobStarted(
        job_id=job.job_id, work=job.work, machine_id=profile.id, arguments=arguments, expected_seconds=edge.EXPECTED_S
    )


def export(plant: Plant, arguments: dict[str, Any], report: Report) -> EdgeBundle:
    """The work of the job that export_edge starts."""
    args = ExportEdge.model_validate(arguments)
    return edge.export(
        plant.storage, plant.telemetry, plant.registry, plant.machines[args.machine_id], args.target, args.precision,
        plant.seed, report,
    )  # fmt: skip
