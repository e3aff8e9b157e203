"""Units are converted as a plant means them, and what cannot be converted is refused with what can."""

import numpy as np
import pytest

from machine_profiles.reading import SHIPPED, load_catalog
from models.units import UnknownUnit, WrongUnit, absolute_zero, convert, is_known


@pytest.mark.parametrize(
    ("value", "stated", "kept_in", "expected"),
    [
        (212.0, "degF", "degC", 100.0),
        (518.67, "degR", "degC", 15.0),
        (0.0, "K", "degC", -273.15),
        (25.0, "C", "degC", 25.0),
        (9.0, "delta_degF", "delta_degC", 5.0),
        (3.0, "K", "delta_degC", 3.0),
        (1.0, "in/s", "mm/s", 25.4),
        (50.0, "Hz", "rpm", 3000.0),
        (100 * np.pi, "rad/s", "rpm", 3000.0),
        (14.503774, "psi", "bar", 1.0),
        (100.0, "psig", "barg", 6.89475729),
        (60.0, "m3/h", "L/min", 1000.0),
        (1.0, "hp", "kW", 0.745699872),
        (0.5, "ratio", "percent", 50.0),
        (8.85, "lbf*in", "N*m", 0.99991),
        (7.0, "dB(A)", "dB", 7.0),
        (1.0, "m^3 s^-1", "m^3/h", 3600.0),
        (1.0, "pps/psi", "pps/psi", 1.0),
        (90.0, "min", "h", 1.5),
    ],
)
def test_a_reading_is_converted(value: float, stated: str, kept_in: str, expected: float):
    assert convert(np.array([value]), stated, kept_in)[0] == pytest.approx(expected, rel=1e-5, abs=1e-9)


@pytest.mark.parametrize(
    ("stated", "kept_in"),
    [
        ("g", "mm/s"),
        ("degC", "delta_degC"),
        ("delta_degC", "degC"),
        ("barg", "bar"),
        ("degree", "percent"),
        ("dB", "percent"),
        ("A", "kW"),
        ("count/min", "rpm"),
    ],
    ids=["acceleration for velocity", "temperature for difference", "difference for temperature", "gauge for absolute",
         "angle for share", "level for share", "current for power", "pulses for turns"],
)  # fmt: skip
def test_what_measures_something_else_is_refused(stated: str, kept_in: str):
    with pytest.raises(WrongUnit, match=rf"in {stated} cannot be turned into {kept_in}"):
        convert(np.array([1.0]), stated, kept_in)


@pytest.mark.parametrize(
    "stated", ["blorp", "((", "mm/0", "9**9**9", "mm^-1 mm^", "mm//s", "degC°", "1.5e", "\n", "3 bar +"]
)
def test_an_unknown_unit_is_refused_with_those_that_fit(stated: str):
    with pytest.raises((UnknownUnit, WrongUnit), match="kept in bar; give it as bar, mbar, kPa, Pa, MPa, psi"):
        convert(np.array([1.0]), stated, "bar")


def test_absolute_zero_is_known_in_every_temperature_unit_and_in_no_other():
    assert [absolute_zero(unit) for unit in ("degC", "K", "degR")] == [pytest.approx(-273.15), 0.0, 0.0]
    assert absolute_zero("degF") == pytest.approx(-459.67)
    assert [absolute_zero(unit) for unit in ("bar", "delta_degC", "blorp")] == [None, None, None]


@pytest.mark.parametrize("profile", load_catalog(SHIPPED).values(), ids=lambda profile: profile.id)
def test_every_unit_of_the_catalog_is_one_that_can_be_converted(profile):
    for unit in [sensor.unit for sensor in profile.sensors] + [figure.unit for figure in profile.rated.values()]:
        assert is_known(unit), unit
