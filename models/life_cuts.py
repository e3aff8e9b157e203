"""How the maintenance log ends lives, those too that the stored rows go on with."""

from datetime import datetime

import pandas as pd


def life_cuts(meter: pd.DataFrame, renewals: list[tuple[str, datetime]]) -> pd.DataFrame:
    """One row a cut: `unit`, `life` (as stored), `at`, `number` (from 1 in each life), `gone` (the meter at the cut).

    meter: `unit`, `at`, `life`, `hours` as stored. renewals: unit and time of what ended a life. One that falls on a
    life's last row, or between lives, cuts nothing.
    """
    spans = meter.groupby(["unit", "life"]).agg(first=("at", "min"), last=("at", "max")).reset_index()
    log = pd.DataFrame(renewals, columns=["unit", "at"]).drop_duplicates()
    log["at"] = pd.to_datetime(log["at"], utc=True).dt.as_unit("us")
    cuts = spans.merge(log, on="unit").sort_values(["unit", "life", "at"])
    cuts = cuts[(cuts["first"] < cuts["at"]) & (cuts["at"] < cuts["last"])].drop(columns=["first", "last"])
    cuts = cuts.reset_index(drop=True)
    cuts["number"] = cuts.groupby(["unit", "life"]).cumcount() + 1
    cuts["gone"] = [
        meter["hours"][(meter["unit"] == unit) & (meter["life"] == life) & (meter["at"] <= at)].max()
        for unit, life, at in zip(cuts["unit"], cuts["life"], cuts["at"], strict=True)
    ]
    return cuts


def ended_life(lives: pd.DataFrame, unit: str, stated: str | None, at: datetime) -> str | None:
    """Which life an event ended: the one its unit was living then, if that is, or is cut from, the one it names.

    lives: indexed by `unit/life`: `unit`, `first` (time of the first row). None where nothing is known of it.
    """
    before = lives[(lives["unit"] == unit) & (lives["first"] <= at)]
    lived = None if before.empty else str(before["first"].idxmax())
    named = None if stated is None else f"{unit}/{stated}"
    if named is None or (lived is not None and lived.split("+")[0] == named.split("+")[0]):
        return lived
    return named if named in lives.index else None
