"""The documents that ship with Millwright: Markdown with a header, one passage a section."""

import re
from functools import cache
from pathlib import Path

import yaml

from knowledge_base.passages import Passage
from machine_profiles.errors import MillwrightError

DOCUMENTS = Path(__file__).parent / "documents"

_HEADER = re.compile(r"\A---\n(.*?)\n---\n", re.S)
_SECTION = re.compile(r"^## (.+)$", re.M)
_SOURCE = re.compile(r"^Source: (.+)\Z", re.M | re.S)


class BadDocument(MillwrightError):
    def __init__(self, path: Path, wrong: str) -> None:
        super().__init__(f"{path.name}: {wrong}")


@cache
def shipped_passages(folder: Path = DOCUMENTS) -> tuple[Passage, ...]:
    """Every section of every document, in the order they are written. Raises BadDocument."""
    return tuple(passage for path in sorted(folder.glob("*.md")) for passage in read_document(path))


def read_document(path: Path) -> list[Passage]:
    """A document's sections. Raises BadDocument where the header or a section's source is missing."""
    text = path.read_text(encoding="utf-8")
    header = _HEADER.match(text)
    if header is None:
        raise BadDocument(path, "it must begin with a header between two lines of ---, with id, title and kind.")
    stated = yaml.safe_load(header[1])
    parts = _SECTION.split(text[header.end() :])[1:]
    return [_passage(path, stated, section, body) for section, body in zip(parts[::2], parts[1::2], strict=True)]


def _passage(path: Path, stated: dict, section: str, body: str) -> Passage:
    source = _SOURCE.search(body.strip())
    if source is None:
        raise BadDocument(path, f"the section {section!r} must end with a line 'Source: …'.")
    modes = stated.get("failure_modes", ())
    text = " ".join(body.strip()[: source.start()].split())
    return Passage(
        id=f"{stated['id']}#{slug(section)}",
        document=stated["id"],
        title=stated["title"],
        section=section.strip(),
        text=text,
        source=" ".join(source[1].split()),
        machine_ids=tuple(stated.get("machine_ids", ())),
        machine_kinds=tuple(stated.get("machine_kinds", ())),
        kind=stated["kind"],
        failure_modes=tuple(stated.get("sections", {}).get(section.strip(), modes)),
    )


def slug(heading: str) -> str:
    """
    >>> slug("Seal leakage: what to check")
    'seal-leakage-what-to-check'
    """
    return re.sub(r"[^a-z0-9]+", "-", heading.lower()).strip("-")
