"""Pictures through the ordinary path: defect or sound, which class, hot spots found, and what is abstained on."""

import time
from pathlib import Path

import numpy as np

from evals.benchmarks.result import BenchResult
from machine_profiles.errors import MillwrightError
from models import metrics
from models.image_encoder import see
from models.image_reading import read_picture
from models.jobs import Report
from models.photographs import Judgement, picture_classes, shipped_heads
from models.picture_folder import UNRELATED, LabelledPicture, labelled_pictures
from models.unrelated_pictures import unrelated_pictures
from models.vision import STRANGE

HOT, COOL = "substation_thermal/hotspot", "substation_thermal/no_hotspot"
HOW_TO_GET = (
    "This benchmark needs --data DIR, a folder of pictures laid out as <family>/<class>/*.jpg; the families and where "
    "they come from stand in models/image_classes.yaml."
)


def run(data: Path | None, seed: int, report: Report) -> BenchResult:
    """Score the shipped heads on the pictures of the folder that did not teach them."""
    started = time.monotonic()
    if data is None:
        raise MillwrightError(HOW_TO_GET)
    heads = shipped_heads()
    everything = labelled_pictures(data)
    pictures = [each for each in everything if each.digest not in heads.learnt]
    if not any(each.family != UNRELATED for each in pictures):
        raise MillwrightError(f"Every picture in {data} taught the heads; give pictures that did not. {HOW_TO_GET}")
    judged = []
    for place, each in enumerate(pictures):
        report(0.9 * place / len(pictures), f"judging {each.key}")
        judged.append(heads.judge(see(read_picture(each.path).pixels)))
    drawn_taught = {str(source) for source in heads.arrays["unrelated_learnt"]}
    drawn = [each for each in unrelated_pictures(seed) if each.source not in drawn_taught]
    odd = [heads.judge(see(each.pixels)) for each in drawn]
    odd += [found for each, found in zip(pictures, judged, strict=True) if each.family == UNRELATED]
    kept = [pair for pair in zip(pictures, judged, strict=True) if pair[0].family != UNRELATED]
    truth = [each for each, _ in kept]
    rng = np.random.default_rng(seed)
    mixed = [kept[int(place)][1] for place in rng.permutation(len(kept))]
    constant = [_constant(truth)] * len(truth)
    figures = _scores(truth, [found for _, found in kept]) | {
        "abstain_rate": float(np.mean([each.strangeness > STRANGE for each in odd])) if odd else float("nan"),
        "abstain_known": float(np.mean([found.strangeness > STRANGE for _, found in kept])),
    }
    skipped = len(everything) - len(pictures)
    return BenchResult(
        name="images",
        figures={name: value for name, value in figures.items() if not np.isnan(value)},
        peers={"constant": _scores(truth, constant), "shuffled": _scores(truth, mixed)},
        protocol=(
            f"{len(truth)} pictures; {skipped} more of the folder taught the heads and are left out, told by their "
            f"SHA-256. defect_auroc: chance of a defect, over all families together; defect_auroc_in_families: the "
            f"mean over families that hold sound pictures. balanced_accuracy: the likeliest family/class, the mean of "
            f"the recalls of {len({each.key for each in truth})} classes; balanced_accuracy_in_families: the mean over "
            f"families of theirs. Hot spots by picture: found where the chance of one is at least one half. "
            f"abstain_rate: {len(odd)} unrelated pictures (drawn text, charts, drawings, noise; faces, animals and "
            f"scenes from packages; the folder's own family `{UNRELATED}`) whose sources did not teach the heads. "
            f"Every picture is judged, also those that would be abstained on (abstain_known). Constant: each class by "
            f"its share. Shuffled: another picture's judgement."
        ),
        data=str(data.name),
        seed=seed,
        n=len(truth),
        seconds=round(time.monotonic() - started, 1),
    )


def _scores(pictures: list[LabelledPicture], judged: list[Judgement]) -> dict[str, float]:
    known = picture_classes()
    defect = np.array([known[each.key].finding is not None for each in pictures])
    chance = np.array([each.defect for each in judged])
    families = np.array([each.family for each in pictures])
    named = [next(iter(each.classes)) for each in judged]
    recalls = {
        key: float(np.mean([n == key for n, each in zip(named, pictures, strict=True) if each.key == key]))
        for key in sorted({each.key for each in pictures})
    }
    aurocs = [
        metrics.auroc(defect[families == name], chance[families == name])
        for name in sorted(set(families))
        if len(set(defect[families == name])) == 2
    ]
    own = [np.mean([r for key, r in recalls.items() if key.startswith(f"{name}/")]) for name in sorted(set(families))]
    hot = np.array([each.classes.get(HOT, 0.0) >= each.classes.get(COOL, 0.0) for each in judged])
    keys = np.array([each.key for each in pictures])
    return {
        "defect_auroc": metrics.auroc(defect, chance) if len(set(defect)) == 2 else float("nan"),
        "defect_auroc_in_families": float(np.mean(aurocs)) if aurocs else float("nan"),
        "balanced_accuracy": float(np.mean(list(recalls.values()))),
        "balanced_accuracy_in_families": float(np.mean(own)),
        "hotspot_recall": float(hot[keys == HOT].mean()) if (keys == HOT).any() else float("nan"),
        "hotspot_false_rate": float(hot[keys == COOL].mean()) if (keys == COOL).any() else float("nan"),
    }


def _constant(pictures: list[LabelledPicture]) -> Judgement:
    keys = [each.key for each in pictures]
    shares = {key: keys.count(key) / len(keys) for key in sorted(set(keys), key=lambda key: -keys.count(key))}
    families = [each.family for each in pictures]
    return Judgement({name: families.count(name) / len(families) for name in sorted(set(families))}, shares, 0.0)
