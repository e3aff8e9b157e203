"""How the warmth of a thermogram without a scale is spread: what a hot spot changes, as figures."""

import numpy as np
from numpy.typing import NDArray

from models.thermal import hot_spots

SHARES = (50, 75, 90, 95, 98, 99, 99.5, 99.9)
LEVELS = (0.7, 0.8, 0.9, 0.95)
SCALES = (4, 8, 16, 32)  # pixels
Array = NDArray[np.float64]


def heat_pattern(warm: Array) -> Array:
    """`warm`: rows × columns, 0 to 1 (models/thermal.py, warmth). Quantiles and the way from each to the top; the
    segmented spots; regions above fixed levels; how far points stand out of their surroundings at several scales."""
    from models._hot_regions import blurred, sizes_above, smoothed

    smooth = smoothed(warm)
    shares = np.percentile(smooth, SHARES)
    found = hot_spots(warm, False).spots
    figures = [*shares, *(shares[-1] - shares[:-1]), len(found)]
    figures += [max((spot.relative_rise for spot in found), default=0.0)]
    figures += [max((spot.area_share for spot in found), default=0.0)]
    for level in LEVELS:
        sizes = sizes_above(smooth, level)
        figures += [sizes.sum() / smooth.size, len(sizes), *np.log1p([*sizes[:2], 0, 0][:2])]
    for scale in SCALES:
        ground = blurred(smooth, scale)
        fine, coarse = smooth - ground, blurred(smooth, scale / 3) - ground
        figures += [fine.max(), *np.percentile(fine, (99.5, 99)), coarse.max(), np.percentile(coarse, 99.5)]
    return np.array(figures, dtype=float)
