"""What the encoder sees in a picture: features of several layers, from the ONNX file that is shipped."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.heat_pattern import heat_pattern
from models.thermal import warmth

FILE = Path(__file__).with_name("image_encoder.onnx")
LONG_SIDE = 512
SHORTEST = 64
LARGEST_HEAT = 640
THREADS = 2


@dataclass(frozen=True)
class Seen:
    """`features`: views × features. `animals`: the share that ImageNet's classes of animals take. `heat`: how warmth is
    spread, were it a thermogram (models/heat_pattern.py)."""

    features: NDArray[np.float32]
    animals: float
    heat: NDArray[np.float64]


def see(pixels: NDArray[np.uint8], views: int = 2) -> Seen:
    """`pixels`: rows × columns × RGB. Views: the picture, mirrored, upside down, both."""
    scaled = fitted(pixels)
    turned = [scaled, scaled[:, ::-1], scaled[::-1], scaled[::-1, ::-1]][:views]
    batch = np.stack([np.moveaxis(view, 2, 0) for view in turned]).astype(np.float32)
    features, animals = _session().run(["seen", "animals"], {"picture": batch})
    return Seen(features, float(np.mean(animals)), heat_pattern(warmth(_at_most(pixels))))


def fitted(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The picture at the size that the encoder works on, its shape kept."""
    from PIL import Image

    picture = Image.fromarray(pixels)
    factor = LONG_SIDE / max(picture.size)
    width, height = (max(SHORTEST, round(side * factor)) for side in picture.size)
    return np.asarray(picture.resize((width, height), Image.Resampling.BICUBIC))


def _at_most(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Heat is judged in pixels of the camera, of which thermal ones have few."""
    return pixels if max(pixels.shape[:2]) <= LARGEST_HEAT else fitted(pixels)


@cache
def _session() -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(FILE.read_bytes(), options, providers=["CPUExecutionProvider"])
