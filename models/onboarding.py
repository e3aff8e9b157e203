"""A new machine: from a profile file, a datasheet's text or a few stated fields to a profile of the plant."""

import re
from pathlib import Path
from typing import Any

import yaml

from machine_profiles.errors import MillwrightError
from machine_profiles.profile import Kind, Profile, Sensor
from machine_profiles.reading import Catalog, read_profile
from models.datasheet import Draft, SensorDraft, read_datasheet
from models.results import Preview, Result
from models.storage import Storage, whole_file
from models.units import is_known

PROFILE_SUFFIXES = (".yaml", ".yml")
TEXT_SUFFIXES = (".txt", ".md", ".pdf")
MOST_BYTES = 50_000_000


class NotEnoughToOnboard(MillwrightError):
    """A name, a kind and one sensor are needed; the text says which of them is missing."""

    def __init__(self, missing: list[str], source: str) -> None:
        super().__init__(
            f"{source} does not say {' or '.join(missing)}. A machine needs a name, a kind (motor, pump, compressor, "
            f"fan, gearbox, conveyor, hydraulic, chiller, cnc, robot, turbine or blower) and at least one sensor; "
            f"state what is missing beside it, or give a profile file."
        )


class OnboardedMachine(Result):
    """A machine that is now among the plant's; `missing` says what a fuller profile would let Millwright do."""

    machine_id: str
    number: int
    name: str
    kind: Kind
    sensors: tuple[str, ...]
    rated: tuple[str, ...]
    missing: tuple[str, ...]
    guessed: tuple[str, ...]
    profile_file: str
    replaced: bool


def draft_of(
    path: Path | None, text: str | None, name: str | None, kind: Kind | None, manufacturer: str, model: str,
    sensors: list[SensorDraft],
) -> Draft:  # fmt: skip
    """What the datasheet's `text` says, with what was stated beside it counting first."""
    draft = read_datasheet(text) if text is not None else Draft()
    if name:
        draft.name, draft.guessed = name, [each for each in draft.guessed if not each.startswith("the name")]
    if kind:
        draft.kind, draft.guessed = kind, [each for each in draft.guessed if not each.startswith("the kind")]
    draft.manufacturer, draft.model = manufacturer or draft.manufacturer, model or draft.model
    known = {sensor.quantity for sensor in draft.sensors}
    draft.sensors += [sensor for sensor in sensors if sensor.quantity not in known]
    missing = [
        said
        for said, there in (
            ("what the machine is called", draft.name),
            ("what kind of machine it is", draft.kind),
            ("what is measured on it", draft.sensors),
        )
        if not there
    ]
    if missing:
        raise NotEnoughToOnboard(missing, path.name if path else "The request")
    return draft


def profile_of(draft: Draft, machines: Catalog, source: str) -> Profile:
    """A profile that claims nothing the draft did not say. Its number is the next free one."""
    number = max((profile.number for profile in machines.values()), default=0) + 1
    words = re.findall(r"[A-Za-z0-9]+", f"{draft.manufacturer} {draft.model}".strip() or str(draft.name))
    words = [word for word in words if word.lower() != draft.kind][:4]
    machine_id = "_".join([str(draft.kind).upper(), *(word.upper() for word in words), f"{number:03d}"])
    stated: dict[str, Any] = {
        "id": machine_id,
        "name": draft.name,
        "manufacturer": draft.manufacturer,
        "model": draft.model,
        "kind": draft.kind,
        "rated": {
            key: {"value": value, "unit": unit, "basis": "datasheet", "source": source}
            for key, (value, unit) in draft.rated.items()
        },
        "sensors": _sensors(draft.sensors, source),
    }
    return Profile.model_validate(stated)


def onboard(storage: Storage, machines: Catalog, profile: Profile, guessed: tuple[str, ...]) -> OnboardedMachine:
    """Write the profile among the plant's own, whole or not at all. An id that is known already is replaced."""
    path = storage.profiles / f"{profile.id}.yaml"
    replaced = profile.id in machines
    stated = profile.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    with whole_file(path) as temporary:
        temporary.write_text(yaml.safe_dump(stated, sort_keys=False, allow_unicode=True), encoding="utf-8")
        _reread(temporary, path)
    return OnboardedMachine(
        machine_id=profile.id,
        number=profile.number,
        name=profile.name,
        kind=profile.kind,
        sensors=profile.sensor_names,
        rated=tuple(profile.rated),
        missing=missing_from(profile),
        guessed=guessed,
        profile_file=storage.relative(path),
        replaced=replaced,
    )


