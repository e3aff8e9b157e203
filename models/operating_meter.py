"""Which life new rows belong to, and what the life's hour meter shows there."""

import numpy as np
import pandas as pd

LONGEST_STEP = 3.0  # samples; over a longer gap the machine is taken to have stood still, if nobody says otherwise
FIRST_LIFE = "1"


def longest_step_hours(sample_hours: float, runs_through_gaps: bool) -> float:
    """The longest time between two rows that the machine is taken to have run through."""
    return np.inf if runs_through_gaps else LONGEST_STEP * sample_hours


def metered(rows: pd.DataFrame, known: pd.DataFrame, longest_step: float) -> tuple[pd.DataFrame, "pd.Series[str]"]:
    """The rows with `life` and `hours` filled in, and the reason for each that no meter can be carried back to.

    rows: `unit`, `at`, optionally `life` and `hours`, none of them known yet. known: `unit`, `at`, `life`, `hours` of
    everything recorded. A stated life or hour count stands. Otherwise a unit's rows continue its life, and its meter
    runs on by the clock time between samples; a gap above `longest_step` hours counts as standing still. Rows between
    known ones take their place between their readings of the meter.
    """
    rows = rows.copy()
    if "life" not in rows:
        rows["life"] = _continued_life(rows, known)
    early = rows["life"].isna()
    if "hours" not in rows:
        rows["hours"] = _continued_hours(rows[~early], known, longest_step).reindex(rows.index)
        early |= rows["hours"].isna()
    first = known.groupby("unit")["at"].min().reindex(rows["unit"]).set_axis(rows.index)
    reasons = first[early].map(
        lambda at: (
            f"earlier than the unit's first recorded reading ({at:%Y-%m-%d %H:%M} UTC): its hour meter cannot be "
            f"carried back; import the oldest file first, or state `life` and `hours` columns"
        )
    )
    return rows[~early], reasons


def _continued_life(rows: pd.DataFrame, known: pd.DataFrame) -> pd.Series:
    """The life of the last known row before each; NaN before the first one of a known unit."""
    merged = pd.concat([known[["unit", "at", "life"]].assign(line=-1), rows[["unit", "at"]].assign(line=rows.index)])
    merged = merged.sort_values(["unit", "at"], kind="stable")
    lives = merged.groupby("unit")["life"].ffill()
    lives = lives.where(merged["unit"].isin(set(known["unit"])), FIRST_LIFE)
    new = merged["line"].to_numpy() != -1
    return pd.Series(lives.to_numpy()[new], index=merged["line"].to_numpy()[new]).reindex(rows.index)


def _continued_hours(rows: pd.DataFrame, known: pd.DataFrame, longest_step: float) -> pd.Series:
    """NaN before the first known row of a known life."""
    keys = ["unit", "life"]
    merged = pd.concat(
        [
            known[[*keys, "at", "hours"]].assign(line=-1),
            rows[[*keys, "at"]].assign(hours=np.nan, line=rows.index),
        ]
    )
    merged = merged.sort_values([*keys, "at"], kind="stable").reset_index(drop=True)
    lives = merged.groupby(keys, sort=False)
    step = lives["at"].diff().dt.total_seconds() / 3600
    merged["ran"] = step.where(step <= longest_step, 0.0).fillna(0.0)
    merged["ran"] = merged.groupby(keys, sort=False)["ran"].cumsum()
    merged["anchor"] = merged["ran"].where(merged["hours"].notna())
    lives = merged.groupby(keys, sort=False)
    before, anchor, after = lives["hours"].ffill(), lives["anchor"].ffill(), lives["hours"].bfill()
    hours = before + merged["ran"] - anchor
    hours = hours.where(before.notna() | after.notna(), merged["ran"])  # a life of which nothing was known
    hours = hours.where(~(hours > after), after)
    new = merged["line"] != -1
    return pd.Series(hours[new].to_numpy(), index=merged.loc[new, "line"].to_numpy()).reindex(rows.index)
