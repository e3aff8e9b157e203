"""A report that was written, in words."""

from agent.answers.asked import Asked
from agent.answers.figures import say_time
from agent.answers.naming import machine_name, say_list
from agent.answers.said import Said
from knowledge_base.machine_report import WrittenReport

_STATES = {"alarm": "in alarm", "act": "in need of attention", "watch": "to be watched", "sound": "sound"}


def say_report(found: WrittenReport, asked: Asked) -> Said:
    machine = machine_name(found.machine_id, asked.catalog)
    return Said(
        finding=f"The report of {machine} is written; it calls the machine {_STATES.get(found.state, found.state)}.",
        figures=(
            f"To print: {found.pdf}",
            f"To read: {found.html}",
            f"It holds: {say_list(s.lower() for s in found.sections)}",
        ),
        rests_on=f"Readings up to {say_time(found.at)}.",
        doubts=tuple(f"Left out: {each}" for each in found.left_out),
    )
