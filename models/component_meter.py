"""Hour meters of components: operating hours since the maintenance log's last entry of a sort."""

import numpy as np
import pandas as pd

from models.column_map import HoursSince
from models.telemetry import MaintenanceEvent


def hours_since(
    rows: pd.DataFrame, meter: pd.DataFrame, log: list[MaintenanceEvent], stated: HoursSince, longest_step: float
) -> "pd.Series[float]":
    """Operating hours of each row since the last such entry before it; NaN where the log holds none.

    rows: `unit`, `at`. meter: `unit`, `at` of every row, these too. Steps between rows above `longest_step` hours count
    as standing still; before a unit's first row the clock counts. An entry at a row's own time counts from the next
    row on: a repair follows what the row shows.
    """
    hours = pd.Series(np.nan, rows.index)
    entries = [event for event in log if event.action == stated.action]
    if stated.failure_mode is not None:
        entries = [event for event in entries if event.failure_mode == stated.failure_mode]
    for unit, own in rows.groupby("unit", sort=False):
        events = np.sort(_times(pd.Series([event.at for event in entries if event.unit == unit], dtype=object)))
        if not len(events):
            continue
        times = np.sort(_times(meter.loc[meter["unit"] == unit, "at"]))
        steps = np.diff(times) / np.timedelta64(1, "h")
        ran = np.concatenate([[0.0], np.cumsum(np.where(steps <= longest_step, steps, 0.0))])
        at = _times(own["at"])
        last = np.searchsorted(events, at, side="left") - 1
        since = _ran(events[np.maximum(last, 0)], times, ran)
        hours[own.index] = np.where(last >= 0, _ran(at, times, ran) - since, np.nan)
    return hours


def _ran(asked: np.ndarray, times: np.ndarray, ran: np.ndarray) -> np.ndarray:
    """The unit's operating hours at each time, between rows in proportion; negative before the first row."""
    before = np.minimum((asked - times[0]) / np.timedelta64(1, "h"), 0.0)
    return before + np.interp(asked.astype("int64"), times.astype("int64"), ran)


def _times(column: pd.Series) -> np.ndarray:
    return pd.to_datetime(column, utc=True).dt.tz_localize(None).to_numpy("datetime64[us]")
