"""`millwright backup`, `restore` and `check`: the plant's files kept, brought back, and looked over."""

import sys
from datetime import datetime
from pathlib import Path

from models.backup import back_up, restore
from models.storage import Storage
from models.upkeep import look_over, only_server
from settings import Settings


def backup_command(file: Path | None) -> int:
    """0 done. Raises MillwrightError where there is no plant, or no room for the copy."""
    storage = Storage(Settings().home)
    target = file or Path(f"millwright-{datetime.now().astimezone():%Y-%m-%d-%H%M%S}.tar.gz")
    made = back_up(storage, target)
    print(f"{target}: {len(made.files)} files, {made.size_bytes / 1e6:.1f} MB, of {storage.home}.")
    return 0


def restore_command(file: Path) -> int:
    """0 done. Raises BadBackup, or HomeInUse where HOME holds a plant already."""
    home = Path(Settings().home).resolve()
    made = restore(file, home)
    print(
        f"{home} is the plant as it was on {made.made_at:%Y-%m-%d at %H:%M} UTC: {len(made.files)} files, all checked."
    )
    print("Passages are indexed again when the first question is asked.", file=sys.stderr)
    return 0


def check_command(as_json: bool) -> int:
    """0 where all is sound or was put right, 1 where something is damaged. Raises AlreadyServed beside a server."""
    storage = Storage(Settings().home)
    with only_server(storage):
        found = look_over(storage)
    if as_json:
        print(found.model_dump_json(indent=1))
    else:
        for said in found.repaired:
            print(f"Put right: {said}")
        for said in found.damaged:
            print(f"Damaged: {said}")
        if not found.repaired and not found.damaged:
            print(f"Everything in {storage.home} is sound.")
    return 1 if found.damaged else 0
