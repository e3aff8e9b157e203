"""The machines of a plant: the shipped profiles and those a plant adds."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from machine_profiles.errors import InvalidProfile, UnknownMachine
from machine_profiles.profile import Kind, Profile

SHIPPED = Path(__file__).parent / "catalog"
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml reads the catalog ten times faster


class Catalog(Mapping[str, Profile]):
    """Profiles by machine id, in the order of their numbers."""

    def __init__(self, profiles: list[Profile]) -> None:
        self._profiles = {p.id: p for p in sorted(profiles, key=lambda p: (p.number, p.id))}

    def __getitem__(self, machine_id: str) -> Profile:
        try:
            return self._profiles[machine_id]
        except KeyError:
            raise UnknownMachine(machine_id, self._profiles) from None

    def __contains__(self, machine_id: object) -> bool:
        return machine_id in self._profiles

    def __iter__(self) -> Iterator[str]:
        return iter(self._profiles)

    def __len__(self) -> int:
        return len(self._profiles)

    def of_kind(self, kind: Kind) -> list[Profile]:
        return [profile for profile in self.values() if profile.kind == kind]


def load_catalog(*folders: Path) -> Catalog:
    """Read every profile of the folders; where an id comes twice, the later folder's file counts.

    Raises InvalidProfile, naming file and field, for the first file that breaks the schema.
    """
    profiles: dict[str, Profile] = {}
    for folder in folders:
        for path in sorted(folder.glob("*.yaml")):
            profile = read_profile(path)
            if profile.id != path.stem:
                raise InvalidProfile(f"{path.name}: id is {profile.id!r}; the file must be named {profile.id}.yaml.")
            profiles[profile.id] = profile
    return Catalog(list(profiles.values()))


def read_profile(path: Path) -> Profile:
    """Raises InvalidProfile where the file is not YAML or breaks the schema."""
    state = path.stat()
    return _read_profile(path, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=512)
def _read_profile(path: Path, _changed: int, _size: int) -> Profile:
    try:
        stated = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InvalidProfile(f"{path.name} is not readable YAML: {error}") from error
    if not isinstance(stated, dict):
        raise InvalidProfile(f"{path.name}: a profile is a mapping of fields, this file holds {type(stated).__name__}.")
    try:
        return Profile.model_validate(stated)
    except ValidationError as error:
        faults = "; ".join(say_fault(fault) for fault in error.errors())
        raise InvalidProfile(f"{path.name}: {faults}") from error


def say_fault(fault: Mapping[str, Any]) -> str:
    field = ".".join(str(part) for part in fault["loc"]) or "profile"
    if fault["type"] == "extra_forbidden":
        return f"{field}: unknown key; remove it or correct its spelling"
    if fault["type"] == "missing":
        return f"{field}: missing; it is required"
    return f"{field}: {fault['msg']}, got {fault['input']!r:.60}"
