"""Labelled pictures in folders <family>/<class>, and which of them are held back from learning."""

import hashlib
import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from machine_profiles.errors import MillwrightError
from models.photographs import picture_classes
from models.storage import sha256

HELD_BACK = 0.25  # of the groups of each class
UNRELATED = "unrelated"  # a family of this name holds pictures that should be abstained on
_ENDINGS = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff")
_COPY = re.compile(r"\.rf\.[0-9a-f]+$|^exp\d+_")  # augmented copies, and other exposures of the same part


@dataclass(frozen=True)
class LabelledPicture:
    """`group`: pictures of one origin, kept on one side of a split. `digest`: 16 digits of the file's SHA-256."""

    path: Path
    family: str
    picture_class: str
    group: str
    digest: str

    @property
    def key(self) -> str:
        return f"{self.family}/{self.picture_class}"


def labelled_pictures(folder: Path) -> list[LabelledPicture]:
    """Every picture of the families that are known, and of `unrelated`. Raises MillwrightError where there is none."""
    known = picture_classes()
    found = [
        LabelledPicture(path, path.parent.parent.name, path.parent.name, _group(path), sha256(path)[:16])
        for path in sorted(folder.glob("*/*/*"))
        if path.suffix.lower() in _ENDINGS
        and (f"{path.parent.parent.name}/{path.parent.name}" in known or path.parent.parent.name == UNRELATED)
    ]
    if not found:
        families = sorted({each.family for each in known.values()})
        raise MillwrightError(
            f"No pictures in {folder}. Lay them out as <family>/<class>/*.jpg; families are {', '.join(families)}."
        )
    return found


def held_back(pictures: list[LabelledPicture]) -> set[str]:
    """Digests of a quarter of each class's groups, drawn by their hash: the same pictures whatever else is there."""
    groups: dict[str, set[str]] = defaultdict(set)
    for each in pictures:
        groups[each.key].add(each.group)
    kept = {
        (key, group)
        for key, names in groups.items()
        for group in sorted(names, key=lambda name: hashlib.sha256(f"{key}/{name}".encode()).hexdigest())[
            : max(1, round(HELD_BACK * len(names)))
        ]
    }
    return {each.digest for each in pictures if (each.key, each.group) in kept}


def _group(path: Path) -> str:
    """
    >>> _group(Path("gear/fault/tooth_jpeg.rf.0a1b2c.jpg")), _group(Path("exp3_num_4711.jpg"))
    ('tooth_jpeg', 'num_4711')
    """
    return _COPY.sub("", path.stem)
