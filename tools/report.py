"""A machine's report, to print and to sign."""

from knowledge_base import machine_report
from knowledge_base.machine_report import WrittenReport
from tools.plant import Plant
from tools.tool import Arguments, MachineId, tool


class WriteReport(Arguments):
    machine_id: MachineId


@tool("create")
def write_report(plant: Plant, args: WriteReport) -> WrittenReport:
    """Write a machine's condition report as an HTML page and a PDF: condition, plots, RUL, causes, actions, sources.

    Use for "make a report of…", "something I can print and hand over". For a short answer in the chat use
    predict_health or explain_fault.
    """
    profile = plant.machines[args.machine_id]
    return machine_report.write_report(
        plant.storage, plant.knowledge, plant.telemetry, plant.registry, profile, plant.now, plant.speaker
    )
