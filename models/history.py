"""The data set `history`: everything recorded of a machine, as lives, brought up to date when it is asked for."""

from datetime import UTC, datetime, timedelta

from machine_profiles.profile import Profile
from models.datasets import DatasetInfo, Datasets, lives_hash
from models.lives import Lives
from models.telemetry import Telemetry

HISTORY = "history"


def current_history(datasets: Datasets, telemetry: Telemetry, profile: Profile) -> DatasetInfo:
    """The newest version of `history`; a new one is written where readings or failures came in since.

    A machine whose telemetry is not kept here, but whose data set was, keeps it.
    Raises NoTelemetry where nothing was ever recorded.
    """
    stored = [card for card in datasets.list(profile.id) if card.name == HISTORY]
    if stored and not telemetry.has(profile.id):
        return stored[-1]
    return refresh_history(telemetry, datasets, profile) or stored[-1]


def refresh_history(
    telemetry: Telemetry, datasets: Datasets, profile: Profile, now: datetime | None = None
) -> DatasetInfo | None:
    """Write a new version where what is recorded differs from the newest one; None where it does not.

    Raises NoTelemetry where nothing was recorded.
    """
    lives = telemetry.lives(profile)
    stored = [card for card in datasets.list(profile.id) if card.name == HISTORY]
    if stored and stored[-1].data_hash == lives_hash(lives.rows, lives.ends):
        return None
    return write_history(datasets, profile, lives, now)


def write_history(datasets: Datasets, profile: Profile, lives: Lives, now: datetime | None = None) -> DatasetInfo:
    """Store the recorded lives as the next version of `history`."""
    return datasets.write(
        {
            "machine_id": profile.id,
            "name": HISTORY,
            "content": "lives",
            "origin": "recorded",
            "method": "telemetry and maintenance log",
            "created_at": moment(datasets, profile.id, lives, now),
        },
        lives.rows,
        lives.ends,
    )


def moment(datasets: Datasets, machine_id: str, lives: Lives | None = None, now: datetime | None = None) -> datetime:
    """When a new data set counts as made: `now` where it is known, else just after the newest thing it can follow."""
    stated = [card.created_at for card in datasets.list(machine_id)]
    if now is not None:
        return max([now, *stated])
    if lives is not None and "at" in lives.rows and len(lives.rows):
        stated.append(lives.rows["at"].max().to_pydatetime())
    return max(stated, default=datetime(1970, 1, 1, tzinfo=UTC)) + timedelta(microseconds=1)
