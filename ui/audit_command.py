"""`millwright audit`: who proposed, approved and did what, and whether that record is as it was written."""

import json
import sys
from typing import Annotated

import typer

from agent.audit import AuditLine, AuditLog
from models.storage import Storage
from settings import Settings
from ui.rendering import call_text

audit = typer.Typer(help="The record of every change: who proposed it, who decided, what came of it.",
                    no_args_is_help=True)  # fmt: skip


@audit.command()
def verify() -> None:
    """Check that no line was altered, taken out or put in; exits with 1 and the first line where one was."""
    log = _log()
    broken = log.first_broken_line()
    if broken is not None:
        print(f"The record is broken at line {broken} of {log.path}: it, or what stood before it, is not as written.",
              file=sys.stderr)  # fmt: skip
        raise typer.Exit(1)
    seal = log.last_seal()
    print(f"{len(log.lines())} lines, each as it was written." + (f" The last one's seal: {seal}" if seal else ""))


@audit.command()
def show(
    thread: Annotated[str | None, typer.Option(help="Only what came of this conversation.")] = None,
    tool: Annotated[str | None, typer.Option(help="Only this tool, such as promote_model.")] = None,
    machine: Annotated[str | None, typer.Option(help="Only this machine, by its id.")] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Show the record, oldest first."""
    lines = [
        line
        for line in _log().lines()
        if thread in (None, line.thread)
        and tool in (None, line.tool)
        and machine in (None, line.args.get("machine_id"))
    ]
    if json_:
        print(json.dumps([line.model_dump(mode="json") for line in lines], indent=1))
        return
    for line in lines:
        print(_text(line))


def _log() -> AuditLog:
    return AuditLog(Storage(Settings().home).audit_log)


def _text(line: AuditLine) -> str:
    who = f"{line.who} ({line.role})" if line.role else line.who
    outcome = f": {line.outcome}" if isinstance(line.outcome, str) else ""
    return (
        f"{line.at:%Y-%m-%d %H:%M:%S}  {who}  {line.event}  {call_text(line.tool, line.args)}  {line.thread}{outcome}"
    )
