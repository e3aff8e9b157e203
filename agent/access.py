"""Who may ask for what, and who may approve it: one table, checked wherever a person's word comes in."""

from typing import Literal, NamedTuple

from machine_profiles.errors import MillwrightError
from models.results import Result
from tools.registry import all_tools

Role = Literal["viewer", "technician", "engineer"]
ROLES: tuple[Role, ...] = ("viewer", "technician", "engineer")  # each may do what those before it may


class Person(Result):
    """Who speaks. The name is the account's; a conversation and a card belong to it."""

    name: str
    role: Role = "engineer"
    confined: bool = False  # speaks from afar: opens no file of this computer but what they have sent


class Rule(NamedTuple):
    """The least role that may call a tool (of a change: propose it), and that may approve the change."""

    call: Role
    approve: Role | None = None


# Reading is for everybody. A technician may ask for anything, and settles what records the shop floor's own work.
# Whatever alters which model judges a machine, or what a machine is, takes an engineer.
RULES: dict[str, Rule] = {
    "list_machines": Rule("viewer"),
    "describe_machine": Rule("viewer"),
    "query_telemetry": Rule("viewer"),
    "predict_health": Rule("viewer"),
    "rank_fleet": Rule("viewer"),
    "forecast_sensor": Rule("viewer"),
    "explain_fault": Rule("viewer"),
    "diagnose_image": Rule("viewer"),
    "check_drift": Rule("viewer"),
    "compare_models": Rule("viewer"),
    "get_job": Rule("viewer"),
    "write_report": Rule("technician"),
    "synthesize_data": Rule("technician"),
    "label_rul": Rule("technician"),
    "log_maintenance": Rule("technician", "technician"),
    "import_telemetry": Rule("technician", "technician"),
    "train_models": Rule("technician", "engineer"),
    "promote_model": Rule("technician", "engineer"),
    "rollback_model": Rule("technician", "engineer"),
    "export_edge": Rule("technician", "engineer"),
    "onboard_machine": Rule("technician", "engineer"),
}
_BY_EFFECT = {"read": Rule("viewer"), "create": Rule("technician"), "change": Rule("technician", "engineer")}


class NotAllowed(MillwrightError):
    """The person's role does not reach that far; the text says whose does."""


class NotYours(MillwrightError):
    """A conversation or card of somebody else."""


def reaches(role: Role, least: Role) -> bool:
    """Whether a role is that one or above it."""
    return ROLES.index(role) >= ROLES.index(least)


def check_call(person: Person, tool: str) -> None:
    """Raises NotAllowed where the person may not call the tool; of a change: may not propose it."""
    rule = _rule(tool)
    if not reaches(person.role, rule.call):
        raise NotAllowed(
            f"{person.name} is {_a(person.role)}, and {_a(person.role)} only looks: {tool} was not called. "
            f"{_those(rule.call)} can ask for it."
        )


def approver(tool: str) -> Role:
    """The least role that may approve this change."""
    return _rule(tool).approve or "engineer"


def may_answer(person: Person, proposer: Person, tool: str) -> bool:
    """Whether the person may approve or edit what `proposer` proposed.

    A proposer answers what the own role reaches; beyond that anyone whose role does, and nobody else.
    """
    least = approver(tool)
    if person.name == proposer.name:
        return reaches(person.role, least)
    return reaches(person.role, least) and not reaches(proposer.role, least)


def check_answer(person: Person, proposer: Person, tool: str) -> None:
    """Raises NotYours (another's card) or NotAllowed (the own card, beyond the own role)."""
    if may_answer(person, proposer, tool):
        return
    least = approver(tool)
    if person.name == proposer.name:
        raise NotAllowed(
            f"{person.name} is {_a(person.role)}, and {tool} takes the approval of {_a(least)}. "
            f"It waits where {_those(least, many=True)} can see it, and you can withdraw it."
        )
    if not reaches(proposer.role, least):
        raise NotYours(f"{proposer.name} put this to {_a(least)}; {person.name}, {_a(person.role)}, cannot answer it.")
    raise NotYours(
        f"This card was put to {proposer.name}; only {proposer.name} can answer it, and you are {person.name}."
    )


def _rule(tool: str) -> Rule:
    return RULES.get(tool) or _BY_EFFECT[all_tools()[tool].effect]


def _a(role: Role) -> str:
    return f"{'an' if role[0] in 'aeiou' else 'a'} {role}"


def _those(least: Role, many: bool = False) -> str:
    """A technician or an engineer; with `many`, technicians or engineers."""
    roles = [f"{role}s" if many else _a(role) for role in ROLES if reaches(role, least)]
    said = " or ".join(roles)
    return said if many else said[0].upper() + said[1:]
