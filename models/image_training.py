"""Train the heads of the image encoder: `python -m models.image_training DATA OUT`."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from machine_profiles.errors import MillwrightError
from models import image_encoder
from models.image_encoder import Seen, see
from models.image_reading import read_picture
from models.metrics import auroc
from models.photographs import Heads, picture_classes
from models.picture_folder import UNRELATED, LabelledPicture, held_back, labelled_pictures
from models.storage import whole_file
from models.unrelated_pictures import Unrelated, unrelated_pictures

FEWEST = 40


def train(data: Path, out: Path, seed: int) -> dict[str, float]:
    """Fit on all but a quarter of the pictures' groups, write image_encoder.onnx (where it is not there yet) and
    image_heads.npz into `out`, and give the figures of the quarter. Raises MillwrightError."""
    from models._image_heads import fit_heads

    out.mkdir(parents=True, exist_ok=True)
    pictures = [each for each in labelled_pictures(data) if each.family != UNRELATED]
    apart = held_back(pictures)
    taught = [each for each in pictures if each.digest not in apart]
    if len(taught) < FEWEST:
        raise MillwrightError(f"{data} holds {len(taught)} pictures to learn from; at least {FEWEST} are needed.")
    _encoder(out)
    odd = list(unrelated_pictures(seed))
    odd_taught = [each for same in _by_source(odd)[::2] for each in same]
    features, odd_features = seen_of(taught), [see(each.pixels) for each in odd_taught]
    thermal = {each.family for each in picture_classes().values() if each.thermal}
    arrays = fit_heads(
        _views(features), np.stack([each.heat for each in features]), _names(each.family for each in taught),
        _names(each.picture_class for each in taught),
        _names(each.group for each in taught), _animals(features), _views(odd_features),
        _names(each.source for each in odd_taught), _animals(odd_features), thermal, seed,
    )  # fmt: skip
    arrays["learnt"] = _names(sorted(each.digest for each in taught))
    arrays["unrelated_learnt"] = _names(sorted({each.source for each in odd_taught}))
    with whole_file(out / "image_heads.npz") as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
    kept = [each for each in pictures if each.digest in apart]
    unseen = [each for each in odd if each.source not in {known.source for known in odd_taught}]
    return figures(Heads(arrays), kept, seen_of(kept), [see(each.pixels) for each in unseen])


def seen_of(pictures: Sequence[LabelledPicture]) -> list[Seen]:
    return [see(read_picture(each.path).pixels) for each in pictures]


def figures(
    heads: Heads, pictures: Sequence[LabelledPicture], seen: Sequence[Seen], unrelated: Sequence[Seen]
) -> dict[str, float]:
    """AUROC of defect or sound over the families that know both; balanced accuracy over all family/class; how often
    a known picture is abstained on, and an unrelated one."""
    known = picture_classes()
    judged = [heads.judge(each) for each in seen]
    odd = [heads.judge(each).strangeness > 1 for each in unrelated]
    truth = np.array([known[each.key].finding is not None for each in pictures])
    chance = np.array([each.defect for each in judged])
    named = [next(iter(each.classes)) for each in judged]
    right = {key: [] for key in {each.key for each in pictures}}  # type: ignore[var-annotated]
    for each, name in zip(pictures, named, strict=True):
        right[each.key].append(name == each.key)
    return {
        "defect_auroc": auroc(truth, chance),
        "balanced_accuracy": float(np.mean([np.mean(hits) for hits in right.values()])),
        "family_accuracy": float(
            np.mean([next(iter(j.families)) == p.family for j, p in zip(judged, pictures, strict=True)])
        ),
        "abstain_known": float(np.mean([each.strangeness > 1 for each in judged])),
        "abstain_rate": float(np.mean(odd)) if odd else float("nan"),
        **{f"recall {key}": float(np.mean(hits)) for key, hits in sorted(right.items())},
    }


def _encoder(out: Path) -> None:
    if not (out / image_encoder.FILE.name).exists():
        from models._image_encoder_export import export

        export(out / image_encoder.FILE.name)


def _by_source(odd: Sequence[Unrelated]) -> list[list[Unrelated]]:
    sources = dict.fromkeys(each.source for each in odd)
    return [[each for each in odd if each.source == source] for source in sources]


def _views(seen: Sequence[Seen]) -> NDArray[np.float64]:
    return np.stack([each.features for each in seen]).astype(float)


def _animals(seen: Sequence[Seen]) -> NDArray[np.float64]:
    return np.array([each.animals for each in seen])


def _names(each: Iterable[str]) -> NDArray[Any]:
    return np.array(list(each))


if __name__ == "__main__":
    import sys

    from settings import Settings

    print(json.dumps(train(Path(sys.argv[1]), Path(sys.argv[2]), Settings().seed), indent=1))  # noqa: T201
