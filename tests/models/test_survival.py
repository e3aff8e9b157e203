"""A life cut short is known to have lasted so long, and expected to have gone on, but it is no failure."""

import numpy as np
import pandas as pd

from models.lives import Lives
from models.rul import label_lives
from models.survival import with_expectations


def test_censored_rows_get_an_expectation_above_their_bound_and_no_label():
    ends = pd.DataFrame(
        {
            "life": list("abcdx"), "unit": list("abcdx"), "ended_by": [*["failure"] * 4, "running"],
            "failure_mode": None, "end_hours": [10.0, 20.0, 30.0, 40.0, 15.0],
        }
    )  # fmt: skip
    rows = pd.DataFrame([{"life": life, "hours": h, "s": 1.0} for life in "abcdx" for h in (5.0, 10.0)])
    lives = Lives(rows, ends, ("s",))
    labelled = with_expectations(label_lives(lives, 100.0), lives, 100.0)
    x = labelled[labelled["life"] == "x"]
    assert x["rul_hours"].isna().all()
    # of those that outlive 15 h each of 20, 30 and 40 h is as likely: 15 h more on average, from 5 to 25 h
    assert np.allclose(x["censored_expectation_hours"], [25.0, 20.0])
    assert np.allclose(x["expected_low_hours"], [15.0, 10.0])
    assert np.allclose(x["expected_high_hours"], [35.0, 30.0])
    assert labelled.loc[labelled["life"] != "x", "censored_expectation_hours"].isna().all()
