"""Put a machine's models in service into a bundle for a Jetson or any small computer."""

from pydantic import Field

from models import edge
from models.edge import EdgeBundle
from models.edge_platforms import Precision, Target
from models.results import Preview
from tools.plant import Plant
from tools.tool import Arguments, MachineId, tool


class ExportEdge(Arguments):
    machine_id: MachineId
    target: Target = Field("jetson_nano", description="The computer the bundle is for.")
    precision: Precision = Field("int8", description="Of the neural parts; trees stay exact.")


def _preview(plant: Plant, args: ExportEdge) -> Preview:
    profile = plant.machines[args.machine_id]
    return edge.preview(plant.storage, plant.registry, profile, args.target, args.precision)


@tool("change", preview=_preview)
def export_edge(plant: Plant, args: ExportEdge) -> EdgeBundle:
    """Bundle a machine's models in service as ONNX files that need no Python preprocessing.

    Every file is checked against the model it came from; one that answers differently is not exported.
    """
    profile = plant.machines[args.machine_id]
    return edge.export(plant.storage, plant.telemetry, plant.registry, profile, args.target, args.precision, plant.seed)
