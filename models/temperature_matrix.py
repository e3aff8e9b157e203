"""A thermal camera's temperatures as CSV: a number a pixel, with or without lines of description above."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from machine_profiles.errors import MillwrightError

LARGEST_BYTES = 50_000_000
SMALLEST_SIDE = 8
LOWEST_C, HIGHEST_C = -80.0, 2000.0
_AMBIENT = re.compile(r"\b(?:ambient|atmospheric|air)\b[^\d-]*(-?\d+(?:[.,]\d+)?)", re.I)
_FAHRENHEIT = re.compile(r"°\s?F\b|\bfahrenheit\b|\bdegF\b|\[F\]|\(F\)", re.I)
_KELVIN = re.compile(r"\bkelvin\b|\[K\]|\(K\)", re.I)


class NoTemperatureMatrix(MillwrightError):
    def __init__(self, path: Path, why: str) -> None:
        super().__init__(
            f"{path.name} is no matrix of temperatures: {why}. Export one number in °C for each pixel, a line a row, "
            f"separated by comma, semicolon or tab; lines of description may stand above."
        )


@dataclass(frozen=True)
class TemperatureMatrix:
    """`celsius`: rows × columns. `ambient_c` as the file's description states it."""

    celsius: NDArray[np.float64]
    ambient_c: float | None = None


def read_matrix(path: Path) -> TemperatureMatrix:
    """Read it, in °C; °F and kelvin are converted where the description names them. Raises NoTemperatureMatrix."""
    if path.stat().st_size > LARGEST_BYTES:
        raise NoTemperatureMatrix(path, f"it has more than {LARGEST_BYTES / 1e6:.0f} MB")
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError:
        lines = path.read_text(encoding="latin-1").splitlines()
    head, values = _longest(lines)
    if values is None:
        raise NoTemperatureMatrix(path, f"no block of {SMALLEST_SIDE} by {SMALLEST_SIDE} numbers or more")
    stated = "\n".join(head)
    ambient = float(found[1].replace(",", ".")) if (found := _AMBIENT.search(stated)) else None
    if _FAHRENHEIT.search(stated):
        values, ambient = (values - 32) / 1.8, None if ambient is None else (ambient - 32) / 1.8
    elif _KELVIN.search(stated):
        values, ambient = values - 273.15, None if ambient is None else ambient - 273.15
    low, high = float(values.min()), float(values.max())
    if low < LOWEST_C or high > HIGHEST_C:
        raise NoTemperatureMatrix(path, f"its values go from {low:g} to {high:g}, which are no temperatures in °C")
    return TemperatureMatrix(values, ambient)


def _longest(lines: list[str]) -> tuple[list[str], NDArray[np.float64] | None]:
    """The lines above the first block of equally long rows of numbers, and the block."""
    for separator in (";", "\t", ","):
        rows: list[list[float]] = []
        start = 0
        for place, line in enumerate(lines):
            row = _numbers(line, separator)
            if row and (not rows or len(row) == len(rows[0])):
                start = start if rows else place
                rows.append(row)
            elif len(rows) >= SMALLEST_SIDE:
                break
            else:
                rows, start = ([row], place) if row else ([], place)
        if len(rows) >= SMALLEST_SIDE:
            return lines[:start], np.array(rows)
    return lines, None


def _numbers(line: str, separator: str) -> list[float] | None:
    parts = [part.strip() for part in line.strip().strip(separator).split(separator)]
    if len(parts) < SMALLEST_SIDE:
        return None
    try:
        row = [float(part if separator == "," else part.replace(",", ".")) for part in parts]
    except ValueError:
        return None
    return row if np.isfinite(row).all() else None
