"""A window shows what had been seen, and nothing else."""

import numpy as np
import pandas as pd
import pytest

from models.lives import Lives
from models.windows import FEW_ROWS, inputs_of, latest_input
from tests.models.training_world import MACHINE, wearing_lives

LIVES = wearing_lives(failed=2, preventive=1)


def test_a_window_ends_with_its_own_row_and_is_empty_before_the_life_began():
    inputs, keys = inputs_of(MACHINE, LIVES)
    assert inputs.window.shape == (len(LIVES.rows), 12, 3)
    third = keys.index[keys["life"] == "S01/1"][2]
    readings = LIVES.rows[LIVES.rows["life"] == "S01/1"][list(LIVES.sensors)].to_numpy(np.float32)
    np.testing.assert_array_equal(inputs.window[third, -3:], readings[:3])
    assert np.isnan(inputs.window[third, :-3]).all()


def test_the_baseline_is_the_mean_of_the_first_rows_as_far_as_seen():
    inputs, keys = inputs_of(MACHINE, LIVES)
    load = LIVES.rows[LIVES.rows["life"] == "S00/1"]["load"].to_numpy()
    own = inputs.baseline[(keys["life"] == "S00/1").to_numpy(), 2]
    assert np.isnan(own[: FEW_ROWS - 1]).all()
    assert own[6] == pytest.approx(load[:7].mean(), abs=1e-4)
    assert own[80] == pytest.approx(load[:10].mean(), abs=1e-4)


def test_what_happens_later_changes_no_earlier_input():
    before, keys = inputs_of(MACHINE, LIVES)
    changed = LIVES.rows.copy()
    later = changed.groupby("life").cumcount() >= 50
    changed.loc[later, list(LIVES.sensors)] *= 7
    after, _ = inputs_of(MACHINE, type(LIVES)(changed, LIVES.ends, LIVES.sensors))
    early = (keys.groupby("life").cumcount() < 50).to_numpy()
    np.testing.assert_array_equal(before.window[early], after.window[early])
    np.testing.assert_array_equal(before.baseline[early], after.baseline[early])


def test_serving_asks_exactly_what_training_taught():
    life = LIVES.rows[LIVES.rows["life"] == "S02/1"]
    taught, keys = inputs_of(MACHINE, LIVES)
    last = keys.index[keys["life"] == "S02/1"][-1]
    asked = latest_input(MACHINE, life.tail(12), life.head(10)[list(LIVES.sensors)].astype(float).mean())
    for name, value in asked.feeds().items():
        np.testing.assert_allclose(value[0], taught.feeds()[name][last], rtol=1e-6)


def test_every_nth_row_counts_back_from_the_last():
    _, keys = inputs_of(MACHINE, LIVES, every=50)
    ends = LIVES.ends.set_index("life")["end_hours"]
    assert keys.groupby("life")["hours"].max().to_dict() == ends.to_dict()


def test_a_window_does_not_reach_over_a_hole_longer_than_itself():
    rows = pd.DataFrame({"life": "a", "hours": [0.0, 1.0, 2.0, 3.0, 4.0, 500.0, 501.0]})
    rows[list(MACHINE.sensor_names)] = np.repeat(np.arange(7.0)[:, None], 3, axis=1)
    ends = pd.DataFrame([{"life": "a", "unit": "u", "ended_by": "running", "failure_mode": None, "end_hours": 501.0}])
    whole, _ = inputs_of(MACHINE, Lives(rows, ends, MACHINE.sensor_names))
    newest = whole.window[-1, :, 0]
    assert list(newest[-2:]) == [5.0, 6.0]
    assert np.isnan(newest[:-2]).all()
    assert list(whole.window[4, -5:, 0]) == [0.0, 1.0, 2.0, 3.0, 4.0]
    served = latest_input(MACHINE, rows, rows[list(MACHINE.sensor_names)].head(72).mean())
    np.testing.assert_array_equal(served.window[0], whole.window[-1])
    assert not np.isnan(served.baseline).any()
