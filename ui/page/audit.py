"""The audit log: who proposed, approved, edited or rejected what, what came of it, and whether the chain is whole."""

from agent.audit import AuditLine, AuditLog
from machine_profiles.profile import Profile
from tools.plant import Plant
from ui.page._templates import render
from ui.page.naming import change_title
from ui.page.values import rows_of

SHOWN = 200
EVENTS = {
    "proposed": "Proposed", "replaced": "Replaced", "approved": "Approved", "edited": "Approved with changes",
    "rejected": "Rejected", "done": "Done", "failed": "Failed", "interrupted": "Interrupted",
}  # fmt: skip


def page(plant: Plant) -> str:
    """The newest lines first. A chain that is broken is said, with the line where it breaks."""
    log = AuditLog(plant.storage.audit_log)
    broken = log.first_broken_line()
    lines = log.lines() if broken is None else []
    shown = [_shown(line, plant.machines) for line in reversed(lines[-SHOWN:])]
    return render("audit", lines=shown, number=len(lines), broken=broken, events=EVENTS)


def _shown(line: AuditLine, machines: object) -> dict[str, object]:
    known: dict[str, Profile] = dict(machines)  # type: ignore[call-overload]
    outcome = line.outcome if isinstance(line.outcome, str) else ""
    return {
        "line": line, "what": change_title(line.tool, line.args, known), "args": rows_of(line.args, known),
        "outcome": outcome, "result": rows_of(line.outcome, known) if isinstance(line.outcome, dict) else (),
    }  # fmt: skip
