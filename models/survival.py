"""How long lives last where some were cut short: Kaplan-Meier, and what it lets one expect of a life still running.

Kaplan and Meier, "Nonparametric estimation from incomplete observations", JASA 53, 1958; the expectation is restricted
to the longest life seen, and so a lower bound where that one had not failed.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.lives import Lives

FEWEST_FAILED = 3  # deaths beyond a life's age that an expectation rests on
TAIL = 0.05

Array = NDArray[np.float64]


def kaplan_meier(hours: Array, failed: NDArray[np.bool_]) -> tuple[Array, Array]:
    """Hours at which lives failed, ascending, and the share that outlives each.

    >>> times, share = kaplan_meier(np.array([1.0, 2.0, 3.0, 4.0]), np.array([True, False, True, True]))
    >>> times.tolist(), share.round(3).tolist()  # 3/4; of the two left at 3 h one fails: 3/8; then none
    ([1.0, 3.0, 4.0], [0.75, 0.375, 0.0])
    """
    times = np.unique(hours[failed])
    at_risk = (hours[None, :] >= times[:, None]).sum(axis=1)
    deaths = ((hours[None, :] == times[:, None]) & failed[None, :]).sum(axis=1)
    return times, np.cumprod(1 - deaths / at_risk)


def expected_beyond(age: float, times: Array, share: Array, longest: float) -> tuple[float, float, float] | None:
    """Mean, 5 % and 95 % quantile of the hours a life of this age has left; None where too few are known to go beyond.

    >>> expected_beyond(1.5, np.array([1.0, 2.5, 3.5, 4.5]), np.array([0.75, 0.5, 0.25, 0.0]), 4.5)
    (2.0, 1.0, 3.0)
    """
    later = times > age
    if later.sum() < FEWEST_FAILED:
        return None
    before = float(share[~later][-1]) if (~later).any() else 1.0
    mass = -np.diff(np.concatenate([[before], share[later]])) / before
    left = times[later] - age
    if mass.sum() < 1 - 1e-12:  # some outlive every failure seen
        mass, left = np.append(mass, 1 - mass.sum()), np.append(left, max(longest, times[-1]) - age)
    reached = np.cumsum(mass)
    low, high = (float(left[min(int(np.searchsorted(reached, q - 1e-12)), len(left) - 1)]) for q in (TAIL, 1 - TAIL))
    return float(mass @ left), low, high


def with_expectations(labelled: pd.DataFrame, lives: Lives, cap_hours: float) -> pd.DataFrame:
    """The labels with, for rows of censored lives, what may be expected: `censored_expectation_hours` and its 90 %
    interval `expected_low_hours`, `expected_high_hours`, at most the cap; never below what the life is known to have
    lasted. They are no labels: `rul_hours` stays empty.
    """
    ends = lives.ends.set_index("life")
    hours, failed = ends["end_hours"].to_numpy(float), (ends["ended_by"] == "failure").to_numpy()
    times, share = kaplan_meier(hours, failed)
    columns = ("censored_expectation_hours", "expected_low_hours", "expected_high_hours")
    labelled = labelled.assign(**dict.fromkeys(columns, np.nan))
    for life, end in ends.loc[~failed, "end_hours"].items():
        if (found := expected_beyond(float(end), times, share, float(hours.max()))) is not None:
            rows = labelled["life"] == life
            for column, beyond in zip(columns, found, strict=True):
                labelled.loc[rows, column] = (labelled.loc[rows, "observed_for_hours"] + beyond).clip(upper=cap_hours)
    return labelled
