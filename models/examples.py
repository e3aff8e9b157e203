"""Rows to learn from or to be judged on: their features, their life, and what is known of their remaining hours."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from machine_profiles.profile import Profile
from models.features import Scaling, features_of
from models.lives import Lives
from models.rul import label_lives


@dataclass(frozen=True)
class Examples:
    """n rows. `observed` (n,): hours the life is known to have lasted from the row on; its RUL where it failed."""

    features: NDArray[np.float32]
    latest: NDArray[np.float32]  # (n, S) raw readings of the row
    life: NDArray[np.object_]
    hours: NDArray[np.float64]
    failed: NDArray[np.bool_]
    observed: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.life)

    def of(self, chosen: NDArray[np.bool_] | NDArray[np.int64]) -> "Examples":
        return Examples(
            self.features[chosen], self.latest[chosen], self.life[chosen], self.hours[chosen],
            self.failed[chosen], self.observed[chosen],
        )  # fmt: skip

    def remaining(self, cap_hours: float) -> NDArray[np.float64]:
        """RUL, flat above the cap. NaN where unknown: a life that has not failed is known to reach the cap, or not."""
        known = self.failed | (self.observed >= cap_hours)
        return np.where(known, np.minimum(self.observed, cap_hours), np.nan)

    def in_last(self, share: float) -> NDArray[np.bool_]:
        """Rows in the last `share` of their life, on its meter from the first row here to its failure."""
        _, place = np.unique(self.life.astype(str), return_inverse=True)
        longest = np.full(place.max(initial=-1) + 1, 0.0)
        np.maximum.at(longest, place, self.observed)
        return self.observed <= share * longest[place]

    def fails_within(self, horizon_hours: float) -> NDArray[np.float64]:
        """1, 0, or NaN where the life was not watched for that long and did not fail."""
        soon = self.failed & (self.observed <= horizon_hours)
        return np.where(self.failed | (self.observed >= horizon_hours), soon, np.nan).astype(float)


def examples_of(profile: Profile, lives: Lives, scaling: Scaling, every: int = 1) -> Examples:
    """Each `every`-th row of each life, counted back from its last."""
    features, keys = features_of(profile, lives, scaling, every)
    rows = keys.merge(label_lives(sorted_lives(lives), cap_hours=np.inf), on=["life", "hours"], how="left")
    return Examples(
        features,
        rows[list(profile.sensor_names)].to_numpy(np.float32),
        keys["life"].to_numpy(object),
        keys["hours"].to_numpy(np.float64),
        ~rows["censored"].to_numpy(bool),
        rows["observed_for_hours"].to_numpy(np.float64),
    )


def sorted_lives(lives: Lives) -> Lives:
    rows = lives.rows.sort_values(["life", "hours"], kind="stable", ignore_index=True)
    return Lives(rows, lives.ends, lives.sensors)
