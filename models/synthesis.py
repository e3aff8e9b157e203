"""Synthetic data from a machine's recorded lives: whole lives, or rows learnt with their RUL."""

from typing import Literal

from models.results import Result

Method = Literal["auto", "lives", "gaussian_copula", "ctgan", "tvae", "par"]


class MethodTried(Result):
    method: str
    score: float  # the figure it was chosen by, named in `scored_by`
    seconds: float


class SynthesisResult(Result):
    """A new synthetic data set and how good it is. `quality` is SDV's overall QualityReport score, 0 to 1."""

    machine_id: str
    dataset: str  # such as synthetic@2
    made_from: str  # such as history@1
    method: Literal["lives", "gaussian_copula", "ctgan", "tvae", "par"]
    tried: tuple[MethodTried, ...]
    scored_by: str
    rows: int
    lives: int
    quality: float
    column_shapes: float
    column_pair_trends: float
    violations: int  # rows that break a constraint of the profile
    constraints: tuple[str, ...]  # in words
    seed: int
    seconds: float
    report: str  # path of quality.html under HOME
