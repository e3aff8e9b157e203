"""A picture file as it may be judged: upright pixels, temperatures where it holds them, and when it was taken."""

import warnings
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from machine_profiles.errors import MillwrightError
from models.flir import flir_matrix
from models.temperature_matrix import TemperatureMatrix, read_matrix

if TYPE_CHECKING:
    from PIL import Image

LARGEST_BYTES = 50_000_000
MOST_PIXELS = 40_000_000
SMALLEST_SIDE = 32
FORMATS = {
    "JPEG": (".jpg", ".jpeg"), "PNG": (".png",), "WEBP": (".webp",), "BMP": (".bmp",), "TIFF": (".tif", ".tiff"),
}  # fmt: skip
_ENDINGS = {ending: name for name, endings in FORMATS.items() for ending in endings}


@dataclass(frozen=True)
class Picture:
    """`pixels`: rows × columns × RGB, 8 bits, upright. `matrix`: temperatures in °C, where the file states them.

    `deep`: one channel of 16 bits, as raw thermograms have. `taken_at` is in UTC where the camera stated its zone;
    where `zone_known` is false the camera's clock is taken for UTC.
    """

    pixels: NDArray[np.uint8]
    form: str
    matrix: TemperatureMatrix | None = None
    deep: bool = False
    taken_at: datetime | None = None
    zone_known: bool = False


class UnreadablePicture(MillwrightError):
    """The file is no picture that can be judged; the text says why and what would be right."""


def read_picture(path: Path) -> Picture:
    """Read a JPEG, PNG, WebP, BMP or TIFF file, a FLIR thermogram, or a CSV matrix of temperatures.

    Raises UnreadablePicture, UnreadableThermogram, NoTemperatureMatrix.
    """
    if not path.is_file():
        raise UnreadablePicture(f"No picture {str(path)!r}. Give the path of a file on this machine.")
    ending = path.suffix.lower()
    if ending == ".csv":
        matrix = read_matrix(path)
        return Picture(shades(matrix.celsius), "CSV", matrix)
    if ending not in _ENDINGS:
        raise UnreadablePicture(
            f"{path.name} is no kind of picture that can be read. Take JPEG, PNG, WebP, BMP or TIFF, or a thermal "
            f"camera's temperatures as CSV."
        )
    if (size := path.stat().st_size) > LARGEST_BYTES:
        raise UnreadablePicture(
            f"{path.name} has {size / 1e6:.0f} MB; at most {LARGEST_BYTES / 1e6:.0f} MB are read. Save it smaller."
        )
    picture = _decoded(path, _ENDINGS[ending])
    measured = flir_matrix(path) if picture.form == "JPEG" else None
    return replace(picture, pixels=shades(measured.celsius), matrix=measured) if measured else picture


def shades(values: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Values as grey pixels from the coolest, black, to the warmest, white; the outer 0.1 % are cut off."""
    low, high = np.percentile(values, (0.1, 99.9))
    grey = np.clip((values - low) / max(float(high - low), 1e-9), 0, 1) * 255
    return np.repeat(np.round(grey).astype(np.uint8)[:, :, None], 3, axis=2)


def _decoded(path: Path, form: str) -> Picture:
    from PIL import Image, ImageOps, UnidentifiedImageError

    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with Image.open(path, formats=[*FORMATS, "GIF"]) as opened:
                _check(path, opened, form)
                opened.load()
                taken_at, zone_known = _taken_at(opened)
                upright = ImageOps.exif_transpose(opened)
                pixels, deep = _pixels(upright)
        except UnidentifiedImageError as error:
            raise UnreadablePicture(f"{path.name} is no {form} file, whatever its name says.") from error
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
            raise _too_large(path) from error
        except (OSError, SyntaxError, ValueError, EOFError) as error:  # what Pillow's decoders raise on broken files
            raise UnreadablePicture(
                f"{path.name} is damaged or cut off ({str(error).rstrip('.')}). Copy it again from the camera."
            ) from error
    return Picture(pixels, form, None, deep, taken_at, zone_known)


def _check(path: Path, opened: "Image.Image", form: str) -> None:
    found = "JPEG" if opened.format == "MPO" else str(opened.format)
    if found != form:
        raise UnreadablePicture(
            f"{path.name} is named as {form} but holds {found}. Name it by what it is, or save it as {form}."
        )
    width, height = opened.size
    if width * height > MOST_PIXELS:
        raise _too_large(path)
    if min(width, height) < SMALLEST_SIDE:
        raise UnreadablePicture(
            f"{path.name} has {width} × {height} pixels; nothing can be seen on less than {SMALLEST_SIDE} a side."
        )
    if opened.format != "MPO" and getattr(opened, "n_frames", 1) > 1:
        raise UnreadablePicture(f"{path.name} is animated or has several pages. Save the one picture that counts.")


def _too_large(path: Path) -> UnreadablePicture:
    return UnreadablePicture(
        f"{path.name} unfolds to more than {MOST_PIXELS / 1e6:.0f} million pixels. Save it smaller."
    )


def _pixels(opened: "Image.Image") -> tuple[NDArray[np.uint8], bool]:
    if opened.mode.startswith(("I", "F")):
        return shades(np.asarray(opened, dtype=float)), True
    from PIL import Image

    if opened.mode in ("RGBA", "LA", "PA") or "transparency" in opened.info:
        whole = opened.convert("RGBA")
        opened = Image.alpha_composite(Image.new("RGBA", whole.size, "white"), whole)
    return np.asarray(opened.convert("RGB")), False


def _taken_at(opened: "Image.Image") -> tuple[datetime | None, bool]:
    from PIL import ExifTags

    exif = opened.getexif()
    inner = exif.get_ifd(ExifTags.IFD.Exif)
    said = inner.get(ExifTags.Base.DateTimeOriginal) or exif.get(ExifTags.Base.DateTime)
    zone = inner.get(ExifTags.Base.OffsetTimeOriginal) or inner.get(ExifTags.Base.OffsetTime)
    text = str(said or "").strip("\0 ")
    try:
        local = datetime.strptime(text, "%Y:%m:%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return None, False
    try:
        stated = datetime.strptime(str(zone or "").strip("\0 "), "%z").tzinfo
    except ValueError:
        return local, False
    return local.replace(tzinfo=stated).astimezone(UTC), True
