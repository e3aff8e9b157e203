"""Units of measurement: what a column is recorded in, turned into what the profile's sensor is kept in."""

import re
from typing import TYPE_CHECKING

import numpy as np

from machine_profiles.errors import MillwrightError

if TYPE_CHECKING:
    import pint

COMMON = (
    "degC", "degF", "K", "degR", "delta_degC", "delta_degF", "bar", "mbar", "kPa", "Pa", "MPa", "psi", "psia", "barg",
    "psig", "mm/s", "m/s", "in/s", "m/min", "m^3/h", "m^3/min", "L/min", "L/s", "gpm", "cfm", "t/h", "kg/s", "lbm/s",
    "A", "mA", "V", "W", "kW", "hp", "rpm", "Hz", "rad/s", "N*m", "kN", "N", "m", "mm", "um", "in", "ft", "kft",
    "percent", "dimensionless", "ppm", "degree", "rad", "dB", "h", "min", "s",
)  # fmt: skip

_ALIASES = {
    "C": "degC", "F": "degF", "R": "degR", "°R": "degR", "dBA": "dB", "dB(A)": "dB", "Nm": "N*m", "-": "dimensionless",
    "Hz": "turn_per_second", "kHz": "kiloturn_per_second",
    "": "dimensionless", "1": "dimensionless", "ratio": "dimensionless", "cycle": "h", "cycles": "h",
}  # fmt: skip
_ENDLESS = re.compile(r"\d{3}|(\*\*|\^)[-+(\s]*(\d{2}|\d[\s)]*(\*\*|\^))|\d[eE]\d")  # 9**9**9 would be worked out
_CUBED = re.compile(r"(?<![a-zA-Z])(mm|cm|m|ft|in)3\b")


class UnknownUnit(MillwrightError):
    def __init__(self, stated: str, kept_in: str) -> None:
        super().__init__(f"Unit {stated!r} is unknown. {_accepted(kept_in)}")


class WrongUnit(MillwrightError):
    def __init__(self, stated: str, kept_in: str) -> None:
        super().__init__(f"A reading in {stated} cannot be turned into {kept_in}. {_accepted(kept_in)}")


def convert(values: np.ndarray, stated: str, kept_in: str) -> np.ndarray:
    """Readings in the stated unit as readings in `kept_in`, offsets included: 212 degF is 100 degC.

    Raises UnknownUnit where pint does not know the unit, WrongUnit where it measures something else.
    """
    if _plain(stated) == _plain(kept_in):
        return values
    from models import _pint  # takes 0.3 s

    require_convertible(stated, kept_in)
    return _pint.registry().convert(values, _unit(stated, kept_in), _unit(kept_in, kept_in))


def require_convertible(stated: str, kept_in: str) -> None:
    """Raises as `convert` does, and does nothing else."""
    if _plain(stated) == _plain(kept_in):
        return
    from models import _pint

    if not _pint.fits(_unit(stated, kept_in), _unit(kept_in, kept_in)):
        raise WrongUnit(stated, kept_in)


def is_known(unit: str) -> bool:
    """Whether readings in the unit can be converted at all."""
    try:
        return _unit(unit, unit) is not None
    except UnknownUnit:
        return False


def absolute_zero(unit: str) -> float | None:
    """Absolute zero in the unit; none where the unit is no temperature."""
    from models import _pint

    try:
        if _pint.root(_unit(unit, unit)) != _pint.root(_pint.registry().Unit("kelvin")) or "delta" in _plain(unit):
            return None
        return float(_pint.registry().convert(0.0, "kelvin", _unit(unit, unit)))
    except (UnknownUnit, _pint.PintError):
        return None


def _unit(text: str, kept_in: str) -> "pint.Unit":
    from models import _pint

    if len(text) > 60 or _ENDLESS.search(text):
        raise UnknownUnit(text, kept_in)
    try:
        return _pint.registry().Unit(_plain(text))
    except _pint.UNREADABLE as error:
        raise UnknownUnit(text, kept_in) from error


def _plain(text: str) -> str:
    text = text.strip()
    return _CUBED.sub(r"\1^3", _ALIASES.get(text, text))


def _accepted(kept_in: str) -> str:
    from models import _pint

    try:
        kept = _pint.registry().Unit(_plain(kept_in))
    except _pint.UNREADABLE:
        return f"The sensor is kept in {kept_in}; give it so."
    readable = ((name, _pint.registry().Unit(_plain(name))) for name in COMMON if name != kept_in)
    fitting = [name for name, unit in readable if _pint.fits(unit, kept)]
    return f"The sensor is kept in {kept_in}; give it as {', '.join([kept_in, *fitting])}."
