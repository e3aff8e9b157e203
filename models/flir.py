"""Temperatures that a FLIR-type camera keeps inside its JPEG."""

import re
import struct
from io import BytesIO
from pathlib import Path

import numpy as np

from machine_profiles.errors import MillwrightError
from models.temperature_matrix import HIGHEST_C, LOWEST_C, SMALLEST_SIDE, TemperatureMatrix

_SEGMENT = re.compile(rb"\xff\xe1..FLIR\x00", re.S)  # a camera's maker, also FLIR, stands elsewhere
MOST_POINTS = 4_000_000  # the largest such sensors have 1.3 million
_RAW = 32  # bytes from a raw record's start to its values


class UnreadableThermogram(MillwrightError):
    def __init__(self, path: Path, why: str) -> None:
        super().__init__(
            f"{path.name} holds a FLIR thermogram that cannot be read ({why}). Export its temperatures as CSV, or save "
            f"the picture without them."
        )


def flir_matrix(path: Path) -> TemperatureMatrix | None:
    """The temperatures in °C, by the camera's own calibration, emissivity and distance; None where there are none.

    `ambient_c` is the air temperature set in the camera. Raises UnreadableThermogram where they are damaged.
    """
    data = path.read_bytes()
    if not _SEGMENT.search(data):
        return None
    import flyr

    try:
        _check_size(path, data)
        found = flyr.unpack(BytesIO(data))
        with np.errstate(all="ignore"):
            celsius = np.asarray(found.celsius, dtype=float)
        air = float(found.metadata["atmospheric_temperature"]) - 273.15
    except (ValueError, KeyError, IndexError, TypeError, OSError, SyntaxError, OverflowError, struct.error) as error:
        raise UnreadableThermogram(path, str(error).rstrip(".") or type(error).__name__) from error
    if min(celsius.shape) < SMALLEST_SIDE:
        raise UnreadableThermogram(path, f"{celsius.shape[1]} × {celsius.shape[0]} points are too few")
    if not np.isfinite(celsius).all() or celsius.min() < LOWEST_C or celsius.max() > HIGHEST_C:
        raise UnreadableThermogram(path, "its calibration gives values that are no temperatures")
    return TemperatureMatrix(celsius, air if LOWEST_C <= air <= HIGHEST_C else None)


def _check_size(path: Path, data: bytes) -> None:
    """Before anything is unfolded: what the record says of its size, and the PNG within it."""
    from flyr.records import RecordIndex, extract_flir_app1, parse_flir_records

    stream = extract_flir_app1(BytesIO(data))
    start = parse_flir_records(stream)[RecordIndex.RAW_DATA.value][2]
    stream.seek(start)
    head = stream.read(_RAW + 24)
    width, height = struct.unpack("<HH", head[2:6])
    inner = (
        struct.unpack(">II", head[_RAW + 16 : _RAW + 24]) if head[_RAW : _RAW + 4] == b"\x89PNG" else (width, height)
    )
    if width * height > MOST_POINTS or inner != (width, height):
        raise UnreadableThermogram(path, f"it says {width} × {height} points and holds {inner[0]} × {inner[1]}")
