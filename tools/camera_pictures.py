"""Pictures that cameras leave in a folder: judged, and filed by the machine and the time in their names."""

import json
import re
import shutil
import time
from datetime import UTC, datetime
from pathlib import Path

from machine_profiles.errors import MillwrightError
from machine_profiles.profile import Profile
from models.results import Result
from models.storage import NotWritable, StorageFull, sha256, whole_file
from models.vision import ImageDiagnosis
from tools.images import judge
from tools.plant import Plant

SETTLED_S = 5.0  # untouched for so long, a file counts as written
PATIENCE_S = 60.0  # one that cannot be read is waited for so long before it is refused
PATTERN = "MACHINE_YYYY-MM-DDTHH-MM[-SS][_anything].jpg, in UTC, such as PUMP_GRUNDFOS_CR3_004_2026-05-31T08-00.jpg"
_NAME = re.compile(r"(?P<machine>.+?)_(?P<at>\d{4}-\d\d-\d\dT\d\d-\d\d(?:-\d\d)?)(?:_.*)?")


class FiledPicture(Result):
    """`filed`: below HOME, with the diagnosis beside it as JSON. `diagnosis` is None where it had been filed before."""

    picture: str
    machine_id: str
    filed: str
    diagnosis: ImageDiagnosis | None


class RefusedPicture(Result):
    picture: str
    reason: str
    kept: str


class PicturesTaken(Result):
    """What one look into the folder came to. `waiting`: still being written, left for the next look."""

    filed: tuple[FiledPicture, ...]
    refused: tuple[RefusedPicture, ...]
    waiting: tuple[str, ...]


def take_pictures(
    plant: Plant, folder: Path, settled_s: float = SETTLED_S, patience_s: float = PATIENCE_S
) -> PicturesTaken:
    """Judge every picture that lies in `folder` and move it to HOME/pictures/<machine>, or to pictures/rejected with
    the reason. The same picture again is not judged again. Raises MillwrightError where there is no such folder."""
    if not folder.is_dir():
        raise MillwrightError(f"No folder {str(folder)!r}. Give the folder into which the cameras write.")
    if folder.resolve().is_relative_to(plant.storage.home):
        raise MillwrightError(f"{folder} lies within {plant.storage.home}. Watch a folder outside Millwright's own.")
    filed: list[FiledPicture] = []
    refused: list[RefusedPicture] = []
    waiting: list[str] = []
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.is_symlink() or not path.is_file():
            continue
        age = _untouched_s(path)
        if age is None:
            continue
        if age < settled_s:
            waiting.append(path.name)
            continue
        try:
            filed.append(_file(plant, path))
        except (StorageFull, NotWritable):
            raise
        except MillwrightError as error:
            if age < patience_s:
                waiting.append(path.name)
            else:
                refused.append(_refuse(plant, path, str(error)))
    return PicturesTaken(filed=tuple(filed), refused=tuple(refused), waiting=tuple(waiting))


def machine_and_time(plant: Plant, path: Path) -> tuple[Profile, datetime]:
    """What the name says. Raises MillwrightError where it does not follow PATTERN, UnknownMachine."""
    found = _NAME.fullmatch(path.stem)
    if not found:
        raise MillwrightError(f"{path.name} does not tell its machine and time. Name pictures {PATTERN}.")
    said = found["at"]
    try:
        at = datetime.strptime(said, "%Y-%m-%dT%H-%M-%S" if len(said) > 16 else "%Y-%m-%dT%H-%M").replace(tzinfo=UTC)
    except ValueError as error:
        raise MillwrightError(f"{path.name}: there is no time {said}. Name pictures {PATTERN}.") from error
    return plant.machines[found["machine"]], at


def _untouched_s(path: Path) -> float | None:
    """Seconds since it was last written; None where it has gone meanwhile."""
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return None


def _file(plant: Plant, path: Path) -> FiledPicture:
    profile, at = machine_and_time(plant, path)
    digest = sha256(path)
    place = plant.storage.pictures(profile.id)
    target = place / path.name
    if target.exists() and sha256(target) != digest:  # another picture of the same minute
        target = place / f"{path.stem}_{digest[:8]}{path.suffix}"
    record = target.with_name(f"{target.name}.json")
    known = target.exists() and record.exists()
    diagnosis = None if known else judge(plant, path, profile, at)
    if diagnosis:
        with whole_file(target) as half:
            shutil.copyfile(path, half)
        with whole_file(record) as half:  # last: a picture without its record is judged anew
            stated = {"sha256": digest, "at": at.isoformat(), "diagnosis": diagnosis.model_dump(mode="json")}
            half.write_text(json.dumps(stated, indent=1) + "\n")
    path.unlink(missing_ok=True)
    return FiledPicture(
        picture=path.name, machine_id=profile.id, filed=plant.storage.relative(target), diagnosis=diagnosis
    )


def _refuse(plant: Plant, path: Path, reason: str) -> RefusedPicture:
    target = plant.storage.pictures("rejected") / path.name
    if target.exists() and sha256(target) != sha256(path):
        target = target.with_name(f"{path.stem}_{sha256(path)[:8]}{path.suffix}")
    with whole_file(target.with_name(f"{target.name}.txt")) as half:
        half.write_text(reason + "\n")
    with whole_file(target) as half:
        shutil.copyfile(path, half)
    path.unlink(missing_ok=True)
    return RefusedPicture(picture=path.name, reason=reason, kept=plant.storage.relative(target))
