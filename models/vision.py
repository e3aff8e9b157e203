"""What a picture of a machine shows: damage by class, hot spots by standard, or nothing that can be said."""

import hashlib
from datetime import datetime
from pathlib import Path
from typing import Literal

import numpy as np

from models.image_encoder import see
from models.image_fusion import Fusion
from models.image_reading import Picture, read_picture
from models.photographs import Judgement, PictureClass, picture_classes, shipped_heads
from models.picture_witness import Witness
from models.results import Result
from models.storage import Storage
from models.thermal import ThermalFinding, hot_spots, warmth

MOST_FINDINGS, LEAST_SHARE = 4, 0.03
STRANGE = 1.0
HEADS = "MobileNetV2 (ImageNet) with linear heads trained here"


class PictureFinding(Result):
    """`finding`: what is seen; None for a class without a defect. `probability` is calibrated on held-back pictures."""

    finding: str | None
    title: str
    family: str
    picture_class: str
    probability: float


class ImageDiagnosis(Result):
    """Where `abstained` is true nothing is said of the part: not that it is sound, and not that it is damaged.

    `defect_probability` is None where it abstained, or where only temperatures were judged.
    """

    image: str
    kind: Literal["photograph", "thermal"]
    family: str | None
    findings: tuple[PictureFinding, ...]  # likeliest first
    defect_probability: float | None
    abstained: bool
    why: str | None
    thermal: ThermalFinding | None
    plot: str | None  # below HOME: the thermogram with its spots drawn
    taken_at: datetime | None
    zone_known: bool
    machine_id: str | None
    name: str | None
    fusion: Fusion | None
    judged_by: str
    witnesses: tuple[Witness, ...] = ()  # models that were not trained here, where one is set
    clip_weights: str | None = None  # how to get open_clip weights, where none are set


def diagnose_picture(path: Path, storage: Storage) -> ImageDiagnosis:
    """Read and judge one picture. Raises UnreadablePicture, NoTemperatureMatrix."""
    return judge_picture(read_picture(path), path, storage)


def judge_picture(picture: Picture, path: Path, storage: Storage) -> ImageDiagnosis:
    """Judge a picture that has been read from `path`."""
    judged = None if picture.matrix or picture.deep else shipped_heads().judge(see(picture.pixels))
    strange = judged is not None and judged.strangeness > STRANGE
    thermal = _thermal(picture, judged)
    family = next(iter(judged.families)) if judged and not strange else None
    return ImageDiagnosis(
        image=path.name,
        kind="thermal" if thermal else "photograph",
        family=_title(family),
        findings=() if strange or judged is None else _findings(judged),
        defect_probability=None if strange or judged is None else judged.defect,
        abstained=strange,
        why=_why(judged) if strange and judged else None,
        thermal=None if strange else thermal,
        plot=_drawn(picture, thermal, path, storage) if thermal and not strange else None,
        taken_at=picture.taken_at,
        zone_known=picture.zone_known,
        machine_id=None,
        name=None,
        fusion=None,
        judged_by="hot-spot segmentation" if judged is None else HEADS,
    )


def classes_seen(found: ImageDiagnosis) -> dict[PictureClass, float]:
    """The classes that a picture supports, with their chances; a stated hot spot is certain."""
    known = picture_classes()
    if found.abstained:
        return {}
    if found.thermal and found.thermal.scaled:
        spot = known["substation_thermal/hotspot"]
        return {spot: 1.0} if found.thermal.spots else {}
    return {known[each.picture_class]: each.probability for each in found.findings if each.finding}


def defect_seen(found: ImageDiagnosis) -> float | None:
    """The chance of a defect; None where the picture says nothing of it."""
    if found.abstained:
        return None
    if found.defect_probability is None and found.thermal and found.thermal.scaled:
        return 1.0 if found.thermal.spots else 0.0
    return found.defect_probability


def _findings(judged: Judgement) -> tuple[PictureFinding, ...]:
    known = picture_classes()
    likely = [(known[key], share) for key, share in judged.classes.items() if share >= LEAST_SHARE][:MOST_FINDINGS]
    return tuple(
        PictureFinding(
            finding=each.finding, title=each.title, family=each.family_title, picture_class=each.key, probability=share
        )
        for each, share in likely
    )


def _thermal(picture: Picture, judged: Judgement | None) -> ThermalFinding | None:
    if picture.matrix:
        return hot_spots(picture.matrix.celsius, True, picture.matrix.ambient_c)
    if picture.deep or (judged and _is_thermal(judged)):
        return hot_spots(warmth(picture.pixels), False)
    return None


def _is_thermal(judged: Judgement) -> bool:
    known = picture_classes()
    return sum(share for key, share in judged.classes.items() if known[key].thermal) >= 0.5


def _why(judged: Judgement) -> str:
    families = sorted({each.family_title for each in picture_classes().values()})
    return (
        f"the picture is unlike those that this was learnt from ({', '.join(families)}), by {judged.strangeness:.1f} "
        f"times the limit of difference"
    )


def _title(family: str | None) -> str | None:
    return next((each.family_title for each in picture_classes().values() if each.family == family), None)


def _drawn(picture: Picture, found: ThermalFinding, path: Path, storage: Storage) -> str:
    from models._spot_drawing import draw_spots

    digest = hashlib.sha256(np.ascontiguousarray(picture.pixels).tobytes()).hexdigest()[:12]
    plot = storage.plots() / f"hot_spots_{digest}.png"
    draw_spots(picture.pixels, found, plot)
    return storage.relative(plot)
