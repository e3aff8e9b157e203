"""Embeddings in Chroma: embedded under HOME, or a server."""

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlparse

import chromadb
import numpy as np
from chromadb.api.shared_system_client import SharedSystemClient
from chromadb.config import Settings
from numpy.typing import NDArray

from machine_profiles.errors import MillwrightError

_BATCH = 500


class Vectors:
    """Rows by key. Reopened by whoever learns that another process has written: an embedded reader misses new rows."""

    def __init__(self, folder: Path, url: str | None, name: str) -> None:
        quiet = Settings(anonymized_telemetry=False)
        try:
            if url:
                address = urlparse(url if "//" in url else f"http://{url}")
                client = chromadb.HttpClient(
                    address.hostname or "localhost", address.port or 8000, ssl=address.scheme == "https", settings=quiet
                )
            else:
                _forget(folder)
                client = chromadb.PersistentClient(str(folder), settings=quiet)
            self._rows = client.get_or_create_collection(
                name, embedding_function=None, configuration={"hnsw": {"space": "cosine", "ef_search": 200}}
            )
            self.keys = set(self._rows.get(include=[])["ids"])
        except ValueError as error:
            raise MillwrightError(
                f"No Chroma server answers at {url}: {error}. Start it, or unset CHROMA_URL."
            ) from error

    def add(self, keys: Sequence[str], rows: NDArray[np.float32]) -> None:
        for start in range(0, len(keys), _BATCH):
            self._rows.upsert(ids=list(keys[start : start + _BATCH]), embeddings=rows[start : start + _BATCH])
        self.keys |= set(keys)

    def remove(self, keys: Sequence[str]) -> None:
        for start in range(0, len(keys), _BATCH):
            self._rows.delete(ids=list(keys[start : start + _BATCH]))
        self.keys -= set(keys)

    def nearest(self, row: NDArray[np.float32], top: int) -> dict[str, float]:
        """Cosine similarity of the nearest rows by key, nearest first."""
        if not self.keys:
            return {}
        found = self._rows.query(query_embeddings=row[None], n_results=min(top, len(self.keys)), include=["distances"])
        distances = found["distances"]
        assert distances is not None
        return {key: 1.0 - float(far) for key, far in zip(found["ids"][0], distances[0], strict=True)}


def _forget(folder: Path) -> None:
    """Chroma keeps one open system a folder; without this a second client of it would see the rows of the first."""
    SharedSystemClient._identifier_to_system.pop(str(folder), None)
    SharedSystemClient._identifier_to_refcount.pop(str(folder), None)
