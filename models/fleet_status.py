"""How every machine of the fleet stands: its record, the models in service and waiting, its last bundle, open jobs."""

from collections.abc import Iterable
from datetime import UTC, datetime

from machine_profiles.errors import MillwrightError
from machine_profiles.profile import Profile
from models.gates import MAIN_METRIC
from models.jobs import Job, Jobs
from models.registry import Registry
from models.results import TASKS, Result, Task
from models.storage import Storage
from models.telemetry import Telemetry


class ServingModel(Result):
    task: Task
    version: int | None  # in service; None where the task has none
    metric: str
    value: float | None  # of the version in service, on lives held out
    challenger: int | None


class MachineStatus(Result):
    """What cannot be read is None and stands in `trouble`; it is never counted as none."""

    machine_id: str
    name: str
    last_reading_at: datetime | None  # None where nothing was recorded
    telemetry_age_hours: float | None
    lives: int | None
    failed_lives: int | None
    models: tuple[ServingModel, ...]  # of each task that has a version
    last_bundle: str | None
    bundled_at: datetime | None
    open_jobs: tuple[str, ...]
    trouble: tuple[str, ...] = ()


class FleetStatus(Result):
    at: datetime
    machines: tuple[MachineStatus, ...]
    in_service: int
    challengers: int
    open_jobs: int


def fleet_status(
    storage: Storage, telemetry: Telemetry, registry: Registry, jobs: Jobs, machines: Iterable[Profile], now: datetime
) -> FleetStatus:
    """Every machine in the order given; one that is damaged does not hide the others."""
    running = [job for job in jobs.list() if job.status == "running"]
    found = tuple(_status(storage, telemetry, registry, running, profile, now) for profile in machines)
    models = [model for each in found for model in each.models]
    return FleetStatus(
        at=now,
        machines=found,
        in_service=sum(model.version is not None for model in models),
        challengers=sum(model.challenger is not None for model in models),
        open_jobs=len(running),
    )


def _status(
    storage: Storage, telemetry: Telemetry, registry: Registry, running: list[Job], profile: Profile, now: datetime
) -> MachineStatus:
    trouble: list[str] = []
    last, lives, failed = None, None, None
    try:
        last, lives, failed = _record(telemetry, profile)
    except MillwrightError as error:
        trouble.append(str(error))
    models: list[ServingModel] = []
    for task in TASKS:
        try:
            models += _serving(registry, profile.id, task)
        except MillwrightError as error:
            trouble.append(str(error))
    bundle, bundled_at = _last_bundle(storage, profile.id)
    return MachineStatus(
        machine_id=profile.id,
        name=profile.name,
        last_reading_at=last,
        telemetry_age_hours=None if last is None else round((now - last).total_seconds() / 3600, 2),
        lives=lives,
        failed_lives=failed,
        models=tuple(models),
        last_bundle=bundle,
        bundled_at=bundled_at,
        open_jobs=tuple(job.job_id for job in running if job.machine_id == profile.id),
        trouble=tuple(trouble),
    )


def _record(telemetry: Telemetry, profile: Profile) -> tuple[datetime | None, int, int]:
    """The latest reading of any unit, how many lives there are, and how many of them ended in failure."""
    if not telemetry.has(profile.id):
        return None, 0, 0
    lives = telemetry.lives(profile)
    return lives.rows["at"].max().to_pydatetime(), len(lives.names), len(lives.failed)


def _serving(registry: Registry, machine_id: str, task: Task) -> list[ServingModel]:
    cards, metric = registry.versions(machine_id, task), MAIN_METRIC[task].name
    aliases = {registry.alias(card): card for card in cards}
    champion, challenger = aliases.get("champion"), aliases.get("challenger")
    if not cards:
        return []
    return [
        ServingModel(
            task=task,
            version=champion.version if champion else None,
            metric=metric,
            value=champion.metrics.get(metric) if champion else None,
            challenger=challenger.version if challenger else None,
        )
    ]


def _last_bundle(storage: Storage, machine_id: str) -> tuple[str | None, datetime | None]:
    made = [(path.stat().st_mtime, path) for path in storage.bundles(machine_id).glob("[!.]*") if path.is_dir()]
    if not made:
        return None, None
    at, path = max(made)
    return storage.relative(path), datetime.fromtimestamp(at, UTC)
