"""Documents a person has added: their passages as they are kept under HOME."""

import json
from datetime import datetime
from pathlib import Path

from knowledge_base.passages import Passage
from models.results import Result
from models.storage import Storage, whole_file


class StoredDocument(Result):
    """A document that was added; `sha256` is that of the file it was read from."""

    id: str
    title: str
    path: str
    sha256: str
    added_at: datetime
    pages: int | None = None
    passages: tuple[Passage, ...] = ()


def stored_documents(storage: Storage) -> list[StoredDocument]:
    return [StoredDocument.model_validate(json.loads(path.read_text())) for path in _files(storage)]


def stored_passages(storage: Storage) -> list[Passage]:
    return [passage for document in stored_documents(storage) for passage in document.passages]


def store_document(storage: Storage, document: StoredDocument) -> None:
    with whole_file(file_of(storage, document.id)) as temporary:
        temporary.write_text(document.model_dump_json())


def file_of(storage: Storage, document_id: str) -> Path:
    return storage.knowledge("documents") / f"{document_id}.json"


def _files(storage: Storage) -> list[Path]:
    return sorted(storage.knowledge("documents").glob("*.json"))
