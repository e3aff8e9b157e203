"""Versioned data sets under HOME: lives or labelled rows, each written whole, with what it was made from."""

import hashlib
import json
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from machine_profiles.errors import MillwrightError
from models.lives import Lives
from models.results import Result
from models.storage import Storage, whole_folder

Content = Literal["lives", "rows", "labels"]


class UnknownDataset(MillwrightError):
    def __init__(self, machine_id: str, dataset: str, known: list[str]) -> None:
        have = f"It has {', '.join(known)}." if known else "It has none yet; import telemetry or synthesize data first."
        super().__init__(f"{machine_id} has no data set {dataset!r}. {have}")


class DatasetInfo(Result):
    """A data set's card. `name` and `version` identify it; `data_hash` is what it holds."""

    machine_id: str
    name: str
    version: int
    content: Content
    origin: Literal["recorded", "synthetic"]
    rows: int
    lives: int
    data_hash: str
    made_from: str | None = None
    method: str | None = None
    seed: int | None = None
    created_at: datetime
    sequence: int = 0  # counts the data sets of the machine as they are written; the order of `latest`
    details: dict[str, Any] = {}

    @property
    def reference(self) -> str:
        """The name people and lineage use, such as history@1."""
        return f"{self.name}@{self.version}"


class Datasets:
    """`datasets/<machine>/<name>@<version>/`: rows.parquet, ends.parquet where it holds lives, info.json, reports."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def write(
        self,
        info: dict[str, Any],
        rows: pd.DataFrame,
        ends: pd.DataFrame | None = None,
        reports: dict[str, str | bytes] | None = None,
    ) -> DatasetInfo:
        """Store a new version. `info` holds DatasetInfo's fields but version, sequence, rows, lives and data_hash."""
        stored = self.list(info["machine_id"])
        card = DatasetInfo(
            version=1 + max((d.version for d in stored if d.name == info["name"]), default=0),
            sequence=1 + max((d.sequence for d in stored), default=0),
            rows=len(rows),
            lives=0 if ends is None else len(ends),
            data_hash=frame_hash(rows) if ends is None else lives_hash(rows, ends),
            **info,
        )
        with whole_folder(self._storage.datasets(card.machine_id) / card.reference) as folder:
            rows.to_parquet(folder / "rows.parquet", compression="zstd", index=False)
            if ends is not None:
                ends.to_parquet(folder / "ends.parquet", compression="zstd", index=False)
            for name, content in (reports or {}).items():
                data = content.encode() if isinstance(content, str) else content
                (folder / name).write_bytes(data)
            (folder / "info.json").write_text(card.model_dump_json(indent=1))
        return card

    def list(self, machine_id: str) -> list[DatasetInfo]:
        """Every data set of the machine, in the order they were written."""
        cards = [
            DatasetInfo.model_validate(json.loads(path.read_text()))
            for path in self._storage.datasets(machine_id).glob("[!.]*/info.json")
        ]
        return sorted(cards, key=lambda card: (card.sequence, card.created_at, card.name, card.version))

    def find(self, machine_id: str, dataset: str = "latest", content: tuple[Content, ...] | None = None) -> DatasetInfo:
        """By `name`, `name@version` or `latest` (of the contents asked for). Raises UnknownDataset."""
        cards = [card for card in self.list(machine_id) if content is None or card.content in content]
        matching = [c for c in cards if dataset in ("latest", c.name, c.reference)]
        if not matching:
            raise UnknownDataset(machine_id, dataset, [card.reference for card in cards])
        return matching[-1] if dataset == "latest" else max(matching, key=lambda card: card.version)

    def rows(self, info: DatasetInfo) -> pd.DataFrame:
        return pd.read_parquet(self.folder(info) / "rows.parquet")

    def lives(self, info: DatasetInfo, sensors: tuple[str, ...]) -> Lives:
        """The lives of a data set whose content is lives."""
        if info.content != "lives":
            raise MillwrightError(f"{info.reference} of {info.machine_id} holds {info.content}, not lives.")
        return Lives(self.rows(info), pd.read_parquet(self.folder(info) / "ends.parquet"), sensors)

    def report_path(self, info: DatasetInfo, name: str) -> str:
        """Where a report of the data set lies, as a path under HOME."""
        return self._storage.relative(self.folder(info) / name)

    def folder(self, info: DatasetInfo) -> Path:
        return self._storage.datasets(info.machine_id) / info.reference


def lives_hash(rows: pd.DataFrame, ends: pd.DataFrame) -> str:
    """The data hash of lives: of their rows and of how they ended."""
    return frame_hash(rows)[:32] + frame_hash(ends)[:32]


def frame_hash(frame: pd.DataFrame) -> str:
    """The SHA-256 of a table's columns and values, whatever its index."""
    digest = hashlib.sha256(",".join(f"{name}:{dtype}" for name, dtype in frame.dtypes.items()).encode())
    digest.update(pd.util.hash_pandas_object(frame, index=False).to_numpy().tobytes())
    return digest.hexdigest()
