"""What was done to a machine, written into its maintenance log."""

from datetime import datetime

from machine_profiles.errors import MillwrightError
from machine_profiles.profile import Profile
from models.results import Preview
from models.telemetry import RENEWS, MaintenanceEvent, Telemetry


class BadEvent(MillwrightError):
    """An event that cannot have been so; the text says what would be right."""


def preview_event(
    telemetry: Telemetry, profile: Profile, event: MaintenanceEvent, now: datetime | None = None
) -> Preview:
    """What the log would say; what speaks against it is a warning. Writes nothing."""
    facts = {
        "machine": f"{profile.id}, unit {event.unit}",
        "action": event.action,
        "at": f"{event.at:%Y-%m-%d %H:%M} {event.at.tzname() or '(no time zone)'}",
    }
    if event.failure_mode:
        facts["failure mode"] = event.failure_mode
    if event.note:
        facts["note"] = event.note
    try:
        placed = _checked(telemetry, profile, event, now)
    except MillwrightError as error:
        return Preview(facts=facts, warnings=(f"This could not be logged: {error}",))
    warnings = []
    if placed.action in RENEWS and placed.life is not None:
        facts["ends"] = f"life {placed.life} at {placed.hours:,.0f} operating hours"
    if placed.life is None:
        warnings.append(f"Nothing was recorded of unit {event.unit} up to then; the event will stand without a life.")
    if event.action == "failure" and event.failure_mode is None and profile.failure_modes:
        warnings.append(f"No failure mode is stated; {profile.id} has {_modes(profile)}.")
    if placed in telemetry.maintenance(profile.id):
        warnings.append("The log holds this very event already.")
    return Preview(expected_seconds=1.0, warnings=tuple(warnings), facts=facts)


def log_event(
    telemetry: Telemetry, profile: Profile, event: MaintenanceEvent, now: datetime | None = None
) -> MaintenanceEvent:
    """Append the event, with the life and the meter reading it falls on; the same event twice is one.

    Raises BadEvent where its time has no zone or lies after `now`, or its failure mode is not the profile's, and
    NoTelemetry where the machine is known but not the unit.
    """
    placed = _checked(telemetry, profile, event, now)
    if placed not in telemetry.maintenance(profile.id):
        telemetry.log(profile.id, placed)
    return placed


def _checked(telemetry: Telemetry, profile: Profile, event: MaintenanceEvent, now: datetime | None) -> MaintenanceEvent:
    if event.at.tzinfo is None:
        raise BadEvent(f"The time {event.at:%Y-%m-%dT%H:%M} states no zone; write it as {event.at:%Y-%m-%dT%H:%M}Z.")
    if now is not None and event.at > now:
        raise BadEvent(
            f"{event.at:%Y-%m-%d %H:%M %Z} lies after now ({now:%Y-%m-%d %H:%M} UTC); only what was done can be logged."
        )
    if event.failure_mode is not None:
        if event.failure_mode not in [mode.name for mode in profile.failure_modes]:
            raise BadEvent(f"{profile.id} has no failure mode {event.failure_mode!r}. It has {_modes(profile)}.")
        if event.action not in ("failure", "repair"):
            raise BadEvent(f"A failure mode belongs to a failure or its repair, not to {event.action}; leave it out.")
    if not telemetry.has(profile.id):
        return event
    row = telemetry.latest(profile.id, 1, event.unit, event.at)
    if row.empty:
        return event
    return event.model_copy(update={"life": str(row["life"].iloc[0]), "hours": float(row["hours"].iloc[0])})


def _modes(profile: Profile) -> str:
    return ", ".join(mode.name for mode in profile.failure_modes) or "none"
