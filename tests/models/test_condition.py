"""Conditions are told from readings, labels come from the file beside them, and an outcome is never an input."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from machine_profiles.profile import Condition
from models.column_map import BadColumnMap, read_column_map
from models.condition import ConditionModel, TooFewLabels, _decide, _sharpened, learn, row_features
from models.own_baseline import ShortBaseline, judge_by_own_baseline
from tests.models.training_world import MACHINE, wearing_lives

MAP = """at: at
sensors: {vibration: {column: v}}
conditions: {bearing: {column: COLUMN}}
"""
BEARING = Condition(name="bearing", description="Wear", levels=("new", "worn", "broken"), ordered=True)
LIVES = wearing_lives()
HEIGHT = LIVES.rows["vibration"].rank(pct=True).to_numpy()
LABEL = np.digitize(HEIGHT, [0.6, 0.9])


def taught_on(rows: np.ndarray) -> ConditionModel:
    return learn(MACHINE, BEARING, LIVES, LABEL, rows, 7, ("levels",))


def test_an_outcome_among_the_sensors_is_refused(tmp_path: Path):
    path = tmp_path / "map.yaml"
    path.write_text(MAP.replace("COLUMN", "v"))
    with pytest.raises(BadColumnMap, match="cannot be an input"):
        read_column_map(path)
    path.write_text(MAP.replace("COLUMN", "state"))
    assert read_column_map(path).conditions["bearing"].column == "state"


def test_levels_on_a_line_are_told_and_probabilities_sum_to_one():
    every_other = np.arange(len(LABEL)) % 2 == 0
    model = taught_on(every_other)
    found = model.probabilities(row_features(MACHINE, LIVES, model.scaling)[~every_other])
    np.testing.assert_allclose(found.sum(axis=1), 1.0)
    assert np.mean(model.levels(found) == LABEL[~every_other]) > 0.75


def test_readings_that_say_nothing_favour_no_level():
    """Else a block held out, whose level is rare among the rest, is told by its rarity: 0.93 with shuffled labels."""
    share = np.array([0.6, 0.3, 0.1])
    leaning = np.array([[0.64, 0.28, 0.08]])  # a little more for the first than its share
    for power in (0.1, 1.0, 10.0):
        assert _decide(_sharpened(leaning, share, power), share, 0.5).tolist() == [0]


def test_one_level_alone_teaches_nothing():
    with pytest.raises(TooFewLabels, match="1 levels"):
        learn(MACHINE, BEARING, LIVES, np.zeros_like(LABEL), np.ones(len(LABEL), bool), 7)


def test_a_life_no_longer_than_its_baseline_cannot_be_judged():
    with pytest.raises(ShortBaseline, match="baseline_rows"):
        judge_by_own_baseline(
            MACHINE.model_copy(update={"modelling": MACHINE.modelling.model_copy(update={"baseline_rows": 10_000})}),
            LIVES,
        )


def test_silent_rows_are_not_called_sound():
    profile = MACHINE.model_copy(update={"modelling": MACHINE.modelling.model_copy(update={"baseline_rows": 48})})
    rows = LIVES.rows.copy()
    one = rows["life"] == rows["life"].iloc[0]
    late = one & (rows["hours"] > rows.loc[one, "hours"].iloc[79])
    rows.loc[late, list(LIVES.sensors)] = np.nan
    said = judge_by_own_baseline(profile, type(LIVES)(rows, LIVES.ends, LIVES.sensors))
    silent = said.loc[said.index.intersection(pd.Index(np.flatnonzero(late))[20:])]
    assert silent["score"].isna().all()
    assert silent["anomalous"].all()
