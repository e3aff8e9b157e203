"""Pictures of no machine: text, drawings, charts, noise, faces, animals and scenes, to learn and to test abstention."""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

DRAWN = 24  # of each kind that is drawn
CROPS = 5
PHOTOGRAPHS = (  # ships inside packages of the environment; one that is missing is left out
    ("skimage", "data/astronaut.png"), ("skimage", "data/chelsea.png"), ("skimage", "data/coffee.png"),
    ("skimage", "data/camera.png"), ("skimage", "data/rocket.jpg"), ("skimage", "data/hubble_deep_field.jpg"),
    ("skimage", "data/ihc.png"), ("skimage", "data/retina.jpg"), ("skimage", "data/grass.png"),
    ("skimage", "data/motorcycle_left.png"), ("skimage", "data/moon.png"), ("skimage", "data/horse.png"),
    ("skimage", "data/page.png"), ("skimage", "data/coins.png"), ("skimage", "data/cell.png"),
    ("sklearn", "datasets/images/china.jpg"), ("sklearn", "datasets/images/flower.jpg"),
    ("matplotlib", "mpl-data/sample_data/grace_hopper.jpg"),
    ("matplotlib", "mpl-data/sample_data/Minduka_Present_Blue_Pack.png"),
    ("gradio", "media_assets/images/cheetah.jpg"), ("gradio", "media_assets/images/cheetah1.jpg"),
    ("gradio", "test_data/cheetah2.jpg"), ("gradio", "media_assets/images/groot.jpeg"),
    ("gradio", "media_assets/images/lion.jpg"), ("gradio", "media_assets/images/tower.jpg"),
)  # fmt: skip
_WORDS = (
    "the pump was inspected on monday and no leak was found order number invoice total amount due please sign here",
    "chapter one it was a bright cold day meeting notes agenda budget travel recipe flour sugar butter oven minutes",
)
Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Unrelated:
    """`source`: pictures of one source belong on the same side of a split."""

    kind: str
    source: str
    pixels: Pixels


def unrelated_pictures(seed: int) -> Iterator[Unrelated]:
    rng = np.random.default_rng(seed)
    for kind, draw in (
        ("text", _text), ("noise", _noise), ("drawing", _drawing), ("chart", _chart), ("gradient", _gradient),
    ):  # fmt: skip
        for number in range(DRAWN):
            yield Unrelated(kind, f"{kind}-{number}", draw(rng))
    yield from _faces()
    for package, path in PHOTOGRAPHS:
        if found := _inside(package, path):
            whole = np.asarray(Image.open(found).convert("RGB"))
            for number in range(CROPS):
                yield Unrelated("photograph", path, whole if number == 0 else _crop(whole, rng))


def _inside(package: str, path: str) -> Path | None:
    found = find_spec(package)
    file = Path(found.submodule_search_locations[0]) / path if found and found.submodule_search_locations else None
    return file if file and file.is_file() else None


def _crop(whole: Pixels, rng: np.random.Generator) -> Pixels:
    rows, columns = whole.shape[:2]
    share = rng.uniform(0.5, 0.9)
    top, left = (int(rng.uniform(0, side * (1 - share))) for side in (rows, columns))
    part = whole[top : top + int(rows * share), left : left + int(columns * share)]
    return part[:, ::-1] if rng.random() < 0.5 else part


def _faces() -> Iterator[Unrelated]:
    """The first half of scikit-image's subset of Labelled Faces in the Wild shows faces of 25 × 25 pixels."""
    if file := _inside("skimage", "data/lfw_subset.npy"):
        for number, face in enumerate(np.load(file)[:60]):
            grey = Image.fromarray((255 * face).astype(np.uint8)).resize((224, 224), Image.Resampling.BICUBIC)
            yield Unrelated("face", f"face-{number}", np.asarray(grey.convert("RGB")))


def _canvas(rng: np.random.Generator, light: bool = True) -> tuple[Image.Image, Any]:
    width, height = (int(side) for side in rng.integers(200, 520, 2))
    level = rng.integers(200, 256, 3) if light else rng.integers(0, 256, 3)
    picture = Image.new("RGB", (width, height), tuple(int(v) for v in level))
    return picture, ImageDraw.Draw(picture)


def _colour(rng: np.random.Generator, most: int = 256) -> tuple[int, ...]:
    return tuple(int(v) for v in rng.integers(0, most, 3))


def _text(rng: np.random.Generator) -> Pixels:
    picture, draw = _canvas(rng, light=rng.random() < 0.8)
    size = int(rng.integers(11, 40))
    ink = _colour(rng, 90)
    for top in range(8, picture.height - size, int(size * rng.uniform(1.2, 1.8))):
        line = " ".join(rng.choice(" ".join(_WORDS).split(), 14))
        draw.text((8, top), line, fill=ink, font=ImageFont.load_default(size))
    return np.asarray(picture)


def _noise(rng: np.random.Generator) -> Pixels:
    rows, columns = (int(side) for side in rng.integers(150, 400, 2))
    coarse = int(rng.choice([1, 2, 4, 8]))
    noise = rng.integers(0, 256, (rows // coarse + 1, columns // coarse + 1, 3), dtype=np.uint8)
    return np.kron(noise, np.ones((coarse, coarse, 1), np.uint8))[:rows, :columns]


def _drawing(rng: np.random.Generator) -> Pixels:
    picture, draw = _canvas(rng, light=rng.random() < 0.6)
    for _ in range(int(rng.integers(4, 25))):
        ends = [int(v) for v in (*rng.integers(0, picture.width, 2), *rng.integers(0, picture.height, 2))]
        left, right, top, bottom = sorted(ends[:2]) + sorted(ends[2:])
        shape = rng.choice(["line", "ellipse", "rectangle"])
        fill = _colour(rng) if rng.random() < 0.5 else None
        if shape == "line":
            draw.line((left, top, right, bottom), fill=_colour(rng), width=int(rng.integers(1, 6)))
        else:
            getattr(draw, str(shape))((left, top, right, bottom), outline=_colour(rng), fill=fill, width=2)
    return np.asarray(picture)


def _chart(rng: np.random.Generator) -> Pixels:
    picture, draw = _canvas(rng)
    width, height = picture.size
    draw.line((30, 10, 30, height - 25, width - 10, height - 25), fill="black", width=2)
    for number in range(int(rng.integers(1, 5))):
        values = height / 2 + np.cumsum(rng.normal(0, height / 40, 40))
        places = np.linspace(32, width - 12, 40)
        draw.line([(float(x), float(y)) for x, y in zip(places, values, strict=True)], fill=_colour(rng), width=2)
        draw.text((width - 90, 12 + 14 * number), f"series {number}", fill="black", font=ImageFont.load_default(11))
    return np.asarray(picture)


def _gradient(rng: np.random.Generator) -> Pixels:
    rows, columns = (int(side) for side in rng.integers(150, 400, 2))
    down, across = np.linspace(0, 1, rows)[:, None, None], np.linspace(0, 1, columns)[None, :, None]
    first, second, third = rng.integers(0, 256, (3, 3))
    mixed = first + (second - first) * down + (third - first) * across * 0.5
    return np.clip(mixed, 0, 255).astype(np.uint8)
