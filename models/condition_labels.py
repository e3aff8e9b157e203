"""Conditions stated in a file's rows, kept as a data set of labels beside the telemetry of the same rows."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pandas as pd

from machine_profiles.errors import MillwrightError
from machine_profiles.profile import Profile
from models.column_map import read_column_map
from models.datasets import DatasetInfo, Datasets
from models.import_rows import check_rows, names_of
from models.lives import Lives
from models.table_file import read_table
from models.telemetry import Telemetry

DATASET = "conditions"
KEYS = ["unit", "at"]


@dataclass(frozen=True)
class LabelledRows:
    """lives: all telemetry, in order. labels: a column a condition, the levels' text, None where none was stated;
    aligned to `lives.rows`. lines: the file's line of each row, NaN for rows of no labelled file.
    """

    lives: Lives
    labels: pd.DataFrame
    lines: "pd.Series[float]"


def import_conditions(datasets: Datasets, profile: Profile, path: Path, column_map: Path, now: datetime) -> DatasetInfo:
    """Store the conditions that the file states as a new version of `conditions`; rows an import refuses have none.

    Raises MillwrightError where the file lacks a column of the map, or states a level that the profile has not.
    """
    table, stated = read_table(path), read_column_map(column_map)
    if not stated.conditions:
        raise MillwrightError(f"{column_map.name} states no `conditions`; say which column holds which condition.")
    rows = check_rows(table, stated, profile, now).rows
    labels = rows[KEYS].assign(line=rows.index)
    for name, of in stated.conditions.items():
        condition = profile.condition(name)
        if of.column not in table.table:
            raise MillwrightError(
                f"{path.name} has no column {of.column!r}, which should hold the condition {name}; its columns are "
                f"{', '.join(table.table.columns)}."
            )
        words = names_of(table.table.loc[rows.index, of.column])
        levels = words.map(of.values) if of.values else words
        strange = sorted(set(words[(words != "") & ~levels.isin(condition.levels)]))
        if strange:
            raise MillwrightError(
                f"{path.name} states {of.column} {', '.join(strange[:5])}, which is no level of {name}. The levels are "
                f"{', '.join(condition.levels)}; add `values` to the column map, or the level to the profile."
            )
        labels[name] = levels.where(levels.isin(condition.levels)).astype(object)
    info = {
        "machine_id": profile.id, "name": DATASET, "content": "labels", "origin": "recorded", "created_at": now,
        "details": {"file": path.name, "conditions": list(stated.conditions)},
    }  # fmt: skip
    return datasets.write(info, labels.reset_index(drop=True))


def labelled_rows(telemetry: Telemetry, datasets: Datasets, profile: Profile) -> LabelledRows:
    """Telemetry with the latest labels beside it. Raises UnknownDataset where no conditions were imported."""
    stored = datasets.rows(datasets.find(profile.id, DATASET))
    lives = telemetry.lives(profile)
    rows = lives.rows.sort_values(["life", "hours"], kind="stable", ignore_index=True)
    unit = rows["life"].map(lives.ends.set_index("life")["unit"])
    asked = pd.MultiIndex.from_arrays([unit, rows["at"].dt.as_unit("us")])
    found = stored.assign(at=stored["at"].dt.as_unit("us")).set_index(KEYS).reindex(asked).reset_index(drop=True)
    return LabelledRows(Lives(rows, lives.ends, lives.sensors), found.drop(columns="line"), found["line"])
