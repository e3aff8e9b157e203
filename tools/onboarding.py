"""Bring a new machine into the plant: from its profile, its datasheet, or a few stated fields."""

from pathlib import Path

from pydantic import Field

from machine_profiles.errors import MillwrightError
from machine_profiles.profile import Kind, Profile
from models import onboarding
from models.datasheet import SensorDraft, sensors_in
from models.onboarding import OnboardedMachine
from tools.plant import Plant
from tools.tool import Arguments, Preview, tool


class OnboardMachine(Arguments):
    path: str | None = Field(None, description="A profile (YAML) or a datasheet (text, Markdown or PDF).")
    name: str | None = Field(None, max_length=80, description="What people call it; needed where no file says so.")
    kind: Kind | None = None
    manufacturer: str = Field("", max_length=60)
    model: str = Field("", max_length=60)
    sensors: tuple[str, ...] = Field(
        (), max_length=40, description="What is measured, in everyday words: vibration, bearing temperature, current."
    )


def _preview(plant: Plant, args: OnboardMachine) -> Preview:
    try:
        profile, guessed = _read(plant, args)
    except MillwrightError as error:
        return Preview(warnings=(str(error),))
    return onboarding.preview(plant.machines, profile, guessed)


@tool("change", preview=_preview)
def onboard_machine(plant: Plant, args: OnboardMachine) -> OnboardedMachine:
    """Add a machine to the plant, so that its readings can be imported and its models trained.

    Needs a name, a kind and one sensor, from the file or stated. What the file does not say is left out of the profile,
    never made up; the result lists it.
    """
    profile, guessed = _read(plant, args)
    return onboarding.onboard(plant.storage, plant.machines, profile, guessed)


def _read(plant: Plant, args: OnboardMachine) -> tuple[Profile, tuple[str, ...]]:
    path = Path(args.path).expanduser() if args.path else None
    if path is not None and path.suffix.lower() in onboarding.PROFILE_SUFFIXES:
        return onboarding.read_profile_file(path), ()
    sensors = [_sensor(words) for words in args.sensors]
    text = onboarding.text_of(path) if path is not None else None
    draft = onboarding.draft_of(path, text, args.name, args.kind, args.manufacturer, args.model, sensors)
    source = f"Datasheet {path.name}, as read when it was onboarded" if path else "Stated when it was onboarded"
    return onboarding.profile_of(draft, plant.machines, source), tuple(draft.guessed)


def _sensor(words: str) -> SensorDraft:
    found = sensors_in(words)
    if not found:
        raise MillwrightError(
            f"{words!r} is no quantity that is known. Say it in words such as vibration, bearing temperature, oil "
            f"temperature, pressure, flow, current, speed, torque, load, power, level or noise."
        )
    return found[0]
