"""Where no life has failed, a trend to the alarm limit gives an estimated end with its interval, or none at all."""

import numpy as np
import pandas as pd

from machine_profiles.profile import Limit, Profile, Sensor
from models.estimated_labels import estimate_ends
from models.lives import Lives
from models.rul import label_lives, with_estimates

PUMP = Profile(
    id="PUMP_X_001",
    name="A pump",
    kind="pump",
    sensors=(
        Sensor(
            name="vibration", description="RMS", quantity="vibration", unit="mm/s",
            alarm=Limit(high=10.0, basis="estimate", source="a test"),
        ),
    ),
)  # fmt: skip


def running(rate: float, rows: int = 300, since: int = 150) -> Lives:
    """2 mm/s until hour `since`, then up by `rate` an hour; noise of 0.1 mm/s."""
    hours = np.arange(1.0, rows + 1)
    value = 2 + rate * np.clip(hours - since, 0, None) + np.random.default_rng(1).normal(0, 0.1, rows)
    ends = {"life": ["a"], "unit": ["a"], "ended_by": ["running"], "failure_mode": [None], "end_hours": [float(rows)]}
    frame = pd.DataFrame({"life": "a", "hours": hours, "vibration": value})
    return Lives(frame, pd.DataFrame(ends), ("vibration",))


def test_a_trend_is_carried_on_to_the_alarm_limit():
    (end,) = estimate_ends(PUMP, running(0.03))
    truth = 150 + 8 / 0.03  # 2 mm/s to 10 mm/s
    assert abs(end.end_hours - truth) < 15
    assert end.low_hours <= truth <= end.high_hours
    assert abs(end.start_hours - 150) < 40


def test_no_trend_and_no_limit_give_no_estimate():
    assert estimate_ends(PUMP, running(0.0)) == []
    assert estimate_ends(PUMP, running(-0.03)) == []
    bare = PUMP.model_copy(update={"sensors": (PUMP.sensors[0].model_copy(update={"alarm": None}),)})
    assert estimate_ends(bare, running(0.03)) == []


def test_estimated_rows_are_marked_and_stay_censored():
    lives = running(0.03)
    labelled = with_estimates(label_lives(lives, 100.0), estimate_ends(PUMP, lives), 100.0)
    assert labelled["censored"].all()
    assert not labelled["estimated"].iloc[:100].any()
    assert labelled["rul_hours"].iloc[:100].isna().all()
    last = labelled.iloc[-1]
    assert last["estimated"]
    assert last["rul_low_hours"] <= last["rul_hours"] <= last["rul_high_hours"] <= 100.0
