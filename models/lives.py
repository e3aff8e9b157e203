"""Lives: runs of a machine from new (or overhauled) to failure, to preventive replacement, or to now."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from machine_profiles.errors import MillwrightError

EndedBy = Literal["failure", "preventive", "running"]

ROW_COLUMNS = ("life", "hours")
END_COLUMNS = ("life", "unit", "ended_by", "failure_mode", "end_hours")


class BadLives(MillwrightError):
    """A table of lives breaks its own rules; the text says which."""


@dataclass(frozen=True)
class Lives:
    """Readings by life, and how each life ended.

    rows: one row a sample, sorted by life and hours: `life` (str), `hours` (float, operating hours on the life's own
    meter), optionally `at` (UTC timestamp), then one float column a sensor (NaN where nothing was measured).
    ends: one row a life: `life`, `unit` (which physical machine; str), `ended_by` (failure, preventive or running),
    `failure_mode` (None unless it failed), `end_hours` (on the same meter; at or after the life's last row).
    """

    rows: pd.DataFrame
    ends: pd.DataFrame
    sensors: tuple[str, ...]

    def __post_init__(self) -> None:
        missing = [c for c in (*ROW_COLUMNS, *self.sensors) if c not in self.rows]
        missing += [c for c in END_COLUMNS if c not in self.ends]
        if missing:
            raise BadLives(f"Lives lack the columns {', '.join(missing)}.")
        unknown = set(self.rows["life"]) - set(self.ends["life"])
        if unknown:
            raise BadLives(f"No end is stated for the lives {', '.join(sorted(map(str, unknown))[:5])}.")
        if self.ends["life"].duplicated().any():
            raise BadLives("A life has more than one end.")

    @property
    def names(self) -> list[str]:
        return list(self.ends["life"])

    @property
    def failed(self) -> list[str]:
        """The lives that ended in failure; only these have a true RUL."""
        return list(self.ends.loc[self.ends["ended_by"] == "failure", "life"])

    def only(self, names: list[str]) -> "Lives":
        """The lives of these names, rows and ends."""
        return Lives(
            self.rows[self.rows["life"].isin(names)].reset_index(drop=True),
            self.ends[self.ends["life"].isin(names)].reset_index(drop=True),
            self.sensors,
        )

    def joined(self, other: "Lives") -> "Lives":
        """Both together; the names of lives must differ."""
        if self.sensors != other.sensors:
            raise BadLives(f"Sensors differ: {', '.join(self.sensors)} against {', '.join(other.sensors)}.")
        return Lives(
            pd.concat([self.rows, other.rows], ignore_index=True),
            pd.concat([self.ends, other.ends], ignore_index=True),
            self.sensors,
        )


def split_lives(lives: Lives, share: float, seed: int) -> tuple[Lives, Lives]:
    """Split by life, failed and unfailed lives in the same proportion; the second part holds about `share` of them.

    Raises BadLives where fewer than two lives failed: nothing could be held out.
    """
    failed = lives.failed
    if len(failed) < 2:
        raise BadLives(f"Only {len(failed)} life ended in failure; holding lives out needs at least 2.")
    random = np.random.default_rng(seed)
    others = [name for name in lives.names if name not in set(failed)]
    held: list[str] = []
    for group in (failed, others):
        count = round(share * len(group))
        if group is failed:
            count = min(max(count, 1), len(group) - 1)
        held += list(random.permutation(sorted(group))[:count])
    kept = [name for name in lives.names if name not in set(held)]
    return lives.only(kept), lives.only(held)
