"""Regions of an array that stand out as hot, by scipy."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


def smoothed(values: Array) -> Array:
    """A median over 3 × 3, which takes single dead pixels out."""
    return ndimage.median_filter(values, size=3)


def regions(mask: Mask, fewest: int) -> list[Mask]:
    """Connected parts of at least `fewest` pixels."""
    labelled, count = ndimage.label(mask, structure=np.ones((3, 3)))
    sizes = np.bincount(labelled.ravel(), minlength=count + 1)
    return [labelled == place for place in range(1, count + 1) if sizes[place] >= fewest]


def grown(mask: Mask, pixels: int) -> Mask:
    return ndimage.binary_dilation(mask, iterations=pixels)


def blurred(values: Array, scale: float) -> Array:
    return ndimage.gaussian_filter(values, scale)


def sizes_above(values: Array, level: float) -> NDArray[np.int64]:
    """Pixels of each connected region above a level, largest first."""
    labelled, count = ndimage.label(values > level)
    return np.sort(np.bincount(labelled.ravel(), minlength=count + 1)[1:])[::-1]
