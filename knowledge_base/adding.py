"""A person's own documents: read, cut into passages, and kept under HOME."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path

from knowledge_base.passages import Passage
from knowledge_base.reading import Text, read_text
from knowledge_base.shipped import slug
from knowledge_base.stored import StoredDocument, file_of, store_document, stored_documents
from machine_profiles.errors import MillwrightError
from models.storage import Storage

WORDS = 90  # of a passage, near enough; what an embedding reads whole
LARGEST_MB = 200


def add_document(storage: Storage, path: Path, machine_ids: tuple[str, ...] = ()) -> StoredDocument:
    """Read a file and keep its passages; a file that is known and unchanged is left as it is.

    Raises MillwrightError where the file is missing, too large, of a kind that is not read, locked, damaged or empty.
    """
    path = path.expanduser().resolve()
    if not path.is_file():
        raise MillwrightError(f"No file {path}. Give the path of a PDF, DOCX, HTML, Markdown or text file.")
    if (size := path.stat().st_size) > LARGEST_MB * 2**20:
        raise MillwrightError(f"{path.name} has {size / 2**20:.0f} MB; at most {LARGEST_MB} MB are read. Split it.")
    digest, document_id = hashlib.sha256(path.read_bytes()).hexdigest(), _id(path)
    known = next((d for d in stored_documents(storage) if d.id == document_id), None)
    if known and known.sha256 == digest and (known.passages[0].machine_ids if known.passages else ()) == machine_ids:
        return known
    texts = read_text(path)
    document = StoredDocument(
        id=document_id,
        title=path.stem,
        path=str(path),
        sha256=digest,
        added_at=datetime.now(UTC),
        pages=max((text.page or 0 for text in texts), default=0) or None,
        passages=tuple(_passages(document_id, path, texts, machine_ids)),
    )
    if not document.passages:
        raise MillwrightError(f"{path.name} holds no text. A scanned document must be run through OCR first.")
    store_document(storage, document)
    return document


def remove_document(storage: Storage, name: str) -> StoredDocument:
    """Forget a document, named by its id, file name or title. Raises MillwrightError where none or several fit."""
    known = stored_documents(storage)
    fitting = [d for d in known if name in (d.id, d.title, d.path, Path(d.path).name)]
    if len(fitting) != 1:
        names = ", ".join(d.id for d in (fitting or known)) or "none"
        raise MillwrightError(f"{'Several documents' if fitting else 'No document'} {name!r}. Name one of: {names}.")
    file_of(storage, fitting[0].id).unlink()
    return fitting[0]


def _passages(document_id: str, path: Path, texts: list[Text], machine_ids: tuple[str, ...]) -> list[Passage]:
    made: list[Passage] = []
    for text in texts:
        where = f"page {text.page}" if text.page else text.section or path.stem
        for piece in pieces(text.text):
            number = len(made) + 1
            made.append(
                Passage(
                    id=f"{document_id}#{number}", document=document_id, title=path.stem, section=text.section or where,
                    text=piece, source=f"{path.name}, {where}", machine_ids=machine_ids,
                    kind="document", page=text.page,
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
