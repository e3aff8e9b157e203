"""What a pass of the loop saw of a machine, kept as alarm episodes and told to people."""

from datetime import datetime

from machine_profiles.errors import MillwrightError
from machine_profiles.profile import Profile
from models import health
from models.alarm_channels import Channels, tell
from models.alarms import Episode, observe, read_episodes, write_episodes
from tools.plant import Plant


def look(
    plant: Plant, profile: Profile, drifted: bool | None, channels: Channels, now: datetime
) -> tuple[Episode, ...]:
    """The machine's episodes after this look, written and told. `drifted`: None where nobody could tell."""
    before = read_episodes(plant.storage, profile.id)
    episodes = _drift(plant, profile, drifted, _health(plant, profile, before))
    episodes = tell(episodes, channels, now)
    if episodes != before:
        write_episodes(plant.storage, profile.id, episodes)
    return episodes


def _health(plant: Plant, profile: Profile, episodes: tuple[Episode, ...]) -> tuple[Episode, ...]:
    """A machine that cannot be judged is neither in alarm nor sound: its episode stays as it is."""
    try:
        found = health.predict(
            plant.telemetry, plant.registry, profile, health.RANKING_HORIZON_HOURS, None, plant.now, attributed=False
        )
    except MillwrightError:
        return episodes
    crossed = [f"{each.sensor} {each.value:.3g} {each.unit}, {each.level} limit {each.limit:g}"
               for each in found.limits_crossed]  # fmt: skip
    expected = ["failure is expected"] if found.failure_expected or found.failure_ahead else []
    rul = [f"remaining life {found.rul.value:.0f} {found.rul.unit}"] if found.rul and not found.rul_at_cap else []
    said = f"{profile.name}: {'; '.join([*crossed, *expected, *rul]) or found.state}."
    return observe(episodes, profile.id, "health", found.state, said, found.at)


def _drift(plant: Plant, profile: Profile, drifted: bool | None, episodes: tuple[Episode, ...]) -> tuple[Episode, ...]:
    if drifted is None:
        return episodes
    said = f"{profile.name}: its last 7 days do not look like what came before; ask check_drift what explains it."
    at = plant.telemetry.latest(profile.id, 1)["at"].iloc[-1].to_pydatetime()
    return observe(episodes, profile.id, "drift", "act" if drifted else "sound", said, at)
