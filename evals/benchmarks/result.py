"""What a benchmark gives: the contract's JSON document."""

from pathlib import Path

import pandas as pd

from machine_profiles.errors import MillwrightError
from models.results import Result


class BenchResult(Result):
    """`peers` were measured in the same run; figures are means over seeds where several ran."""

    name: str
    figures: dict[str, float]
    peers: dict[str, dict[str, float]]
    protocol: str
    data: str
    seed: int
    n: int
    seconds: float


class MissingData(MillwrightError):
    def __init__(self, folder: Path, prefix: str, how_to_get: str) -> None:
        super().__init__(f"No file {prefix}.parquet or {prefix}.csv in {folder}. {how_to_get}")


def file_of(folder: Path | None, prefix: str, how_to_get: str) -> Path:
    """The one file of the folder whose name begins with `prefix`. Raises MissingData."""
    if folder is None:
        raise MillwrightError(f"This benchmark needs --data DIR, the folder that holds {prefix}.parquet. {how_to_get}")
    found = [path for path in sorted(folder.glob(f"{prefix}*")) if path.stem == prefix] or sorted(
        folder.glob(f"{prefix}[!_]*")
    )
    if not found:
        raise MissingData(folder, prefix, how_to_get)
    return found[0]


def read_all(folder: Path | None, prefix: str, how_to_get: str) -> pd.DataFrame:
    """The rows of every file of the folder whose name begins with `prefix`, each once. Raises MissingData."""
    found = files_of(folder, prefix, how_to_get)
    return pd.concat([read(path) for path in found], ignore_index=True).drop_duplicates(ignore_index=True)


def files_of(folder: Path | None, prefix: str, how_to_get: str) -> list[Path]:
    """Every table of the folder whose name begins with `prefix`, by name. Raises MissingData."""
    if folder is None:
        raise MillwrightError(f"This benchmark needs --data DIR, the folder that holds {prefix}.parquet. {how_to_get}")
    found = [path for path in sorted(folder.glob(f"{prefix}*")) if path.suffix in (".parquet", ".csv")]
    if not found:
        raise MissingData(folder, prefix, how_to_get)
    return found


def read(path: Path) -> pd.DataFrame:
    return pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
