"""Rows learnt together with their remaining life: each synthetic row is a life of one row."""

import numpy as np
import pandas as pd

from machine_profiles.errors import MillwrightError
from machine_profiles.profile import Profile
from models.lives import Lives
from models.rul import label_lives

SEED_ROWS = 5000  # rows learnt from; more add little and cost time
FEWEST_ROWS = 50
STAGES = (0.08, 0.2, 0.4, 0.7)  # shares of the rows, nearest to failure first
FEWEST_IN_STAGE = 60
AGE, RUL, MODE = "hours", "rul_hours", "failure_mode"
NOT_STATED = "not stated"
LONGEST_GAP = 24  # rows a missing reading is carried over when learning


class TooFewRows(MillwrightError):
    """There is too little to learn from; the text says how much there is and how much it takes."""


def seed_table(lives: Lives, seed: int, rows: int = SEED_ROWS) -> pd.DataFrame:
    """Rows to learn from: sensors, age in hours, RUL in hours (uncapped) and failure mode of lives that failed.

    A missing reading is carried forward within its life, at most 24 rows; rows that still lack one are left out,
    and so are sensors that were never measured. Raises TooFewRows below 50 complete rows.
    """
    failed = lives.only(lives.failed)
    labelled = label_lives(failed, cap_hours=np.inf)
    measured = [s for s in lives.sensors if labelled[s].notna().mean() > 0.5]
    values = labelled.groupby("life", sort=False)[measured].ffill(limit=LONGEST_GAP)
    table = significant(values.assign(**{AGE: labelled["hours"], RUL: labelled[RUL]})).astype(float)
    mode = labelled["life"].map(failed.ends.set_index("life")["failure_mode"])
    table[MODE] = mode.fillna(NOT_STATED).astype(str)
    table = table.dropna()
    if len(table) < FEWEST_ROWS:
        raise TooFewRows(
            f"Only {len(table)} complete rows of lives that failed were recorded; learning takes at least "
            f"{FEWEST_ROWS}. Import more telemetry first."
        )
    return table.sample(min(rows, len(table)), random_state=seed).reset_index(drop=True)


def stages(table: pd.DataFrame) -> pd.Series:
    """For each row the failure mode and how far from failure it is, in five classes; rare ones of a stage together."""
    edges = np.unique(table[RUL].quantile(list(STAGES)))
    stage = pd.Series(np.searchsorted(edges, table[RUL]), index=table.index).astype(str)
    both = table[MODE] + "/" + stage
    rare = both.map(both.value_counts()) < FEWEST_IN_STAGE
    return both.where(~rare, "any/" + stage)


def lives_of_rows(table: pd.DataFrame, profile: Profile) -> Lives:
    """Each row as a life of its own that fails `rul_hours` after it: its label is the RUL it was drawn with."""
    sensors = profile.sensor_names
    names = [f"row{i:06d}" for i in range(len(table))]
    rows = pd.DataFrame({"life": names, AGE: table[AGE].astype(float).to_numpy()})
    for sensor in sensors:
        rows[sensor] = table[sensor].to_numpy("float32") if sensor in table else np.float32(np.nan)
    modes = table[MODE].to_numpy(object)
    ends = pd.DataFrame(
        {
            "life": names,
            "unit": names,
            "ended_by": "failure",
            "failure_mode": [None if mode == NOT_STATED else mode for mode in modes],
            "end_hours": rows[AGE].to_numpy() + table[RUL].clip(lower=0.0).to_numpy(float),
        }
    )
    return Lives(rows, ends, sensors)


def significant(table: pd.DataFrame, digits: int = 6) -> pd.DataFrame:
    """Readings as they were written, freed of single precision's tail: 41.9, not 41.900002."""
    values = table.to_numpy(float)
    with np.errstate(all="ignore"):
        power = np.where(values != 0, np.floor(np.log10(np.abs(values))), 0.0)
    scale = 10.0 ** (digits - 1 - np.nan_to_num(power))
    return pd.DataFrame(np.round(values * scale) / scale, index=table.index, columns=table.columns)
