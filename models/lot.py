"""What the fitting of one machine's tasks shares: its lives, those kept and those held out, and its time."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray

from machine_profiles.profile import Profile
from models.datasheet_lives import lives_from_profile
from models.examples import Examples, examples_of
from models.features import Scaling, feature_model
from models.holdout import folds
from models.lives import Lives

FEWEST_ROWS, ROWS = 1_500, 24_000  # examples learnt from; more rows of the same lives teach little
ROWS_PER_SECOND, STEPS_PER_SECOND = 500, 20
FEWEST_LIVES, LIVES = 100, 2000  # drawn from the profile; each more teaches a little, fewer are not worth the time
LIVES_PER_SECOND = 50
ROWS_A_LIFE = 35  # examples taken of each of them
QUICK_PLAN = 11.5  # seconds that a quick training plans for each task; it takes half of them
QUICK_SECONDS = 12.0  # a task given less is fitted the quick way
LONG_SECONDS = 60.0
CLEARLY = 0.01  # what a rival must gain on lives not learnt from, to be preferred to the plain model


@dataclass(frozen=True)
class Lot:
    """The lives learnt from and those held out, whole, with what all tasks share."""

    profile: Profile
    kept: Lives
    held: Lives
    scaling: Scaling
    cap_hours: float | None
    seed: int
    seconds: float  # what a task that searches may take; what is fitted depends on it, never on the clock
    workers: int
    synthetic: Lives | None = None
    synthetic_dataset: str | None = None
    chronos: Path | None = None  # a local folder of Chronos weights, for the forecast task's rivals

    @property
    def quick(self) -> bool:
        return self.seconds < QUICK_SECONDS

    @property
    def every(self) -> int:
        wanted = np.clip(ROWS_PER_SECOND * self.seconds, FEWEST_ROWS, ROWS)
        return max(1, round(len(self.kept.rows) / wanted))

    @property
    def fold_count(self) -> int:
        return 3 if self.quick else 5 if self.seconds < LONG_SECONDS else 8

    @property
    def network_steps(self) -> int:
        return 0 if self.quick else int(np.clip(STEPS_PER_SECOND * self.seconds, 400, 2500))

    @property
    def sound_hours(self) -> float:
        """Rows known to be this far from a failure count as sound."""
        return max(self.cap_hours or 0.0, self.profile.modelling.failure_horizon_hours)

    @cached_property
    def fold(self) -> dict[str, int]:
        return folds(self.kept.names, self.kept.failed, self.fold_count, self.seed)

    @cached_property
    def examples(self) -> Examples:
        return examples_of(self.profile, self.kept, self.scaling, self.every)

    @cached_property
    def judged(self) -> Examples:
        return examples_of(self.profile, self.held, self.scaling, max(1, self.every // 2))

    @cached_property
    def beside(self) -> Examples | None:
        """Synthetic lives to learn from, at most as many rows as there are recorded ones."""
        if self.synthetic is None or self.quick or not self.synthetic.failed:
            return None
        every = max(1, round(len(self.synthetic.rows) / len(self.examples)))
        return examples_of(self.profile, self.synthetic, self.scaling, every)

    @cached_property
    def prior(self) -> Examples | None:
        """Lives simulated from the profile; None where it says too little, or where time lacks for enough of them.

        They are never judged, nor mixed with the others.
        """
        count = min(int(LIVES_PER_SECOND * self.seconds), LIVES)
        drawn = lives_from_profile(self.profile, count, self.seed) if count >= FEWEST_LIVES else None
        if drawn is None or not drawn.failed:
            return None
        every = max(1, round(len(drawn.rows) / (ROWS_A_LIFE * count)))
        return examples_of(self.profile, drawn, self.scaling, every)

    @property
    def prior_rounds(self) -> int:
        """Trees of the models taught by `prior`."""
        return 120 if self.quick else 200

    @cached_property
    def names(self) -> list[str]:
        return feature_model(self.scaling)[1]

    @property
    def fold_of_rows(self) -> NDArray[np.int64]:
        return np.array([self.fold[name] for name in self.examples.life])

    @property
    def protocol(self) -> str:
        kept, held = self.kept, self.held
        return (
            f"Whole lives held out: {len(held.names)} of {len(kept.names) + len(held.names)} ({len(held.failed)} that "
            f"failed), drawn by their names with seed {self.seed}; learnt from {len(kept.names)} lives "
            f"({len(kept.failed)} that failed), in {max(self.fold.values()) + 1} folds by life, every "
            f"{self.every}. row. All figures are of the lives held out."
        )


@dataclass(frozen=True)
class Fitted:
    graph: onnx.ModelProto
    engine: str
    metrics: dict[str, float]
    baselines: dict[str, dict[str, float]]
    threshold: float | None = None
    used_synthetic: bool = False
    plots: dict[str, bytes] = field(default_factory=dict)
    protocol: str | None = None  # where the task was not judged on the lot's held-out lives
