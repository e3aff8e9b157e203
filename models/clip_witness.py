"""What an open_clip model takes a picture for, by descriptions of visual defects and of a machine's failure modes."""

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from machine_profiles.profile import Profile
from models.clip_weights import ClipWeights, NoClipWeights, clip_weights
from models.photographs import softmax
from models.picture_witness import NamedDefect, Witness
from models.storage import sha256
from models.visual_defects import FILE, SOUND, visual_defects

UNRELATED = (
    ("a photo of an animal", "a photo of a cat or dog"), ("a portrait of a person", "a photo of a face"),
    ("a page of text", "a screenshot of a document"), ("a drawing or a chart",), ("a photo of food or plants",),
    ("a photo of a landscape or a street",), ("random noise",),
)  # fmt: skip
MOST_UNRELATED = 0.5  # share of these from which it abstains
LEAST_SHARE = 0.3  # of the likeliest class, under which none stands out


def ask_clip(stated: str, pixels: NDArray[np.uint8], profile: Profile | None) -> Witness:
    """`stated` as MILLWRIGHT_CLIP_PATH has it; silent, with why, where there are no such weights or it abstains."""
    try:
        weights = clip_weights(stated)
        clip = open_model(stated, weights)
    except NoClipWeights as error:
        return Witness(by="open_clip", source="open_clip", silent=str(error).rstrip("."))
    by = f"the open_clip model {weights.name}"
    names = list(visual_defects())
    groups = [visual_defects()[name].prompts for name in names]
    fitted = fitted_scale(weights)
    shares = softmax((fitted or clip.scale) * clip.likeness(pixels, [*groups, *UNRELATED]))
    related = shares[: len(names)]
    if related.sum() < MOST_UNRELATED:
        return Witness(by=by, source="open_clip", silent="the picture looks like no machine part to it")
    chances = related / related.sum()
    if chances.max() < LEAST_SHARE:
        return Witness(by=by, source="open_clip", silent="no class stands out to it")
    ranked = sorted(zip(names, map(float, chances), strict=True), key=lambda each: -each[1])
    defect = float(1 - chances[names.index(SOUND)])
    return Witness(
        by=by, source="open_clip", calibrated=fitted is not None,
        classes=tuple(
            NamedDefect(defect_class=name, title=visual_defects()[name].seen.title,
                        finding=visual_defects()[name].seen.finding, probability=share)
            for name, share in ranked
        ),
        failure_modes=_modes(clip, pixels, profile, fitted or clip.scale, defect) if profile else {},
    )  # fmt: skip


def open_model(stated: str, weights: ClipWeights) -> Any:
    """Raises NoClipWeights where file and model do not go together."""
    from models import _open_clip  # heavy: torch

    return _open_clip.opened(stated, weights.file.stat().st_mtime_ns)


def fitted_scale(weights: ClipWeights) -> float | None:
    """What models/clip_calibration.py has fitted for these weights and these descriptions; None where it has not."""
    try:
        stated = json.loads(weights.temperature.read_text())
        same = (stated["weights"], stated["prompts"]) == (sha256(weights.file), sha256(FILE))
        return float(stated["scale"]) if same else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _modes(clip: Any, pixels: NDArray[np.uint8], profile: Profile, scale: float, defect: float) -> dict[str, float]:
    """A softmax over the modes alone, times the chance of any defect."""
    groups = [
        (f"a photo of a {profile.kind} with {mode.title.lower()}", f"{mode.title.lower()}. {mode.symptoms}")
        for mode in profile.failure_modes
    ]
    shares = softmax(scale * clip.likeness(pixels, groups))
    return {mode.name: defect * float(share) for mode, share in zip(profile.failure_modes, shares, strict=True)}
