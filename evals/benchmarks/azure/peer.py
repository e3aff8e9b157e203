"""The azure benchmark's peer: LightGBM on windows of telemetry and error counts, no part of Millwright's modelling."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

WINDOWS = (3, 24)
READINGS = ("volt", "rotate", "pressure", "vibration")
Array = NDArray[np.float64]


def windows_lightgbm(tables: dict[str, pd.DataFrame], taught: pd.DataFrame, asked: pd.DataFrame, seed: int) -> Array:
    """taught and asked: `unit`, `at`, and `true` of what is taught. The probability for each row asked."""
    import lightgbm

    rows = _features(tables)
    learnt, judged = (
        part[["unit", "at"]].merge(rows, on=["unit", "at"], how="left").drop(columns=["unit", "at"])
        for part in (taught, asked)
    )
    model = lightgbm.LGBMClassifier(
        n_estimators=300, learning_rate=0.05, num_leaves=15, random_state=seed, n_jobs=1, deterministic=True,
        force_row_wise=True, verbose=-1,
    )  # fmt: skip
    model.fit(learnt, taught["true"])
    return np.asarray(model.predict_proba(judged))[:, 1].astype(np.float64)


def _features(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Trailing means and deviations within unbroken runs of hours, and error counts over a day."""
    rows = tables["telemetry"].assign(at=_times(tables["telemetry"])).sort_values(["machineID", "at"])
    rows = rows.reset_index(drop=True)
    run = (rows.groupby("machineID")["at"].diff() != pd.Timedelta(hours=1)).cumsum()
    features = pd.DataFrame({"unit": "machine-" + rows["machineID"].astype(str), "at": rows["at"]})
    for span in WINDOWS:
        over = rows.groupby(run, sort=False)[list(READINGS)].rolling(span, min_periods=1)
        for kind, found in (("mean", over.mean()), ("sd", over.std())):
            values = found.reset_index(level=0, drop=True).sort_index()
            features[[f"{name}_{kind}_{span}" for name in READINGS]] = values
    errors = tables["errors"].assign(at=_times(tables["errors"]))
    for error, events in errors.groupby("errorID"):
        features[str(error)] = _counts(rows, events)
    return features


def _counts(rows: pd.DataFrame, events: pd.DataFrame) -> Array:
    counts = np.zeros(len(rows))
    for machine, places in rows.groupby("machineID").indices.items():
        times = np.sort(events.loc[events["machineID"] == machine, "at"].to_numpy("datetime64[us]"))
        at = rows["at"].iloc[places].to_numpy("datetime64[us]")
        day = np.timedelta64(max(WINDOWS), "h")
        counts[places] = np.searchsorted(times, at, "right") - np.searchsorted(times, at - day, "right")
    return counts


def _times(table: pd.DataFrame) -> pd.Series:
    return pd.to_datetime(table["datetime"], utc=True).dt.as_unit("us")
