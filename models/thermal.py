"""Hot spots of a thermogram: where, how hot against the parts around, and how severe by a named standard."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from models.results import Result

Array = NDArray[np.float64]
Severity = Literal[
    "below the first class", "possible deficiency", "probable deficiency", "monitor", "major discrepancy"
]

STANDARD = "ANSI/NETA MTS, Table 100.18 (electrical equipment; between similar components under similar load)"
STANDARD_AMBIENT = "ANSI/NETA MTS, Table 100.18 (electrical equipment; over ambient air)"
ACTION: dict[Severity, str] = {
    "below the first class": "no action by the table",
    "possible deficiency": "warrants investigation",
    "probable deficiency": "repair as time permits",
    "monitor": "monitor until corrective measures can be accomplished",
    "major discrepancy": "repair immediately",
}
ORDER: tuple[Severity, ...] = tuple(ACTION)
LEAST_RISE_C = 1.0  # the first class of the table begins here
LEAST_RISE_SHARE = 0.18  # of the picture's own range, where there is no scale
SPREADS = 4.0  # of the parts' own scatter (1.4826 MAD), from which a region stands out
LEAST_AREA, FEWEST_PIXELS = 0.0001, 4
LARGEST_AREA = 0.25  # a larger region is the part itself, not a spot on it
MOST_SPOTS = 8


class HotSpot(Result):
    """`row`, `column`: of the hottest pixel; `box`: top, left, bottom, right. Temperatures in °C; None without scale.

    `relative_rise` is the share of the picture's range by which it stands above the reference.
    """

    row: int
    column: int
    box: tuple[int, int, int, int]
    area_share: float
    maximum_c: float | None
    rise_over_reference_c: float | None
    rise_over_ambient_c: float | None
    relative_rise: float
    severity: Severity | None
    severity_over_ambient: Severity | None


class ThermalFinding(Result):
    """`scaled`: temperatures are known. Without a scale only relative statements hold, and no severity.

    `reference`: the median of the other warm parts of the picture, in °C or None. `ambient_c` as stated by the file.
    """

    scaled: bool
    maximum_c: float | None
    minimum_c: float | None
    reference_c: float | None
    ambient_c: float | None
    spots: tuple[HotSpot, ...]  # hottest first
    severity: Severity | None
    action: str | None
    standard: str | None


@dataclass(frozen=True)
class _Ground:
    reference: float
    spread: float


def hot_spots(values: Array, scaled: bool, ambient_c: float | None = None) -> ThermalFinding:
    """`values`: rows × columns, °C where `scaled`, else any measure that rises with temperature.

    Parts are told from the background by Otsu's threshold (Otsu 1979); the reference is the median of the parts that
    are no spot. Severity: ANSI/NETA MTS, Table 100.18; a rise between two of its whole-degree classes counts as the
    higher one.
    """
    from models._hot_regions import regions, smoothed

    smooth = smoothed(values)
    low, high = (float(v) for v in np.percentile(smooth, (1, 99.95)))
    span = max(high - low, 1e-9)
    ground, above = _threshold(smooth, LEAST_RISE_C if scaled else LEAST_RISE_SHARE * span)
    fewest = max(FEWEST_PIXELS, round(LEAST_AREA * smooth.size))
    found = [mask for mask in regions(above, fewest) if mask.mean() <= LARGEST_AREA]
    spots = [_spot(mask, values, smooth, ground, span, scaled, ambient_c) for mask in found]
    spots.sort(key=lambda spot: -spot.relative_rise)
    kept = tuple(spots[:MOST_SPOTS])
    worst, standard = _worst(kept)
    return ThermalFinding(
        scaled=scaled,
        maximum_c=float(values.max()) if scaled else None,
        minimum_c=float(values.min()) if scaled else None,
        reference_c=ground.reference if scaled else None,
        ambient_c=ambient_c if scaled else None,
        spots=kept,
        severity=worst,
        action=ACTION[worst] if worst else None,
        standard=standard,
    )


def severity_of(rise_c: float, over_ambient: bool = False) -> Severity:
    """The class of ANSI/NETA MTS, Table 100.18.

    >>> severity_of(2.0), severity_of(15.0), severity_of(15.1), severity_of(30.0, over_ambient=True)
    ('possible deficiency', 'probable deficiency', 'major discrepancy', 'monitor')
    """
    if rise_c < LEAST_RISE_C:
        return "below the first class"
    if over_ambient:
        return (
            "possible deficiency" if rise_c <= 10 else
            "probable deficiency" if rise_c <= 20 else
            "monitor" if rise_c <= 40 else
            "major discrepancy"
        )  # fmt: skip
    return "possible deficiency" if rise_c <= 3 else "probable deficiency" if rise_c <= 15 else "major discrepancy"


def warmth(pixels: NDArray[np.uint8]) -> Array:
    """What rises with temperature in a thermogram's colours, 0 to 1: brightness in grey, iron and similar palettes;
    the way from blue to red in rainbow palettes, whose brightness does not."""
    rgb = pixels.astype(float) / 255
    bright = rgb @ np.array([0.299, 0.587, 0.114])
    if not _rainbow(rgb):
        return bright
    top, bottom = rgb.max(axis=2), rgb.min(axis=2)
    span = np.maximum(top - bottom, 1e-9)
    r, g, b = np.moveaxis(rgb, 2, 0)
    hue = np.where(top == r, ((g - b) / span) % 6, np.where(top == g, (b - r) / span + 2, (r - g) / span + 4)) / 6
    coldness = np.clip(hue, 0, 0.75) / 0.75
    coloured = 0.9 * (1 - coldness)
    return np.where(top - bottom < 0.15, bright, coloured)  # white is the hottest there, black the coolest


def _rainbow(rgb: Array) -> bool:
    """Green and cyan are in rainbow palettes only."""
    r, g, b = np.moveaxis(rgb, 2, 0)
    return bool(np.mean((g > r + 0.2) & (g > 0.35)) > 0.05 and np.mean((r > g + 0.2) | (b > g + 0.2)) > 0.02)


def _threshold(smooth: Array, least: float) -> tuple[_Ground, NDArray[np.bool_]]:
    parts = smooth[smooth > _otsu(smooth)]
    for _ in range(3):  # spots drawn into the reference raise it: take them out and look again
        centre = float(np.median(parts))
        spread = 1.4826 * float(np.median(np.abs(parts - centre)))
        ground = _Ground(centre, spread)
        above = smooth > centre + max(least, SPREADS * spread)
        if not above.any() or above.mean() <= LARGEST_AREA:
            rest = parts[parts <= centre + max(least, SPREADS * spread)]
            parts = rest if len(rest) > 0.2 * len(parts) else parts
    lone = above.mean() == 0 and _alone(smooth, parts)
    if lone:  # one hot part before a cool ground: the ground is what it is compared with
        ground_values = smooth[smooth <= _otsu(smooth)]
        centre = float(np.median(ground_values))
        spread = 1.4826 * float(np.median(np.abs(ground_values - centre)))
        ground, above = _Ground(centre, spread), smooth > max(_otsu(smooth), centre + max(least, SPREADS * spread))
    return ground, above


def _alone(smooth: Array, parts: Array) -> bool:
    """The warm parts are so small a piece of the picture that they are the spot themselves."""
    return len(parts) < 0.06 * smooth.size


def _otsu(values: Array) -> float:
    counts, edges = np.histogram(values, bins=256)
    middles = (edges[:-1] + edges[1:]) / 2
    below, total = np.cumsum(counts), counts.sum()
    mass = np.cumsum(counts * middles)
    inside = (below > 0) & (below < total)
    with np.errstate(divide="ignore", invalid="ignore"):
        between = (mass[-1] * below - mass * total) ** 2 / (below * (total - below))
    return float(middles[int(np.argmax(np.where(inside, between, -1)))])


def _spot(
    mask: NDArray[np.bool_], values: Array, smooth: Array, ground: _Ground, span: float, scaled: bool,
    ambient_c: float | None,
) -> HotSpot:  # fmt: skip
    rows, columns = np.nonzero(mask)
    hottest = int(np.argmax(smooth[rows, columns]))
    row, column = int(rows[hottest]), int(columns[hottest])
    top = float(smooth[row, column])
    over_ambient = top - ambient_c if scaled and ambient_c is not None else None
    return HotSpot(
        row=row,
        column=column,
        box=(int(rows.min()), int(columns.min()), int(rows.max()), int(columns.max())),
        area_share=float(mask.mean()),
        maximum_c=float(values[mask].max()) if scaled else None,
        rise_over_reference_c=top - ground.reference if scaled else None,
        rise_over_ambient_c=over_ambient,
        relative_rise=(top - ground.reference) / span,
        severity=severity_of(top - ground.reference) if scaled else None,
        severity_over_ambient=severity_of(over_ambient, True) if over_ambient is not None else None,
    )


def _worst(spots: tuple[HotSpot, ...]) -> tuple[Severity | None, str | None]:
    named = [(spot.severity, STANDARD) for spot in spots if spot.severity]
    named += [(spot.severity_over_ambient, STANDARD_AMBIENT) for spot in spots if spot.severity_over_ambient]
    return max(named, key=lambda each: ORDER.index(each[0])) if named else (None, None)
