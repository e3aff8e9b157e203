"""The plant's benchmark asks the registered graphs about lives held out; its shuffled peer knows nothing."""

import numpy as np
import pytest

from evals.benchmarks.demo_plant.scoring import _last_fifth
from evals.truth_controls import along_others
from models.examples import Examples


def _examples(lives: int, rows: int) -> Examples:
    left = np.tile(np.arange(rows - 1, -1, -1.0), lives)
    wear = np.where(left < 24, 1.0, 0.0)
    features = np.stack([wear, left], axis=1).astype(np.float32)
    names = np.repeat([f"L{number}" for number in range(lives)], rows).astype(object)
    return Examples(features, features, names, left[::-1], np.ones(len(left), bool), left)


def test_shuffled_labels_keep_their_number_and_lose_their_rows():
    taught = _examples(lives=12, rows=90)
    shuffled = along_others(taught, seed=3)
    assert np.sort(shuffled.observed) == pytest.approx(np.sort(taught.observed))
    met = np.corrcoef(shuffled.fails_within(24.0), taught.fails_within(24.0))[0, 1]
    assert abs(met) < 0.5


def test_the_last_fifth_is_that_of_each_life():
    examples = _examples(lives=2, rows=101)
    last = _last_fifth(examples)
    assert [int(last[examples.life == name].sum()) for name in ("L0", "L1")] == [21, 21]
