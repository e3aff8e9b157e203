"""A CSV or Parquet file as a table, and the lines of it that are not whole."""

import csv
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from machine_profiles.errors import MillwrightError

_PARQUET = b"PAR1"


class UnreadableFile(MillwrightError):
    """A file is missing, empty, cut short or no table; the text says which and what to do."""


@dataclass(frozen=True)
class TableFile:
    """table: as it stands in the file, text in every cell of a CSV; its index is the line (CSV) or row (Parquet).
    broken: line number and fields of the lines that have more or fewer fields than the header.
    decimal: the sign before decimals, a comma where the fields are parted by semicolons.
    """

    table: pd.DataFrame
    broken: dict[int, list[str]]
    decimal: str = "."

    @property
    def rows(self) -> int:
        return len(self.table) + len(self.broken)


def read_table(path: Path, may_lack_rows: bool = False) -> TableFile:
    """Raises UnreadableFile where the file is missing, empty, cut short, or neither CSV nor Parquet."""
    if not path.is_file():
        raise UnreadableFile(f"There is no file {path}; check the path.")
    try:
        with path.open("rb") as file:
            head = file.read(4)
    except PermissionError as error:
        raise UnreadableFile(f"{path} may not be read by this user; change its permissions or copy it.") from error
    if not head:
        raise UnreadableFile(f"{path.name} is empty (0 bytes); export it again.")
    found = _parquet(path) if head == _PARQUET or path.suffix.lower() in (".parquet", ".pq") else _csv(path)
    if not found.rows and not may_lack_rows:
        raise UnreadableFile(f"{path.name} has columns but no rows; export it again.")
    return found


def _parquet(path: Path) -> TableFile:
    try:
        table = pq.read_table(path).to_pandas()
    except (pa.ArrowException, OSError) as error:
        raise UnreadableFile(
            f"{path.name} is no readable Parquet file; it is cut short or damaged. Export or copy it again."
        ) from error
    if any(name is not None for name in table.index.names):
        table = table.reset_index()
    table.columns = table.columns.map(str)
    _refuse_doubled(path, list(table.columns))
    return TableFile(table.set_index(pd.RangeIndex(1, len(table) + 1)), {})


def _csv(path: Path) -> TableFile:
    encoding = _encoding(path)
    with path.open(encoding=encoding, newline="") as file:
        first = file.readline()
        delimiter = max(",;\t", key=first.count)
        file.seek(0)
        reader = csv.reader(file, delimiter=delimiter)
        try:
            header = [name.strip() for name in next(reader)]
            _refuse_doubled(path, header)
            broken, lines = _broken_lines(reader, len(header))
        except (csv.Error, StopIteration) as error:
            raise UnreadableFile(f"{path.name} is no CSV table: {error}.") from error
    if lines and lines[-1] in broken and len(broken[lines[-1]]) < len(header):
        fields = len(broken[lines[-1]])
        raise UnreadableFile(
            f"{path.name} is cut short: its last line, {lines[-1]}, has {fields} of {len(header)} fields. "
            f"Export or copy it again."
        )
    whole = [line for line in lines if line not in broken]
    try:
        table = pd.read_csv(
            path, sep=delimiter, encoding=encoding, dtype=str, keep_default_na=False, names=header, header=None,
            index_col=False, skiprows=[0, *(line - 1 for line in broken)], skipinitialspace=True,
        )  # fmt: skip
    except pd.errors.ParserError as error:
        raise UnreadableFile(f"{path.name} has a quote that is never closed; export it again.") from error
    if len(table) != len(whole):
        raise UnreadableFile(f"{path.name} has line breaks inside its fields; export it without them.")
    table.index = pd.Index(whole, name="line")
    return TableFile(table, broken, "," if delimiter == ";" else ".")


def _refuse_doubled(path: Path, columns: list[str]) -> None:
    doubled = [name for position, name in enumerate(columns) if name in columns[:position]]
    if doubled:
        raise UnreadableFile(f"{path.name} has the column {doubled[0]!r} more than once; rename or remove one.")


def _broken_lines(reader, fields: int) -> tuple[dict[int, list[str]], list[int]]:
    """The lines with another number of fields than the header, and the numbers of all lines that hold something."""
    broken, lines = {}, []
    for row in reader:
        if row:
            lines.append(reader.line_num)
            if len(row) != fields:
                broken[reader.line_num] = row
    return broken, lines


def _encoding(path: Path) -> str:
    with path.open("rb") as file:
        try:
            while block := file.read(1 << 20):
                if b"\0" in block:
                    raise UnreadableFile(f"{path.name} is neither CSV nor Parquet; export it as one of the two.")
                last = block
                (last + file.readline()).decode("utf-8")
        except UnicodeDecodeError:
            return "cp1252"  # what a spreadsheet on Windows writes
    return "utf-8-sig"
