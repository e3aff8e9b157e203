"""Pint's units, with what it lacks or reads otherwise than a plant does."""

from functools import cache
from tokenize import TokenError

import pint
from pint.errors import PintError

# pps as points, Hz as radians a second, C as coulomb.
# A gauge pressure is a quantity of its own: turning it into an absolute one takes the weather.
_DEFINED = (
    "pps = pound / second", "lbm = pound", "psia = psi", "bara = bar", "barg = [gauge_pressure]",
    "psig = 0.0689475729 barg", "gpm = gallon / minute", "cfm = foot ** 3 / minute", "ips = inch / second",
    "turn_per_second = revolution / second",
)  # fmt: skip
UNREADABLE = (  # what pint raises on text it cannot read
    PintError, ValueError, TypeError, AttributeError, SyntaxError, AssertionError, TokenError, LookupError,
    ArithmeticError,
)  # fmt: skip


@cache
def registry() -> pint.UnitRegistry:
    units: pint.UnitRegistry = pint.UnitRegistry(on_redefinition="ignore")
    for definition in _DEFINED:
        units.define(definition)
    return units


def root(unit: pint.Unit) -> pint.Unit:
    return registry().get_root_units(unit)[1]


def fits(one: pint.Unit, other: pint.Unit) -> bool:
    """Whether a reading in the one can be turned into the other."""
    try:
        if root(one) != root(other) or ("decibel" in str(one)) != ("decibel" in str(other)):
            return False  # finer than dimensions: an angle is no percentage, a turn no pulse
        registry().convert(1.0, one, other)
    except (PintError, ArithmeticError):
        return False  # a temperature is no temperature difference
    return True
