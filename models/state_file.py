"""Small JSON files of state, replaced whole: read as they were written, or refused by name."""

from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from machine_profiles.errors import MillwrightError

T = TypeVar("T")


class DamagedState(MillwrightError):
    def __init__(self, name: str, otherwise: str) -> None:
        super().__init__(f"{name} cannot be read; it is damaged. Restore it from a backup, or {otherwise}")


def read_whole(path: Path, kind: TypeAdapter[T], absent: T, otherwise: str) -> T:
    """What the file holds; `absent` where there is none. `otherwise`: what to do where no backup has it.

    Raises DamagedState.
    """
    try:
        return kind.validate_json(path.read_bytes())
    except FileNotFoundError:
        return absent
    except ValidationError as error:
        raise DamagedState(f"{path.parent.name}/{path.name}", otherwise) from error
