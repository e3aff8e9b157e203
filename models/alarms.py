"""Alarm episodes: opened by trouble, closed only after several sound looks, and told once each."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import TypeAdapter

from models.health_state import State
from models.results import Result
from models.state_file import read_whole
from models.storage import Storage, whole_file

OPENS: tuple[State, ...] = ("act", "alarm")
SOUND_TO_CLOSE = 3  # sound looks in a row, each at newer readings


class Episode(Result):
    """One stretch of trouble. `told` holds when each channel took the news, `undelivered` why one did not yet."""

    machine_id: str
    kind: str  # health, drift or outcomes
    level: State  # the worst it has been
    text: str
    opened_at: datetime
    seen_at: datetime  # the readings that were last looked at
    sound_looks: int = 0
    closed_at: datetime | None = None
    told: dict[str, datetime] = {}
    undelivered: dict[str, str] = {}

    @property
    def open(self) -> bool:
        return self.closed_at is None


def observe(
    episodes: Sequence[Episode], machine_id: str, kind: str, level: State | None, text: str, at: datetime,
    sound_to_close: int = SOUND_TO_CLOSE,
) -> tuple[Episode, ...]:  # fmt: skip
    """The episodes after a look at readings that end `at`; a second look at the same readings changes nothing.

    act and alarm open an episode or keep it open. sound counts towards closing it; watch does neither, and nor does
    None, which is an answer nobody could give.
    """
    current = next((each for each in episodes if each.kind == kind and each.open), None)
    if level is None:
        return tuple(episodes)
    if current is None:
        if level not in OPENS:
            return tuple(episodes)
        new = Episode(machine_id=machine_id, kind=kind, level=level, text=text, opened_at=at, seen_at=at)
        return (*episodes, new)
    if at <= current.seen_at:
        return tuple(episodes)
    after = _sound(current, at, sound_to_close) if level == "sound" else _troubled(current, at, level)
    return tuple(after if each is current else each for each in episodes)


def _sound(episode: Episode, at: datetime, sound_to_close: int) -> Episode:
    looks = episode.sound_looks + 1
    closed = at if looks >= sound_to_close else None
    return episode.model_copy(update={"seen_at": at, "sound_looks": looks, "closed_at": closed})


def _troubled(episode: Episode, at: datetime, level: State) -> Episode:
    worst: State = "alarm" if "alarm" in (level, episode.level) else "act"
    return episode.model_copy(update={"seen_at": at, "sound_looks": 0, "level": worst})


def open_episode(episodes: Sequence[Episode], kind: str) -> Episode | None:
    return next((each for each in episodes if each.kind == kind and each.open), None)


def read_episodes(storage: Storage, machine_id: str) -> tuple[Episode, ...]:
    """Oldest first; empty where there was never any. Raises DamagedState."""
    return read_whole(
        storage.alarms / f"{machine_id}.json", _EPISODES, (),
        f"move it away: what is open of {machine_id} is then told once more.",
    )  # fmt: skip


def write_episodes(storage: Storage, machine_id: str, episodes: Sequence[Episode]) -> None:
    with whole_file(storage.alarms / f"{machine_id}.json") as temporary:
        temporary.write_bytes(_EPISODES.dump_json(tuple(episodes), indent=1))


_EPISODES = TypeAdapter(tuple[Episode, ...])
