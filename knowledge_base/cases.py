"""Past cases: what the maintenance log says of each machine, as passages."""

from itertools import groupby

from knowledge_base.passages import Passage
from machine_profiles.profile import Profile
from machine_profiles.reading import Catalog
from models.storage import Storage
from models.telemetry import MAIN, MaintenanceEvent, Telemetry

TOLD = ("failure", "repair", "replacement", "overhaul")


def past_cases(storage: Storage, machines: Catalog) -> list[Passage]:
    """One passage for each failure, repair or remark of a machine, and one for all its sisters' ends of a mode."""
    telemetry = Telemetry(storage)
    return [
        passage
        for profile in machines.values()
        if storage.maintenance(profile.id).exists()
        for passage in _cases(profile, telemetry.maintenance(profile.id))
    ]


def _cases(profile: Profile, events: list[MaintenanceEvent]) -> list[Passage]:
    own = [e for e in events if e.unit == MAIN and (e.action in TOLD or e.failure_mode or e.by == "technician")]
    sisters = sorted(
        (e for e in events if e.unit != MAIN and e.action == "failure" and e.failure_mode),
        key=lambda e: (e.failure_mode or "", e.at),
    )
    told = [_own(profile, event) for event in own]
    return told + [
        _sisters(profile, mode or "", list(same)) for mode, same in groupby(sisters, lambda e: e.failure_mode)
    ]


def _own(profile: Profile, event: MaintenanceEvent) -> Passage:
    after = f" after {event.hours:,.0f} operating hours" if event.hours else ""
    mode = f" Failure mode: {_title(profile, event.failure_mode)}." if event.failure_mode else ""
    note = f" Note: {event.note}." if event.note else ""
    return _case(
        profile,
        f"{event.at:%Y%m%dT%H%M}-{event.action}",
        f"{event.action.capitalize()} on {event.at:%Y-%m-%d}",
        f"{profile.name}, {event.at:%Y-%m-%d}: {event.action}{after}.{mode}{note}",
        (event.failure_mode,) if event.failure_mode else (),
        f"maintenance log of {profile.id}, {event.at:%Y-%m-%d %H:%M} UTC",
    )


def _sisters(profile: Profile, mode: str, events: list[MaintenanceEvent]) -> Passage:
    hours = ", ".join(f"{event.hours:,.0f}" for event in events if event.hours)
    title = _title(profile, mode)
    return _case(
        profile,
        f"sisters-{mode}",
        f"Sister machines: {title}",
        f"{len(events)} sister machines of the {profile.name} failed by {title.lower()}"
        + (f", after {hours} operating hours." if hours else "."),
        (mode,),
        f"maintenance log of {profile.id}, sister units",
    )


def _case(profile: Profile, key: str, section: str, text: str, modes: tuple[str, ...], source: str) -> Passage:
    document = f"case-{profile.id}"
    return Passage(
        id=f"{document}#{key}", document=document, title=f"Past cases of the {profile.name}", section=section,
        text=text, source=source, machine_ids=(profile.id,), machine_kinds=(profile.kind,),
        kind="case", failure_modes=modes,
    )  # fmt: skip


def _title(profile: Profile, name: str | None) -> str:
    return next((mode.title for mode in profile.failure_modes if mode.name == name), name or "")
