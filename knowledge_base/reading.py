"""The text of a file: PDF and pictures by page, DOCX, HTML and Markdown by heading, plain text whole."""

import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, ParseError, fromstring

from machine_profiles.errors import MillwrightError
from models.results import Result

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument, PdfPage

MOST_PAGES = 3000
MOST_PIXELS = 80_000_000  # of a picture of a page, or of a page when drawn
FEWEST_LETTERS = 20  # with fewer and a picture on it, a page counts as scanned
DRAWN_DPI = 150
LARGEST_DOCX_XML = 100 * 2**20
_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


class Text(Result):
    text: str
    section: str = ""
    page: int | None = None


class Unreadable(MillwrightError):
    def __init__(self, path: Path, wrong: str) -> None:
        super().__init__(f"{path.name} cannot be read: {wrong}")


Report = Callable[[float, str], None]


def read_text(path: Path, report: Report | None = None) -> list[Text]:
    """The file's text in order, with pages or headings; scanned pages are read by OCR. Raises Unreadable."""
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise Unreadable(path, f"{path.suffix or 'no ending'} is not read. Give one of {', '.join(READERS)}.")
    return [text for text in reader(path, report or (lambda share, step: None)) if text.text.strip()]


def _pdf(path: Path, report: Report) -> list[Text]:
    import pypdfium2

    try:
        pdf = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise Unreadable(path, "it is locked with a password. Save a copy without one.") from error
        raise Unreadable(path, f"the PDF is damaged ({error}). Save it afresh from a viewer.") from error
    try:
        if len(pdf) > MOST_PAGES:
            raise Unreadable(path, f"it has {len(pdf)} pages; at most {MOST_PAGES} are read. Split it.")
        return [_page(path, pdf, at, report) for at in range(len(pdf))]
    except pypdfium2.PdfiumError as error:
        raise Unreadable(path, f"the PDF is damaged ({error}). Save it afresh from a viewer.") from error
    finally:
        pdf.close()


def _page(path: Path, pdf: "PdfDocument", at: int, report: Report) -> Text:
    page = pdf[at]
    try:
        text = page.get_textpage().get_text_range()
        text = re.sub(r"[\ufffe\x02\xad]\s*", "", text)  # how pdfium marks a word broken at a line's end
        scanned = len(re.sub(r"\W", "", text)) < FEWEST_LETTERS and _has_picture(page)
        report((at + 1) / len(pdf), f"page {at + 1} of {len(pdf)}{', a scan' if scanned else ''}")
        return Text(text=_drawn(path, page) if scanned else text, page=at + 1)
    finally:
        page.close()


def _has_picture(page: "PdfPage") -> bool:
    from pypdfium2.raw import FPDF_PAGEOBJ_IMAGE

    return any(True for _ in page.get_objects(filter=[FPDF_PAGEOBJ_IMAGE]))


def _drawn(path: Path, page: "PdfPage") -> str:
    import numpy as np

    from knowledge_base import _ocr  # heavy: onnxruntime, opencv

    scale = DRAWN_DPI / 72
    if page.get_width() * page.get_height() * scale**2 > MOST_PIXELS:
        raise Unreadable(path, "one of its scanned pages is larger than any sheet of paper. Save it at its true size.")
    return _ocr.lines_of(np.asarray(page.render(scale=scale).to_pil().convert("RGB")))


def _picture(path: Path, report: Report) -> list[Text]:
    import numpy as np
    from PIL import Image, ImageOps, ImageSequence

    from knowledge_base import _ocr  # heavy: onnxruntime, opencv

    texts = []
    try:
        with Image.open(path) as picture:
            pages = getattr(picture, "n_frames", 1)
            if pages > MOST_PAGES or picture.width * picture.height > MOST_PIXELS:
                raise Unreadable(
                    path, f"it has {pages} pictures of {picture.width} by {picture.height}. Scan it smaller."
                )
            for number, page in enumerate(ImageSequence.Iterator(picture), 1):
                report(number / pages, f"picture {number} of {pages}")
                texts.append(
                    Text(text=_ocr.lines_of(np.asarray(ImageOps.exif_transpose(page).convert("RGB"))), page=number)
                )
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise Unreadable(path, f"the picture is damaged ({error}). Scan it afresh.") from error
    return texts


def _docx(path: Path, report: Report) -> list[Text]:
    try:
        with zipfile.ZipFile(path) as archive:
            if archive.getinfo("word/document.xml").file_size > LARGEST_DOCX_XML:
                raise Unreadable(path, "its text is larger than 100 MB. Split it.")
            xml = archive.read("word/document.xml")
        if b"<!DOCTYPE" in xml:
            raise Unreadable(path, "it declares entities, which no word processor writes.")
        body = fromstring(xml)
    except (zipfile.BadZipFile, KeyError, ParseError) as error:
        raise Unreadable(path, "it is no DOCX document. Save it afresh as DOCX.") from error
    return _by_heading(
        [(_is_heading(p), "".join(t.text or "" for t in p.iter(f"{_WORD}t"))) for p in body.iter(f"{_WORD}p")]
    )


def _is_heading(paragraph: Element) -> bool:
    style = paragraph.find(f"{_WORD}pPr/{_WORD}pStyle")
    return style is not None and style.get(f"{_WORD}val", "").lower().startswith(("heading", "title", "berschrift"))


def _html(path: Path, report: Report) -> list[Text]:
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(path.read_bytes(), "html.parser")
    for hidden in soup(["script", "style", "noscript", "template", "nav"]):
        hidden.decompose()
    lines: list[tuple[bool, str]] = []
    for block in soup.find_all(["h1", "h2", "h3", "h4", "p", "li", "td", "th", "pre", "dd", "dt"]):
        if not block.find_parent(["p", "li", "td", "pre"]):
            lines.append((block.name.startswith("h") and block.name != "html", block.get_text(" ", strip=True)))
    return _by_heading(lines) or [Text(text=soup.get_text(" ", strip=True))]


def _markdown(path: Path, report: Report) -> list[Text]:
    lines = [
        (bool(re.match(r"#{1,6} ", line)), line.lstrip("# ")) for line in _plain(path, report)[0].text.splitlines()
    ]
    return _by_heading(lines)


def _plain(path: Path, report: Report) -> list[Text]:
    raw = path.read_bytes()
    if b"\x00" in raw[:4096] and not raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Unreadable(path, "it is no text. Give a PDF, DOCX, HTML, Markdown or text file.")
    for encoding in ("utf-16",) if raw.startswith((b"\xff\xfe", b"\xfe\xff")) else ("utf-8-sig", "cp1252", "latin-1"):
        try:
            return [Text(text=raw.decode(encoding))]
        except UnicodeDecodeError:
            continue
    raise Unreadable(path, "its characters are of no known encoding. Save it as UTF-8.")


def _by_heading(lines: list[tuple[bool, str]]) -> list[Text]:
    found: list[Text] = []
    section, body = "", [""]
    for heading, line in [*lines, (True, "")]:
        if not heading:
            body.append(line)
            continue
        found.append(Text(text=" ".join(body), section=section))
        section, body = line.strip(), []
    return [text for text in found if text.text.strip()]


READERS: dict[str, Callable[[Path, Report], list[Text]]] = {
    ".pdf": _pdf, ".docx": _docx, ".html": _html, ".htm": _html,
    ".md": _markdown, ".markdown": _markdown, ".txt": _plain,
    ".png": _picture, ".jpg": _picture, ".jpeg": _picture, ".tif": _picture, ".tiff": _picture, ".webp": _picture,
}  # fmt: skip
