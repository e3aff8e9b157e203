"""Units of measurement: what a column is recorded in, turned into what the profile's sensor is kept in."""

import re
from functools import cache
from tokenize import TokenError

import numpy as np
import pint

from machine_profiles.errors import MillwrightError

COMMON = (
    "degC", "degF", "K", "degR", "delta_degC", "delta_degF", "bar", "mbar", "kPa", "Pa", "MPa", "psi", "psia", "barg",
    "psig", "mm/s", "m/s", "in/s", "m/min", "m^3/h", "m^3/min", "L/min", "L/s", "gpm", "cfm", "t/h", "kg/s", "lbm/s",
    "A", "mA", "V", "W", "kW", "hp", "rpm", "Hz", "rad/s", "N*m", "kN", "N", "m", "mm", "um", "in", "ft", "kft",
    "percent", "dimensionless", "ppm", "degree", "rad", "dB", "h", "min", "s",
)  # fmt: skip

# What pint lacks, or reads otherwise than a plant does (pps as points, Hz as radians a second, C as coulomb).
# A gauge pressure is a quantity of its own: turning it into an absolute one takes the weather.
_DEFINED = (
    "pps = pound / second", "lbm = pound", "psia = psi", "bara = bar", "barg = [gauge_pressure]",
    "psig = 0.0689475729 barg", "gpm = gallon / minute", "cfm = foot ** 3 / minute", "ips = inch / second",
    "turn_per_second = revolution / second",
)  # fmt: skip
_ALIASES = {
    "C": "degC", "F": "degF", "R": "degR", "°R": "degR", "dBA": "dB", "dB(A)": "dB", "Nm": "N*m", "-": "dimensionless",
    "Hz": "turn_per_second", "kHz": "kiloturn_per_second",
    "": "dimensionless", "1": "dimensionless", "ratio": "dimensionless", "cycle": "h", "cycles": "h",
}  # fmt: skip
_UNREADABLE = (  # what pint raises on text it cannot read
    pint.errors.PintError, ValueError, TypeError, AttributeError, SyntaxError, AssertionError, TokenError, LookupError,
    ArithmeticError,
)  # fmt: skip
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
    require_convertible(stated, kept_in)
    return _registry().convert(values, _unit(stated, kept_in), _unit(kept_in, kept_in))


def require_convertible(stated: str, kept_in: str) -> None:
    """Raises as `convert` does, and does nothing else."""
    if _plain(stated) == _plain(kept_in):
        return
    if not _fits(_unit(stated, kept_in), _unit(kept_in, kept_in)):
        raise WrongUnit(stated, kept_in)


def is_known(unit: str) -> bool:
    """Whether readings in the unit can be converted at all."""
    try:
        return _unit(unit, unit) is not None
    except UnknownUnit:
        return False


def absolute_zero(unit: str) -> float | None:
    """Absolute zero in the unit; none where the unit is no temperature."""
    try:
        if _root(_unit(unit, unit)) != _root(_registry().Unit("kelvin")) or "delta" in _plain(unit):
            return None
        return float(_registry().convert(0.0, "kelvin", _unit(unit, unit)))
    except (UnknownUnit, pint.errors.PintError):
        return None


def _unit(text: str, kept_in: str) -> pint.Unit:
    if len(text) > 60 or _ENDLESS.search(text):
        raise UnknownUnit(text, kept_in)
    try:
        return _registry().Unit(_plain(text))
    except _UNREADABLE as error:
        raise UnknownUnit(text, kept_in) from error


def _plain(text: str) -> str:
    text = text.strip()
    return _CUBED.sub(r"\1^3", _ALIASES.get(text, text))


def _root(unit: pint.Unit) -> pint.Unit:
    return _registry().get_root_units(unit)[1]


def _fits(one: pint.Unit, other: pint.Unit) -> bool:
    try:
        if _root(one) != _root(other) or ("decibel" in str(one)) != ("decibel" in str(other)):
            return False  # finer than dimensions: an angle is no percentage, a turn no pulse
        _registry().convert(1.0, one, other)
    except (pint.errors.PintError, ArithmeticError):
        return False  # a temperature is no temperature difference
    return True


def _accepted(kept_in: str) -> str:
    try:
        kept = _registry().Unit(_plain(kept_in))
    except _UNREADABLE:
        return f"The sensor is kept in {kept_in}; give it so."
    fitting = [name for name in COMMON if name != kept_in and _fits(_registry().Unit(_plain(name)), kept)]
    return f"The sensor is kept in {kept_in}; give it as {', '.join([kept_in, *fitting])}."


@cache
def _registry() -> pint.UnitRegistry:
    registry: pint.UnitRegistry = pint.UnitRegistry(on_redefinition="ignore")
    for definition in _DEFINED:
        registry.define(definition)
    return registry
