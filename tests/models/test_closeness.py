"""Copies are found, and honest noise is not called one; lives that run backwards are noticed."""

import numpy as np
import pandas as pd
import pytest

from models.closeness import closeness
from models.life_checks import check_lives
from models.lives import Lives


def lives(count: int = 8, rows: int = 80, rise: float = 8.0, seed: int = 1) -> Lives:
    rng = np.random.default_rng(seed)
    tables, ends = [], []
    for number in range(count):
        u = np.linspace(0.0, 1.0, rows) ** 2
        values = rng.standard_normal((rows, 2)) + np.column_stack([rise * u, np.zeros(rows)])
        table = pd.DataFrame(values, columns=["a", "b"])
        table.insert(0, "hours", np.arange(1.0, rows + 1))
        table.insert(0, "life", f"{seed}/{number}")
        tables.append(table)
        ends.append((f"{seed}/{number}", f"{number}", "failure", "wear", float(rows)))
    columns = ["life", "unit", "ended_by", "failure_mode", "end_hours"]
    return Lives(pd.concat(tables, ignore_index=True), pd.DataFrame(ends, columns=columns), ("a", "b"))


def test_copied_rows_are_counted_and_new_ones_are_not():
    recorded = lives()
    fresh, copied = closeness(recorded, lives(seed=2).rows, seed=1), closeness(recorded, recorded.rows, seed=1)
    assert fresh is not None
    assert copied is not None
    assert (fresh.copies, fresh.memorised) == (0, False)
    assert fresh.median == pytest.approx(fresh.recorded_median, rel=0.5)
    assert (copied.copies, copied.memorised) == (640, True)


def test_one_life_has_nothing_to_be_compared_with():
    assert closeness(lives(count=1), lives(seed=2).rows, seed=1) is None


def test_lives_that_rise_like_the_recorded_ones_pass_and_flat_ones_show():
    recorded = lives()
    alike, flat = check_lives(recorded, lives(seed=3), 60.0), check_lives(recorded, lives(rise=0.0, seed=4), 60.0)
    assert alike is not None
    assert flat is not None
    assert alike.synthetic_monotonicity > 0.8 > 0.5 > abs(flat.synthetic_monotonicity)
    assert alike.recorded_median_hours == alike.synthetic_median_hours == 79.0
    assert alike.length_distance == 0.0


def test_lives_of_one_row_are_not_checked():
    recorded = lives()
    single = Lives(recorded.rows.groupby("life").tail(1), recorded.ends, recorded.sensors)
    assert check_lives(recorded, single, 60.0) is None
