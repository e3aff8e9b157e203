"""A folder that cameras write into: each picture is diagnosed and filed by machine, or rejected with a reason."""

import os
import re
import shutil
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from machine_profiles.errors import MillwrightError
from models.image_reading import UnreadablePicture
from models.results import Result
from models.storage import NotWritable, StorageFull, sha256, whole_file
from tools.images import diagnose_at
from tools.plant import Plant

NAMED = "MACHINE_ID_2026-05-31T08-00.jpg, the time in UTC"
REJECTED = "rejected"
SETTLED_S = 2.0  # a file that has not changed for so long is taken for whole
PATIENCE_S = 60.0  # one that cannot be read may still be on its way for so long
CLOCKS_APART = timedelta(hours=1)
_NAME = re.compile(r"(?P<machine>.+)_(?P<at>\d{4}-\d\d-\d\dT\d\d-\d\d(-\d\d)?)Z?")
_UNFINISHED = (".part", ".partial", ".tmp", ".filepart", ".crdownload")


class Filed(Result):
    """`kept`: the result as JSON, below HOME; None where the picture was rejected, with `reason` saying why."""

    picture: str
    machine_id: str | None
    kept: str | None
    said: str
    reason: str | None


@dataclass
class CameraFolder:
    """Remembers how large each file was, and since when, so that one still being written is left alone."""

    folder: Path
    seen: dict[Path, tuple[tuple[int, int], float]] = field(default_factory=dict)

    def look(self, plant: Plant, moment_s: float) -> tuple[list[Filed], int]:
        """Take every settled picture; `moment_s`: seconds of a clock that never goes back. Also how many are waited
        for. Raises MillwrightError where the folder is not there, NotWritable and StorageFull."""
        if not self.folder.is_dir():
            raise MillwrightError(f"No folder {str(self.folder)!r}. Give the one that the cameras write into.")
        taken: list[Filed] = []
        there = _pictures(self.folder)
        self.seen = {path: known for path, known in self.seen.items() if path in there}
        for path in there:
            waited = self._unchanged_for(path, moment_s)
            if waited is None or waited < SETTLED_S:
                continue
            if (done := _take(plant, path, self.folder, final=waited >= PATIENCE_S)) is not None:
                self.seen.pop(path, None)
                taken.append(done)
        return taken, len(self.seen)

    def _unchanged_for(self, path: Path, moment_s: float) -> float | None:
        try:
            stat = path.lstat()
        except FileNotFoundError:  # taken away meanwhile
            self.seen.pop(path, None)
            return None
        state = (stat.st_size, stat.st_mtime_ns)
        if path not in self.seen or self.seen[path][0] != state:
            self.seen[path] = (state, moment_s)
        return moment_s - self.seen[path][1]


def _pictures(folder: Path) -> list[Path]:
    return sorted(
        path
        for path in folder.iterdir()
        if not path.name.startswith((".", "~")) and path.suffix.lower() not in _UNFINISHED
        and (path.is_symlink() or path.is_file())
    )  # fmt: skip


def _take(plant: Plant, path: Path, folder: Path, final: bool) -> Filed | None:
    """None: not whole yet, perhaps. A picture that was filed before is not judged again."""
    try:
        if path.is_symlink():
            raise MillwrightError(f"{path.name} is a link. Copy the picture itself into the folder.")
        machine, at = _named(plant, path)
        digest = sha256(path)[:12]
        kept = plant.storage.pictures(machine) / f"{at:%Y-%m-%dT%H-%M-%S}_{digest}{path.suffix.lower()}"
        result = kept.with_suffix(".json")
        said = "already filed"
        if not (result.exists() and kept.exists()):
            found = diagnose_at(plant, path, machine, at)
            said = "nothing can be said of it" if found.abstained else _said(found.defect_probability)
            with whole_file(kept) as temporary:
                shutil.copyfile(path, temporary)
            with whole_file(result) as temporary:
                temporary.write_text(found.model_dump_json(indent=1))
        path.unlink()
        return Filed(picture=path.name, machine_id=machine, kept=plant.storage.relative(result), said=said, reason=None)
    except (StorageFull, NotWritable):
        raise
    except UnreadablePicture as error:
        return _rejected(path, folder, str(error)) if final or not _cut_off(error) else None
    except MillwrightError as error:
        return _rejected(path, folder, str(error))


def _named(plant: Plant, path: Path) -> tuple[str, datetime]:
    match = _NAME.fullmatch(path.stem)
    if match is None:
        raise MillwrightError(f"{path.name} names no machine and time. Name it like {NAMED}.")
    machine = plant.machines[match["machine"]].id
    text = match["at"]
    try:
        at = datetime.strptime(text, "%Y-%m-%dT%H-%M-%S" if len(text) > 16 else "%Y-%m-%dT%H-%M").replace(tzinfo=UTC)
    except ValueError as error:
        raise MillwrightError(f"{text} in {path.name} is no time. Name it like {NAMED}.") from error
    if at > plant.now + CLOCKS_APART:
        raise MillwrightError(
            f"{path.name} is from the future: it is {plant.now:%Y-%m-%d %H:%M} UTC. Set the camera's clock to UTC."
        )
    return machine, at


def _cut_off(error: UnreadablePicture) -> bool:
    """What its decoder found no end of may still be written."""
    return isinstance(error.__cause__, Exception)


def _rejected(path: Path, folder: Path, reason: str) -> Filed:
    """Moved below `rejected`, with the reason beside it as text; a different one of the same name is kept too."""
    away = folder / REJECTED
    away.mkdir(exist_ok=True)
    to = away / path.name
    if to.exists() and not path.is_symlink() and sha256(to) != sha256(path):
        to = away / f"{path.stem}_{sha256(path)[:12]}{path.suffix}"
    with whole_file(to.with_name(f"{to.name}.txt")) as temporary:
        temporary.write_text(reason + "\n")
    os.replace(path, to)
    return Filed(picture=path.name, machine_id=None, kept=None, said="rejected", reason=reason)


def _said(defect: float | None) -> str:
    return "temperatures judged" if defect is None else f"chance of a defect {defect:.0%}"
