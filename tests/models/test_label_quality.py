"""A sensor that rises the same way in every life scores 1; one that only rattles does not."""

import numpy as np
import pandas as pd
import pytest

from models.label_quality import monotonicity, prognosability, sensor_quality, trendability
from models.lives import Lives


def test_monotonicity_counts_rises_against_falls():
    assert monotonicity([np.array([0.0, 1.0, 2.0]), np.array([2.0, 1.0, 2.0, 1.0])]) == pytest.approx((1 + 1 / 3) / 2)


def test_trendability_is_that_of_the_least_alike_pair():
    alike, other = np.array([0.0, 1.0, 2.0, 3.0]), np.array([0.0, 1.0, 1.0, 0.0])
    assert trendability([alike, alike + 5, other]) == pytest.approx(0.0, abs=1e-12)


def test_prognosability_falls_with_the_spread_of_the_final_readings():
    # finals 4 and 6: standard deviation sqrt(2); both travelled 4 and 6, 5 in the mean
    paths = [np.array([0.0, 4.0]), np.array([0.0, 6.0])]
    assert prognosability(paths) == pytest.approx(np.exp(-np.sqrt(2.0) / 5.0))


def test_a_wearing_sensor_beats_a_rattling_one():
    rng, hours = np.random.default_rng(1), np.arange(200.0)
    rows = pd.concat(
        [
            pd.DataFrame({"life": f"l{i}", "hours": hours, "wear": hours / 200, "rattle": rng.standard_normal(200)})
            for i in range(6)
        ]
    )
    ends = pd.DataFrame({"life": [f"l{i}" for i in range(6)], "unit": "main"})
    ends = ends.assign(ended_by="failure", failure_mode=None, end_hours=200.0)
    quality = sensor_quality(Lives(rows, ends, ("wear", "rattle")))
    assert quality["wear"] == {"monotonicity": 1.0, "trendability": 1.0, "prognosability": 1.0}
    assert max(quality["rattle"]["monotonicity"], quality["rattle"]["trendability"]) < 0.2
