"""What a photograph shows: its family and class, with calibrated chances, and how unlike any known picture it is."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from models.image_encoder import Seen

FILE = Path(__file__).with_name("image_heads.npz")
CLASSES_FILE = Path(__file__).with_name("image_classes.yaml")
Array = NDArray[np.float64]


@dataclass(frozen=True)
class PictureClass:
    """`key` is family/class. `finding` is None where the class shows no defect."""

    key: str
    family: str
    family_title: str
    title: str
    finding: str | None
    thermal: bool
    mechanisms: tuple[str, ...]
    modes: tuple[str, ...]


@dataclass(frozen=True)
class Judgement:
    """Chances by family and by class (family/class), likeliest first. `strangeness` beyond 1: unlike any known."""

    families: dict[str, float]
    classes: dict[str, float]
    strangeness: float

    @property
    def defect(self) -> float:
        known = picture_classes()
        return sum(share for key, share in self.classes.items() if known[key].finding is not None)


@dataclass(frozen=True)
class Heads:
    """Linear heads on standardised features, and what distance counts as strange. See models/image_training.py."""

    arrays: dict[str, NDArray[Any]]

    @property
    def families(self) -> list[str]:
        return [str(name) for name in self.arrays["families"]]

    @property
    def learnt(self) -> set[str]:
        """The first 16 digits of the SHA-256 of each picture that taught the heads."""
        return {str(digest) for digest in self.arrays["learnt"]}

    def classes_of(self, family: str) -> list[str]:
        return [str(name) for name in self.arrays[f"{family}/classes"]]

    def judge(self, seen: Seen) -> Judgement:
        features = seen.features.mean(axis=0).astype(float)
        x = self.standard(features)
        shares = softmax(self._scores(x, "family"))
        families = dict(zip(self.families, map(float, shares), strict=True))
        classes: dict[str, float] = {}
        for family, share in families.items():
            heat = f"{family}/support" in self.arrays
            inside = softmax(self._by_heat(seen.heat, family) if heat else self._scores(x, family))
            classes |= {
                f"{family}/{name}": share * float(p) for name, p in zip(self.classes_of(family), inside, strict=True)
            }
        return Judgement(_ranked(families), _ranked(classes), self.strangeness(x, seen.animals))

    def standard(self, features: Array) -> Array:
        return np.clip((features - self.arrays["centre"]) / self.arrays["scale"], -10, 10)

    def strangeness(self, x: Array, animals: float) -> float:
        """The score of the head that knows unrelated pictures, or the distance, whichever is further beyond its limit.

        Both are divided so that 1 is the limit that held-back known pictures seldom pass.
        """
        signs = self.signs(x, animals)
        return float(np.max(signs / self.arrays["strange_limits"]))

    def signs(self, x: Array, animals: float) -> Array:
        """Chance of being unrelated, and the Mahalanobis distance to the nearest class in the space of components."""
        place = (x - self.arrays["pca_mean"]) @ self.arrays["pca"].astype(float).T
        apart = place - self.arrays["means"]
        distance = np.sqrt(np.einsum("ij,jk,ik->i", apart, self.arrays["precision"], apart).min())
        asked = np.append(place / self.arrays["pca_scale"], 4 * animals)
        chance = 1 / (1 + np.exp(-(asked @ self.arrays["strange_weights"] + self.arrays["strange_bias"])))
        return np.array([float(chance), float(distance)])

    def _by_heat(self, heat: Array, family: str) -> Array:
        """A support vector machine with a Gaussian kernel on the heat pattern, its margin turned into chances."""
        asked = (heat - self.arrays[f"{family}/heat_centre"]) / self.arrays[f"{family}/heat_scale"]
        apart = ((self.arrays[f"{family}/support"] - asked) ** 2).sum(axis=1)
        margin = np.exp(-self.arrays[f"{family}/gamma"] * apart) @ self.arrays[f"{family}/alpha"]
        slope, offset = self.arrays[f"{family}/platt"]
        return np.array([0.0, slope * margin + offset])

    def _scores(self, x: Array, head: str) -> Array:
        return x @ self.arrays[f"{head}/weights"].astype(float) + self.arrays[f"{head}/bias"]


@cache
def shipped_heads() -> Heads:
    with np.load(FILE) as arrays:
        return Heads(dict(arrays))


@cache
def picture_classes() -> dict[str, PictureClass]:
    """Every class that the heads may name, by family/class."""
    stated = yaml.safe_load(CLASSES_FILE.read_text())
    return {
        f"{family}/{name}": PictureClass(
            key=f"{family}/{name}", family=family, family_title=about["title"], title=each["title"],
            finding=each.get("finding"), thermal=about.get("thermal", False),
            mechanisms=tuple(each.get("mechanisms", ())), modes=tuple(each.get("modes", ())),
        )
        for family, about in stated.items()
        for name, each in about["classes"].items()
    }  # fmt: skip


def softmax(scores: Array) -> Array:
    raised = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return raised / raised.sum(axis=-1, keepdims=True)


def _ranked(shares: dict[str, float]) -> dict[str, float]:
    return dict(sorted(shares.items(), key=lambda each: -each[1]))
