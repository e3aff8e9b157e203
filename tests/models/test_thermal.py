import numpy as np
import pytest

from models.thermal import hot_spots, severity_of, warmth


def scene(rise: float, noise: float = 0.1) -> np.ndarray:
    rows, columns = np.mgrid[:60, :80]
    found = 20 + noise * np.random.default_rng(2).standard_normal((60, 80))
    found[15:45, 10:70] += 20
    return found + rise * ((rows - 30) ** 2 + (columns - 40) ** 2 < 16)


@pytest.mark.parametrize(
    ("rise", "severity"), [(2.2, "possible deficiency"), (9, "probable deficiency"), (30, "major")]
)
def test_a_spot_is_found_measured_and_classed(rise: float, severity: str):
    found = hot_spots(scene(rise), True, ambient_c=20.0)
    assert len(found.spots) == 1
    spot = found.spots[0]
    assert abs(spot.row - 30) < 6
    assert abs(spot.column - 40) < 6
    assert spot.rise_over_reference_c == pytest.approx(rise, abs=0.5)
    assert spot.rise_over_ambient_c == pytest.approx(rise + 20, abs=0.5)
    assert str(spot.severity).startswith(severity)


def test_an_even_part_has_none():
    found = hot_spots(scene(0.0), True)
    assert found.spots == ()
    assert found.severity is None


def test_without_a_scale_nothing_has_a_temperature():
    found = hot_spots(scene(15.0), False)
    assert len(found.spots) == 1
    assert (found.maximum_c, found.severity, found.spots[0].severity) == (None, None, None)


def test_classes_of_the_table_meet():
    assert severity_of(0.5) == "below the first class"
    assert severity_of(3.5) == "probable deficiency"
    assert severity_of(40.0, over_ambient=True) == "monitor"


def test_rainbow_colours_rise_from_blue_to_red():
    palette = np.array([[0, 0, 255], [0, 255, 255], [0, 255, 0], [255, 255, 0], [255, 0, 0]], np.uint8)
    shown = warmth(np.repeat(palette[None], 20, axis=0))
    assert np.all(np.diff(shown[0]) > 0)
