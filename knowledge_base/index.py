"""The index: every passage, its words and its embedding, kept in step with what is stored."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from knowledge_base.cases import past_cases
from knowledge_base.embedding import MiniLM
from knowledge_base.passages import Passage
from knowledge_base.shipped import DOCUMENTS, shipped_passages
from knowledge_base.stored import stored_passages
from machine_profiles.errors import MillwrightError
from machine_profiles.reading import Catalog
from models.locks import locked
from models.storage import Storage

if TYPE_CHECKING:
    from knowledge_base._chroma import Vectors

LONGEST = 192  # word pieces of a passage that are read
SHIPPED_ROWS = Path(__file__).parent / "embeddings.npz"

Report = Callable[[float, str], None]


class UnknownPassage(MillwrightError):
    def __init__(self, passage_id: str) -> None:
        super().__init__(f"No passage {passage_id!r}; its document may have been removed. Search for it afresh.")


class Index:
    """Passages of the shipped documents, of those added, and of the maintenance log.

    Chroma holds nothing but embeddings by content, so that a broken index can be thrown away, an interrupted update
    goes on where it stopped, and a text that comes back is not embedded again.
    """

    def __init__(
        self, storage: Storage, machines: Catalog, chroma_url: str | None = None, shipped: Path | None = DOCUMENTS
    ) -> None:
        self.storage, self._machines, self._url, self._shipped = storage, machines, chroma_url, shipped
        self._state: object = None
        self.language = MiniLM()
        self.passages: tuple[Passage, ...] = ()

    def refresh(self, report: Report | None = None) -> None:
        """Bring the index up to date where a document or the log has changed since it was last looked at."""
        from knowledge_base import _bm25, _chroma

        state = self._stored_state()
        if state == self._state:
            return
        shipped = shipped_passages(self._shipped) if self._shipped else ()
        self.passages = (*shipped, *stored_passages(self.storage), *past_cases(self.storage, self._machines))
        self.keywords = _bm25.Keywords([f"{p.section}. {p.words} {p.source}" for p in self.passages])
        self.headings = _bm25.Keywords([f"{p.title}. {p.section}" for p in self.passages])
        self.keys = [passage.key for passage in self.passages]
        folder = self.storage.knowledge("index")
        with locked(folder / ".lock"):
            self.vectors = _chroma.Vectors(folder, self._url, self._name)
            new = [p for p in {p.key: p for p in self.passages}.values() if p.key not in self.vectors.keys]
            self._embed(self.vectors, new, report)
            self.vectors.remove(sorted(self.vectors.keys - set(self.keys)))
        self._state = state

    def prepare(self, passages: Sequence[Passage], report: Report | None = None) -> None:
        """Embed passages that are about to be stored; those that never are go again with the next refresh."""
        from knowledge_base import _chroma

        folder = self.storage.knowledge("index")
        with locked(folder / ".lock"):
            vectors = _chroma.Vectors(folder, self._url, self._name)
            self._embed(
                vectors, [p for p in {p.key: p for p in passages}.values() if p.key not in vectors.keys], report
            )
        self._state = None

    def passage(self, passage_id: str) -> Passage:
        """What a citation names. Raises UnknownPassage."""
        self.refresh()
        found = next((passage for passage in self.passages if passage.id == passage_id), None)
        if found is None:
            raise UnknownPassage(passage_id)
        return found

    def nearest(self, question: str, top: int) -> NDArray[np.float32]:
        """Cosine similarity of each passage to the question; 0 where it is not among the `top` nearest."""
        near = self.vectors.nearest(self.language.embed([question])[0], top)
        return np.array([near.get(key, 0.0) for key in self.keys], dtype=np.float32)

    def _embed(self, vectors: "Vectors", passages: Sequence[Passage], report: Report | None) -> None:
        known = shipped_rows()
        for start in range(0, len(passages), 64):
            batch = passages[start : start + 64]
            fresh = [p for p in batch if p.key not in known]
            rows = dict(zip((p.key for p in fresh), self.embed(fresh), strict=True))
            vectors.add([p.key for p in batch], np.stack([(rows | known)[p.key] for p in batch]))
            if report:
                done = min(start + 64, len(passages))
                report(done / len(passages), f"{done} of {len(passages)} new passages embedded")

    def embed(self, passages: Sequence[Passage]) -> NDArray[np.float32]:
        if not passages:
            return np.zeros((0, 384), dtype=np.float32)
        return self.language.embed([p.words for p in passages], longest=LONGEST)

    @property
    def _name(self) -> str:
        """Two plants may share a server; a folder of one's own goes along when the plant is copied."""
        if not self._url:
            return "millwright"
        return "millwright-" + hashlib.sha256(str(self.storage.home).encode()).hexdigest()[:12]

    def _stored_state(self) -> object:
        folders = (self.storage.knowledge("documents"), self.storage.home / "maintenance")
        return [_stamps(folder.glob("*.json*")) for folder in folders]


def shipped_rows() -> dict[str, NDArray[np.float32]]:
    """Embeddings of the shipped documents, made by `python -m knowledge_base.shipping`; by key."""
    if not SHIPPED_ROWS.exists():
        return {}
    with np.load(SHIPPED_ROWS) as stored:
        rows = stored["rows"].astype(np.float32)
        return dict(zip(stored["keys"].tolist(), rows / np.linalg.norm(rows, axis=1, keepdims=True), strict=True))


def _stamps(paths: Iterable[Path]) -> list[tuple[str, int, int]]:
    return sorted((path.name, (stat := path.stat()).st_mtime_ns, stat.st_size) for path in paths)
