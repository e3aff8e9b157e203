"""A person's own documents: read, cut into passages, and kept under HOME."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from knowledge_base.index import Index
from knowledge_base.passages import Passage
from knowledge_base.reading import READERS, Report, Text, read_text
from knowledge_base.shipped import slug
from knowledge_base.stored import StoredDocument, file_of, store_document, stored_documents
from machine_profiles.errors import MillwrightError
from machine_profiles.profile import Profile
from models.results import Result
from models.storage import Storage

WORDS = 90  # of a passage, near enough; what an embedding reads whole
LARGEST_MB = 200


class Added(Result):
    """`how`: `duplicate` where the same file is known under another name, which `document` then is."""

    document: StoredDocument
    how: Literal["new", "changed", "unchanged", "duplicate"]


def add_document(index: Index, path: Path, machines: Sequence[Profile] = (), report: Report | None = None) -> Added:
    """Read a file, embed its passages, then keep them; a file that is known and unchanged is left as it is.

    What is kept is written last and whole, so that a stopped addition leaves the knowledge base as it was.
    Raises MillwrightError where the file is missing, too large, of a kind that is not read, locked, damaged or empty.
    """
    path = path.expanduser().resolve()
    if not path.is_file():
        raise MillwrightError(f"No file {path}. Give the path of a file: {', '.join(READERS)}.")
    if (size := path.stat().st_size) > LARGEST_MB * 2**20:
        raise MillwrightError(f"{path.name} has {size / 2**20:.0f} MB; at most {LARGEST_MB} MB are read. Split it.")
    try:
        digest, document_id = hashlib.sha256(path.read_bytes()).hexdigest(), _id(path)
    except PermissionError as error:
        raise MillwrightError(f"{path} may not be read. Ask whoever owns it for the right to.") from error
    storage = index.storage
    stored = stored_documents(storage)
    known = next((d for d in stored if d.id == document_id), None)
    same = known if known and known.sha256 == digest else next((d for d in stored if d.sha256 == digest), None)
    if same is not None:
        meant = _for_machines(same, machines) if machines else same
        if meant != same:
            store_document(storage, meant)
        return Added(document=meant, how="unchanged" if same is known else "duplicate")
    document = _for_machines(_read(path, document_id, digest, report), machines)
    index.prepare(document.passages, report)
    store_document(storage, document)
    return Added(document=document, how="changed" if known else "new")


def changed_documents(storage: Storage) -> tuple[list[StoredDocument], list[StoredDocument]]:
    """Those whose file has changed since it was read, and those whose file is gone."""
    stored = stored_documents(storage)
    there = [d for d in stored if Path(d.path).is_file()]
    changed = [d for d in there if hashlib.sha256(Path(d.path).read_bytes()).hexdigest() != d.sha256]
    return changed, [d for d in stored if d not in there]


def remove_document(storage: Storage, name: str) -> StoredDocument:
    """Forget a document, named by its id, file name or title. Raises MillwrightError where none or several fit."""
    known = stored_documents(storage)
    fitting = [d for d in known if name in (d.id, d.title, d.path, Path(d.path).name)]
    if len(fitting) != 1:
        names = ", ".join(d.id for d in (fitting or known)) or "none"
        raise MillwrightError(f"{'Several documents' if fitting else 'No document'} {name!r}. Name one of: {names}.")
    file_of(storage, fitting[0].id).unlink()
    return fitting[0]


def _read(path: Path, document_id: str, digest: str, report: Report | None) -> StoredDocument:
    texts = read_text(path, report)
    passages = tuple(_passages(document_id, path, texts))
    if not passages:
        raise MillwrightError(f"{path.name} holds no text, and no scanned page that OCR could read.")
    return StoredDocument(
        id=document_id,
        title=path.stem,
        path=str(path),
        sha256=digest,
        added_at=datetime.now(UTC),
        pages=max((text.page or 0 for text in texts), default=0) or None,
        passages=passages,
    )


def _for_machines(document: StoredDocument, machines: Sequence[Profile]) -> StoredDocument:
    stated = {
        "machine_ids": tuple(profile.id for profile in machines),
        "machine_kinds": tuple(dict.fromkeys(profile.kind for profile in machines)),
    }
    return document.model_copy(update={"passages": tuple(p.model_copy(update=stated) for p in document.passages)})


def _passages(document_id: str, path: Path, texts: list[Text]) -> list[Passage]:
    made: list[Passage] = []
    for text in texts:
        where = f"page {text.page}" if text.page else text.section or path.stem
        for piece in pieces(text.text):
            number = len(made) + 1
            made.append(
                Passage(
                    id=f"{document_id}#{number}", document=document_id, title=path.stem, section=text.section or where,
                    text=piece, source=f"{path.name}, {where}", kind="document", page=text.page,
                )
            )  # fmt: skip
    return made


def pieces(text: str, words: int = WORDS) -> list[str]:
    """Paragraphs joined or cut to about `words` words, at the end of a sentence where there is one.

    >>> pieces("One two. Three four. Five six.", words=4)
    ['One two. Three four.', 'Five six.']
    """
    done: list[str] = []
    current: list[str] = []
    for word in text.split():
        current.append(word)
        ends = word[-1] in ".!?;:" and len(current) >= words
        if ends or len(current) >= 2 * words:
            done.append(" ".join(current))
            current = []
    if len(current) < words // 4 and done and len(done[-1].split()) < 2 * words:
        done[-1] = " ".join([done[-1], *current])
    elif current:
        done.append(" ".join(current))
    return done


def _id(path: Path) -> str:
    return f"{slug(path.stem)[:60] or 'document'}-{hashlib.sha256(str(path).encode()).hexdigest()[:6]}"
