"""`millwright loop`: one pass over the machines, from drift to a better model."""

import sys

from settings import Settings


def loop_command(machines: list[str], time_limit_s: int, as_json: bool) -> int:
    """1 where a machine's step could not be taken; the reason stands on standard error."""
    from agent.loop import run_pass
    from agent.service import Copilot
    from tools.plant import open_plant

    settings = Settings()
    copilot = Copilot(open_plant(settings), settings)
    try:
        known = copilot.plant.machines
        done = run_pass(copilot, [known[name].id for name in machines] or None, time_limit_s)
    finally:
        copilot.close()
    if as_json:
        sys.stdout.write(done.model_dump_json(indent=1) + "\n")
    else:
        for state in done.machines:
            print(f"{state.machine_id}  {state.stage}  {state.note}")
    for machine_id, reason in done.failed.items():
        print(f"{machine_id}: {reason}", file=sys.stderr)
    return 1 if done.failed else 0
