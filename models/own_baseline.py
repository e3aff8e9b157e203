"""Anomalies judged against each life's own first rows, where how far sound readings wander is learnt from such rows."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from machine_profiles.errors import MillwrightError
from machine_profiles.profile import Derived, Profile, Sensor
from models.anomaly import SHRINKAGE, THRESHOLD, smoothing_window
from models.derived import derived_of
from models.lives import Lives

SOUND_ALARMS = 0.01  # share of sound rows, judged like any other, that may be called anomalous
LEAST = 1e-9
Array = NDArray[np.float64]


class ShortBaseline(MillwrightError):
    def __init__(self, life: str, rows: int, baseline_rows: int, window: int) -> None:
        super().__init__(
            f"Life {life} has {rows} rows; to be judged against its own first rows it needs more than "
            f"modelling.baseline_rows ({baseline_rows}), and those must be at least four windows of {window} rows. "
            f"Import more of it, or change the profile."
        )


def judge_by_own_baseline(profile: Profile, lives: Lives) -> pd.DataFrame:
    """`life`, `hours`, `score` (0 to 1) and `anomalous` of each row behind its life's first `baseline_rows`, with the
    index that the row has in `lives.rows`.

    The first rows of every life are taken as sound. What their later half departs from the mean of their earlier half
    by, as means over the profile's middle window, gives the covariance of sound departures; the alarm is the squared
    Mahalanobis distance that SOUND_ALARMS of them pass, a score of a half. A life's rows are then judged by how far
    they depart from the mean of all its first rows. A sensor not measured is left out, and the distance scaled up;
    where none is measured the score is NaN, and the row is not called sound.

    Raises ShortBaseline.
    """
    first, window = profile.modelling.baseline_rows, smoothing_window(profile)
    readings: dict[str, pd.DataFrame] = {}
    smoothed: dict[str, pd.DataFrame] = {}
    for name, rows in lives.rows.groupby("life", sort=False):
        life = str(name)
        if len(rows) <= first or first < 4 * window:
            raise ShortBaseline(life, len(rows), first, window)
        readings[life] = _readings(profile, rows.sort_values("hours", kind="stable"))
        smoothed[life] = readings[life].rolling(window, min_periods=1).mean()
    spread = np.sqrt(np.nanmean([_variance(each.iloc[:first]) for each in readings.values()], axis=0))
    varied = np.flatnonzero(spread > LEAST)

    def departed(life: str, before: int) -> Array:
        centre = readings[life].iloc[:before].mean()
        return np.asarray(((smoothed[life] - centre) / spread).to_numpy()[:, varied])

    sound = np.concatenate([departed(life, first // 2)[max(first // 2, window) : first] for life in readings])
    precision = _precision(sound)
    alarm = max(float(np.nanquantile(_distance(sound, precision), 1 - SOUND_ALARMS)), LEAST)
    parts = []
    for life, of in readings.items():
        distance = _distance(departed(life, first), precision)
        score = distance / (distance + alarm)
        keys = lives.rows.loc[of.index, ["life", "hours"]]
        parts.append(keys.assign(score=score, anomalous=~(score <= THRESHOLD)).iloc[first:])
    return pd.concat(parts)


def _readings(profile: Profile, rows: pd.DataFrame) -> pd.DataFrame:
    """Sensors and derived quantities that say something of its condition."""
    stated: tuple[Sensor | Derived, ...] = (*profile.sensors, *profile.derived)
    values = pd.concat([rows[list(profile.sensor_names)], derived_of(profile, rows)], axis=1)
    return values[[part.name for part in stated if part.role == "condition"]].astype(float)


def _variance(values: pd.DataFrame) -> Array:
    return np.asarray(values.var(ddof=0).to_numpy(np.float64))


def _precision(departed: Array) -> Array:
    """The inverse of the covariance about zero, shrunk towards its diagonal."""
    clean = np.nan_to_num(departed)
    known = np.maximum(np.isfinite(departed).astype(float).T @ np.isfinite(departed), 1)
    covariance = clean.T @ clean / known
    diagonal = np.diag(np.maximum(np.diag(covariance), LEAST))
    return np.asarray(
        np.linalg.inv((1 - SHRINKAGE) * covariance + SHRINKAGE * diagonal + LEAST * np.eye(len(diagonal)))
    )


def _distance(departed: Array, precision: Array) -> Array:
    known = np.isfinite(departed)
    clean = np.where(known, departed, 0.0)
    square = np.einsum("ni,ij,nj->n", clean, precision, clean)
    count = known.sum(axis=1)
    return np.where(count > 0, square * departed.shape[1] / np.maximum(count, 1), np.nan)
