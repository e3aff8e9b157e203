"""Whether there is enough to judge a machine by; what there is not is said, never taken for health."""

from datetime import datetime

import pandas as pd

from machine_profiles.errors import MillwrightError
from machine_profiles.profile import Profile
from models.model_card import ModelCard

STALE_HOURS = 72.0  # a weekend's stop is not silence, three days are


def usable(profile: Profile, rows: pd.DataFrame, at: datetime) -> tuple[int, tuple[str, ...]]:
    """How many rows hold a reading of the condition, and which sensors are silent over the shortest window."""
    condition = [sensor.name for sensor in profile.sensors if sensor.role == "condition"]
    known = rows.reindex(columns=list(profile.sensor_names)).notna()
    latest = known.tail(min(profile.modelling.windows))
    if not latest[condition].to_numpy().any():
        raise NothingMeasured(profile.id, len(latest), at)
    silent = tuple(name for name in profile.sensor_names if not latest[name].any())
    return int(known[condition].any(axis=1).sum()), silent


def doubts_about(profile: Profile, used: int, silent: tuple[str, ...], at: datetime, now: datetime) -> tuple[str, ...]:
    shortest, old_hours = min(profile.modelling.windows), (now - at).total_seconds() / 3600
    found = []
    if silent:
        found.append(f"no reading of {', '.join(silent)} over the last {shortest} rows")
    if used < shortest:
        found.append(f"only {used} rows since this life began; {shortest} are needed")
    if old_hours > STALE_HOURS:
        found.append(f"the last reading is {old_hours:.0f} h old")
    return tuple(found)


class NothingMeasured(MillwrightError):
    def __init__(self, machine_id: str, rows: int, at: datetime) -> None:
        super().__init__(
            f"The last {rows} rows of {machine_id}, up to {at:%Y-%m-%d %H:%M} UTC, hold no reading of its condition. "
            f"A silent machine is not a healthy one: check its sensors, or import the missing readings."
        )


class ProfileChanged(MillwrightError):
    def __init__(self, card: ModelCard) -> None:
        super().__init__(
            f"Version {card.version} of the {card.task} model of {card.machine_id} was trained on other sensors "
            f"or windows ({', '.join(card.sensors)}; {card.window_rows} rows) than its profile has now; train it again."
        )


class NoFiniteAnswer(MillwrightError):
    def __init__(self, card: ModelCard) -> None:
        super().__init__(
            f"Version {card.version} of the {card.task} model of {card.machine_id} gives no number for the latest "
            f"readings; look at them with query_telemetry, or roll the model back."
        )
