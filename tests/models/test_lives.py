"""Lives are split whole, and a table that breaks their rules is refused."""

import pandas as pd
import pytest

from models.lives import BadLives, Lives, split_lives


def lives(failed: int, preventive: int, rows: int = 4) -> Lives:
    names = [f"f{i}" for i in range(failed)] + [f"p{i}" for i in range(preventive)]
    return Lives(
        pd.DataFrame([{"life": name, "hours": float(h), "vibration": 1.0} for name in names for h in range(rows)]),
        pd.DataFrame(
            {
                "life": names,
                "unit": names,
                "ended_by": ["failure"] * failed + ["preventive"] * preventive,
                "failure_mode": ["bearing_wear"] * failed + [None] * preventive,
                "end_hours": float(rows),
            }
        ),
        ("vibration",),
    )


def test_no_life_is_on_both_sides_of_a_split():
    kept, held = split_lives(lives(failed=8, preventive=4), share=0.25, seed=1)
    assert not set(kept.rows["life"]) & set(held.rows["life"])
    assert (len(held.failed), len(held.names)) == (2, 3)
    assert len(kept.rows) + len(held.rows) == 48


def test_the_same_seed_gives_the_same_split_and_another_does_not():
    plant = lives(failed=20, preventive=0)
    assert split_lives(plant, 0.3, 5)[1].names == split_lives(plant, 0.3, 5)[1].names
    assert split_lives(plant, 0.3, 5)[1].names != split_lives(plant, 0.3, 6)[1].names


def test_nothing_can_be_held_out_of_one_failure():
    with pytest.raises(BadLives, match="at least 2"):
        split_lives(lives(failed=1, preventive=9), share=0.3, seed=1)


def test_rows_of_a_life_without_an_end_are_refused():
    good = lives(failed=2, preventive=0)
    with pytest.raises(BadLives, match="f1"):
        Lives(good.rows, good.ends.iloc[:1], good.sensors)


def test_a_missing_sensor_column_is_named():
    good = lives(failed=2, preventive=0)
    with pytest.raises(BadLives, match="temperature"):
        Lives(good.rows, good.ends, ("vibration", "temperature"))
