"""`millwright backup` and `millwright restore`: the whole plant in one file, and back."""

import sys
from datetime import datetime
from pathlib import Path

from models.backup import back_up, restore
from models.storage import Storage
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