def preview(machines: Catalog, profile: Profile, guessed: tuple[str, ...]) -> Preview:
    facts = {
        "id": profile.id,
        "name": profile.name,
        "kind": profile.kind,
        "sensors": ", ".join(f"{sensor.name} ({sensor.unit})" for sensor in profile.sensors),
    }
    if profile.rated:
        facts["rated"] = ", ".join(f"{name} {figure.value:g} {figure.unit}" for name, figure in profile.rated.items())
    if guessed:
        facts["guessed"] = "; ".join(guessed)
    if missing := missing_from(profile):
        facts["missing"] = "; ".join(missing)
    warnings = []
    if profile.id in machines:
        warnings.append(f"{profile.id} is known already; its profile would be replaced.")
    twins = [other.id for other in machines.values() if other.name.lower() == profile.name.lower()]
    if twins and profile.id not in machines:
        warnings.append(f"{', '.join(twins)} bears the same name.")
    return Preview(
        replaces=f"the profile of {profile.id}" if profile.id in machines else None,
        expected_seconds=1.0,
        warnings=tuple(warnings),
        facts=facts,
    )


def missing_from(profile: Profile) -> tuple[str, ...]:
    """What the profile leaves open, and what that costs."""
    without = [sensor.name for sensor in profile.sensors if sensor.alarm is None and sensor.role == "condition"]
    found = []
    if without:
        found.append(f"no alarm limit for {', '.join(without)}, so no crossing of it can be told")
    if not profile.failure_modes:
        found.append("no failure modes, so causes can be named only by what is known of its kind")
    if not profile.operating:
        found.append("no operating pattern")
    if not profile.maintenance:
        found.append("no maintenance intervals")
    return tuple(found)


def text_of(path: Path) -> str:
    """The text of a datasheet. Raises MillwrightError where the file is missing, of another kind, or holds no text."""
    if not path.is_file():
        raise MillwrightError(f"There is no file {path}; check the path.")
    if path.suffix.lower() not in TEXT_SUFFIXES:
        kinds = ", ".join((*PROFILE_SUFFIXES, *TEXT_SUFFIXES))
        raise MillwrightError(f"{path.name} cannot be read as a datasheet or profile; give one of {kinds}.")
    if path.stat().st_size > MOST_BYTES:
        raise MillwrightError(f"{path.name} is larger than {MOST_BYTES // 1_000_000} MB; give the datasheet alone.")
    if path.suffix.lower() == ".pdf":
        return _pdf_text(path)
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise MillwrightError(f"{path.name} is not UTF-8 text; save it as UTF-8.") from error


def _pdf_text(path: Path) -> str:
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    try:
        reader = PdfReader(path)
        text = "\n".join(page.extract_text() for page in reader.pages[:60])
    except (PyPdfError, OSError, ValueError, KeyError) as error:
        raise MillwrightError(f"{path.name} cannot be read as a PDF ({error}); it is damaged or encrypted.") from error
    if not text.strip():
        raise MillwrightError(f"{path.name} holds no text, only pictures of it; give its text or a profile file.")
    return text


def read_profile_file(path: Path) -> Profile:
    """Raises InvalidProfile with file and field, MillwrightError where a unit is unknown."""
    if not path.is_file():
        raise MillwrightError(f"There is no file {path}; check the path.")
    profile = read_profile(path)
    for sensor in profile.sensors:
        if not is_known(sensor.unit):
            raise MillwrightError(
                f"{path.name}: sensors.{sensor.name}.unit {sensor.unit!r} is no unit that is known; write it "
                f"as pint does, such as mm/s, degC, bar, A or rpm."
            )
    return profile


def _sensors(drafts: list[SensorDraft], source: str) -> list[dict[str, Any]]:
    names: dict[str, int] = {}
    primary: set[str] = set()
    stated = []
    for draft in drafts:
        base = re.sub(r"\W+", "_", draft.description.lower()).strip("_")
        base = base if re.match(r"^[a-z]", base) else draft.quantity.replace(" ", "_")
        names[base] = names.get(base, 0) + 1
        role = "operating" if draft.quantity in ("load", "ambient temperature") else "condition"
        entry: dict[str, Any] = {
            "name": base if names[base] == 1 else f"{base}_{names[base]}",
            "description": draft.description,
            "quantity": draft.quantity,
            "unit": draft.unit,
            "primary": draft.quantity not in primary,
            "role": role,
        }
        primary.add(draft.quantity)
        for level, value in (("warning", draft.warning), ("alarm", draft.alarm)):
            if value is not None:
                entry[level] = {"high": value, "basis": "datasheet", "source": source}
        if draft.normal and draft.normal[0] < draft.normal[1]:
            low, high = draft.normal
            entry["normal"] = {"low": low, "high": high, "basis": "datasheet", "source": source}
        if draft.warning is not None and draft.alarm is not None and draft.alarm < draft.warning:
            entry["warning"], entry["alarm"] = (
                {"low": draft.warning, "basis": "datasheet", "source": source},
                {"low": draft.alarm, "basis": "datasheet", "source": source},
            )
        stated.append(Sensor.model_validate(entry).model_dump(mode="json", exclude_none=True))
    return stated


def _reread(temporary: Path, path: Path) -> None:
    written = yaml.safe_load(temporary.read_text(encoding="utf-8"))
    if Profile.model_validate(written).id != path.stem:
        raise RuntimeError(f"{path.name} was not written as it is read; this is a bug in Millwright")
