"""The errors a person or a model can act on; everything else is a bug and crashes."""

from collections.abc import Iterable


class MillwrightError(Exception):
    """Its text says what is wrong and what would be right; it reaches people and models word for word."""


class UnknownMachine(MillwrightError):
    def __init__(self, machine_id: str, known: Iterable[str]) -> None:
        super().__init__(f"No machine {machine_id!r}. Known machines: {', '.join(sorted(known))}.")


class UnknownSensor(MillwrightError):
    def __init__(self, machine_id: str, sensor: str, known: Iterable[str]) -> None:
        super().__init__(f"{machine_id} has no sensor {sensor!r}. Its sensors: {', '.join(known)}.")


class UnknownCondition(MillwrightError):
    def __init__(self, machine_id: str, condition: str, known: Iterable[str]) -> None:
        have = ", ".join(known) or "none; add `conditions` to its profile"
        super().__init__(f"{machine_id} has no condition {condition!r}. It has {have}.")


class InvalidProfile(MillwrightError):
    """A profile file breaks the schema; the text names the file, the field and what would be right."""
