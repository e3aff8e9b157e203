"""The temperature of an open_clip model, fitted on labelled pictures: `python -m models.clip_calibration DIR`."""

import json
from pathlib import Path

import numpy as np

from machine_profiles.errors import MillwrightError
from models.clip_weights import clip_weights
from models.clip_witness import open_model
from models.image_encoder import fitted
from models.image_reading import read_picture
from models.photographs import picture_classes, softmax
from models.picture_folder import UNRELATED, labelled_pictures
from models.results import Result
from models.storage import sha256, whole_file
from models.visual_defects import FILE, SOUND, visual_defects

SCALES = np.geomspace(0.5, 200.0, 120)  # around 100, to which CLIP models are trained


class FittedScale(Result):
    """Mean negative log-likelihood with the model's own scale and with the fitted one, on `n` pictures; `accuracy` is
    the share whose likeliest class is right, which no temperature changes."""

    scale: float
    own_scale: float
    nll: float
    own_nll: float
    accuracy: float
    n: int
    written: str


def calibrate(stated: str, folder: Path) -> FittedScale:
    """Fit on the pictures of `folder` (<family>/<class>/*.jpg) whose class is one that an eye tells, and write it
    beside the weights. Raises NoClipWeights, MillwrightError where there are too few pictures."""
    weights = clip_weights(stated)
    clip, names = open_model(stated, weights), list(visual_defects())
    known, groups = picture_classes(), [visual_defects()[name].prompts for name in names]
    by_finding = {visual_defects()[name].seen.finding: place for place, name in enumerate(names)}
    likeness, truth = [], []
    for each in labelled_pictures(folder):
        place = by_finding.get(known[each.key].finding) if each.family != UNRELATED else None
        if place is not None:
            likeness.append(clip.likeness(fitted(read_picture(each.path).pixels), groups))
            truth.append(place)
    if len({*truth}) < 2:
        raise MillwrightError(f"{folder} holds no two classes that can be told by eye, such as pitting and {SOUND}.")
    table, right = np.array(likeness), np.array(truth)

    def nll(scale: float) -> float:
        return float(-np.log(softmax(scale * table)[np.arange(len(right)), right] + 1e-12).mean())

    best = float(min(SCALES, key=lambda scale: nll(float(scale))))
    with whole_file(weights.temperature) as temporary:
        temporary.write_text(
            json.dumps({"scale": best, "weights": sha256(weights.file), "prompts": sha256(FILE)}) + "\n"
        )
    return FittedScale(
        scale=best, own_scale=clip.scale, nll=nll(best), own_nll=nll(clip.scale),
        accuracy=float((table.argmax(1) == right).mean()), n=len(right), written=str(weights.temperature),
    )  # fmt: skip


if __name__ == "__main__":
    import sys

    from settings import Settings

    print(calibrate(Settings().clip_path or "", Path(sys.argv[1])).model_dump_json(indent=1))  # noqa: T201
