"""Which files somebody who speaks from afar may have opened: those they have sent, and no other of this computer."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from agent.access import NotAllowed, Person
from models.storage import Storage

FILES = ("image_path", "path", "column_map")  # arguments of tools that name a file to be opened


def check_files(person: Person, storage: Storage, arguments: Mapping[str, Any]) -> None:
    """Raises NotAllowed where a confined person names a file outside the own uploads."""
    if not person.confined:
        return
    own = storage.uploads_of(person.name)
    for name in FILES:
        stated = arguments.get(name)
        if isinstance(stated, str) and not _lies_in(stated, own):
            raise NotAllowed(
                f"{Path(stated).name!r} was not opened: over the network only files that {person.name} has sent "
                f"are. Send the file, or have it imported on the computer that runs Millwright."
            )


def _lies_in(stated: str, folder: Path) -> bool:
    try:
        return Path(stated).resolve().is_relative_to(folder)
    except (OSError, ValueError, RuntimeError):  # too long, a zero byte, a circle of links
        return False
