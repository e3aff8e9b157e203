"""Files that a browser has sent: looked into, made anew, and kept under a name of ours."""

import secrets
import shutil
import warnings
from pathlib import Path

from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from machine_profiles.errors import MillwrightError
from models.storage import Storage, whole_file

LARGEST_BYTES = 20_000_000
MOST_PIXELS = 40_000_000
LONGEST_SIDE = 4096
PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff")
DATA = (".csv", ".parquet", ".yaml", ".yml", ".txt", ".md", ".pdf")
DOCUMENTS = (".pdf", ".docx", ".html", ".htm", ".md", ".txt")
_KEPT_EXIF = (ExifTags.Base.DateTime,)
_KEPT_EXIF_INNER = (ExifTags.Base.DateTimeOriginal, ExifTags.Base.OffsetTimeOriginal, ExifTags.Base.OffsetTime)


class BadUpload(MillwrightError):
    """The file cannot be taken; the text says what would be right."""


def keep_upload(storage: Storage, sent: str, folder: str, place: Path | None = None) -> Path:
    """A picture decoded and encoded anew, or a data file as it is, in `place` (HOME/uploads) under a random name.

    `sent` must lie below `folder`, where the server puts what browsers send; it is removed. Raises BadUpload.
    """
    path, place = _sent_file(sent, folder), place or storage.uploads
    try:
        if path.suffix.lower() in PICTURES:
            return _picture(place, path)
        if path.suffix.lower() not in DATA:
            raise BadUpload(
                f"{path.name} is no kind of file that can be taken. Send a picture (JPEG, PNG, WebP, TIFF), or "
                f"{', '.join(kind.removeprefix('.') for kind in DATA)}."
            )
        kept = place / f"{secrets.token_hex(8)}{path.suffix.lower()}"
        shutil.copyfile(path, kept)
        return kept
    finally:
        path.unlink(missing_ok=True)


def keep_document(storage: Storage, sent: str, folder: str) -> Path:
    """A document for the knowledge base, in a folder of its own so that it keeps its name. Raises BadUpload."""
    path = _sent_file(sent, folder)
    try:
        if path.suffix.lower() not in DOCUMENTS:
            raise BadUpload(f"{path.name} cannot be read. Send a PDF, DOCX, HTML, Markdown or text file.")
        stem = "".join(c if c.isalnum() or c in " ._-" else "_" for c in path.stem).strip(" .")[:80] or "document"
        place = storage.uploads / secrets.token_hex(8)
        place.mkdir()
        return Path(shutil.copyfile(path, place / f"{stem}{path.suffix.lower()}"))
    finally:
        path.unlink(missing_ok=True)


def _sent_file(sent: str, folder: str) -> Path:
    path, root = Path(sent).resolve(), Path(folder).resolve()
    if not path.is_relative_to(root) or not path.is_file():
        raise BadUpload("That file was not sent here; send it again.")
    if (size := path.stat().st_size) > LARGEST_BYTES:
        path.unlink()
        raise BadUpload(f"{path.name} has {size / 1e6:.0f} MB; at most {LARGEST_BYTES / 1e6:.0f} MB can be sent.")
    return path


def _picture(place: Path, path: Path) -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with Image.open(path, formats=["JPEG", "PNG", "WEBP", "BMP", "TIFF"]) as opened:
                if opened.width * opened.height > MOST_PIXELS:
                    raise BadUpload(
                        f"{path.name} has more than {MOST_PIXELS / 1e6:.0f} million pixels; save it smaller."
                    )
                exif = _time_only(opened.getexif())
                deep = opened.mode.startswith(("I", "F"))
                picture = opened.copy() if deep else ImageOps.exif_transpose(opened).convert("RGB")
        except UnidentifiedImageError as error:
            raise BadUpload(f"{path.name} is no picture, whatever its name says.") from error
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
            raise BadUpload(f"{path.name} unfolds to too many pixels; save it smaller.") from error
        except (OSError, SyntaxError, ValueError, EOFError) as error:  # what Pillow's decoders raise on broken files
            raise BadUpload(f"{path.name} is damaged or cut off; send it again.") from error
    if not deep:
        picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    kept = place / f"{secrets.token_hex(8)}.{'png' if deep else 'jpg'}"
    with whole_file(kept) as temporary, temporary.open("wb") as file:
        if deep:
            picture.save(file, "PNG")
        else:
            picture.save(file, "JPEG", quality=92, exif=exif)
    return kept


def _time_only(exif: Image.Exif) -> Image.Exif:
    """When the picture was taken; where, by whom and with what stays behind."""
    kept, inner = Image.Exif(), exif.get_ifd(ExifTags.IFD.Exif)
    for tag in _KEPT_EXIF:
        if tag in exif:
            kept[tag] = exif[tag]
    taken = {int(tag): inner[tag] for tag in _KEPT_EXIF_INNER if tag in inner}
    if taken:
        kept.get_ifd(ExifTags.IFD.Exif).update(taken)
    return kept
