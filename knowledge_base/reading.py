"""The text of a file: PDF by page, DOCX, HTML and Markdown by heading, plain text whole."""

import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError, fromstring

from machine_profiles.errors import MillwrightError
from models.results import Result

MOST_PAGES = 3000
LARGEST_DOCX_XML = 100 * 2**20
_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


class Text(Result):
    text: str
    section: str = ""
    page: int | None = None


class Unreadable(MillwrightError):
    def __init__(self, path: Path, wrong: str) -> None:
        super().__init__(f"{path.name} cannot be read: {wrong}")


def read_text(path: Path) -> list[Text]:
    """The file's text in order, with pages or headings. Raises Unreadable."""
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise Unreadable(path, f"{path.suffix or 'no ending'} is not read. Give one of {', '.join(READERS)}.")
    return [text for text in reader(path) if text.text.strip()]


def _pdf(path: Path) -> list[Text]:
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    try:
        pdf = PdfReader(path)
        if pdf.is_encrypted and not pdf.decrypt(""):
            raise Unreadable(path, "it is locked with a password. Save a copy without one.")
        if len(pdf.pages) > MOST_PAGES:
            raise Unreadable(path, f"it has {len(pdf.pages)} pages; at most {MOST_PAGES} are read. Split it.")
        return [Text(text=page.extract_text(), page=number) for number, page in enumerate(pdf.pages, 1)]
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Unreadable(path, f"the PDF is damaged ({error}). Save it afresh from a viewer.") from error


def _docx(path: Path) -> list[Text]:
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


def _html(path: Path) -> list[Text]:
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(path.read_bytes(), "html.parser")
    for hidden in soup(["script", "style", "noscript", "template", "nav"]):
        hidden.decompose()
    lines: list[tuple[bool, str]] = []
    for block in soup.find_all(["h1", "h2", "h3", "h4", "p", "li", "td", "th", "pre", "dd", "dt"]):
        if not block.find_parent(["p", "li", "td", "pre"]):
            lines.append((block.name.startswith("h") and block.name != "html", block.get_text(" ", strip=True)))
    return _by_heading(lines) or [Text(text=soup.get_text(" ", strip=True))]


def _markdown(path: Path) -> list[Text]:
    lines = [(bool(re.match(r"#{1,6} ", line)), line.lstrip("# ")) for line in _plain(path)[0].text.splitlines()]
    return _by_heading(lines)


def _plain(path: Path) -> list[Text]:
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


READERS: dict[str, Callable[[Path], list[Text]]] = {
    ".pdf": _pdf, ".docx": _docx, ".html": _html, ".htm": _html,
    ".md": _markdown, ".markdown": _markdown, ".txt": _plain,
}  # fmt: skip
