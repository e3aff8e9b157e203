"""Few rows are spent on many lives: their sound start, a later stretch, and their end."""

import numpy as np
import pytest

from models.life_drawing import Drawn
from models.life_keeping import keep_rows, lives_for


def drawn(rows: int, fails: bool = True) -> Drawn:
    lead = rows // 2 if fails else 0
    none = np.zeros(1)
    return Drawn("wear" if fails else None, rows - lead, lead, ((0, rows),), 0.0, 0.0, 1.0, 1.0, none, none)


def kept_rows(life: Drawn) -> int:
    return sum(stop - first for first, stop in life.kept)


@pytest.mark.parametrize("rows", [1500, 4321, 20_000])
def test_the_rows_sum_up_exactly_whether_lives_are_cut_or_grow(rows: int):
    lives = [drawn(900), drawn(400), drawn(1200), drawn(700, fails=False)]
    kept = keep_rows(lives, [800, 900], rows, 72, 72, np.random.default_rng(1))
    assert sum(kept_rows(life) for life in kept) == rows
    assert all(stop <= life.rows for life in kept for _, stop in life.kept)


def test_a_cut_life_keeps_its_start_and_a_failing_one_its_end():
    lives = [drawn(900), drawn(1100), drawn(800, fails=False)]
    kept = keep_rows(lives, [900, 1000], 700, 72, 48, np.random.default_rng(1))
    assert [life.kept[0] for life in kept] == [(0, 72), (0, 72), (0, 70)]  # the unfailed one has 140 rows: half
    assert [life.kept[-1] for life in kept[:2]] == [(852, 900), (1052, 1100)]
    assert kept_rows(kept[2]) == pytest.approx(kept_rows(kept[0]) / 2, abs=1)


def test_the_middle_stretches_are_spread_as_the_record_is():
    lives = [drawn(1000) for _ in range(30)]
    kept = keep_rows(lives, [1000] * 5, 9000, 60, 60, np.random.default_rng(2))
    starts = np.array([life.kept[1][0] for life in kept])
    assert np.quantile(starts, 0.9) - np.quantile(starts, 0.1) > 400


def test_short_lives_are_kept_whole():
    assert lives_for(5000, usual=200.0, failed_share=1.0, baseline_rows=72, end_rows=72) == 25
    assert lives_for(5000, usual=950.0, failed_share=1.0, baseline_rows=72, end_rows=72) == 17  # 288 rows each
