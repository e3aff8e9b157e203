"""Why a machine does what it does, what to check and how to do it, with the sources."""

from pydantic import Field

from knowledge_base import explanation
from knowledge_base.explanation import Explanation
from models.telemetry import MAIN
from tools.plant import Plant
from tools.tool import Arguments, UnitName, tool


class ExplainFault(Arguments):
    question: str = Field(min_length=2, max_length=1000, description="The question, in the person's own words.")
    machine_id: str | None = Field(None, description="A machine's id, where the question is about one.")
    unit: UnitName = MAIN


@tool("read")
def explain_fault(plant: Plant, args: ExplainFault) -> Explanation:
    """Likely causes of a machine's trouble with the evidence for each, what to check and do first, and the sources.

    Use for "why?", "what causes…", checks, remedies, spare parts, intervals and procedures such as lock-out. For the
    condition itself use predict_health. Where nothing is found, there is no evidence: say so.
    """
    profile = plant.machines[args.machine_id] if args.machine_id else None
    return explanation.explain(
        plant.knowledge, plant.telemetry, plant.registry, profile, args.question, plant.now, args.unit
    )
