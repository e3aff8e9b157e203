"""With few lives each counts: every one teaches, and each is judged by the others."""

import time

import numpy as np
import pandas as pd
import pytest

from models import few_lives_fitting, rul_fitting
from models.calibration import fit_interval
from models.examples import Examples, examples_of
from models.features import feature_model, features_of, fit_scaling
from models.few_lives import FewLivesModel, fit_few_lives, own_intervals, worst_life_interval
from models.lives import Lives
from models.lot import Lot
from models.onnx_graph import open_session, run
from models.windows import inputs_of
from tests.models.training_world import MACHINE, wearing_lives


def ageing_lives(failed: int) -> Lives:
    """Lives of 40 to 400 h; vibration rises evenly over each, so that a slow rise means a long life."""
    random = np.random.default_rng(4)
    frames, ends = [], []
    for number, hours in enumerate(np.geomspace(40, 400, failed).round()):
        gone, name = np.arange(1.0, hours + 1), f"S{number:02d}/1"
        frame = pd.DataFrame({"life": name, "hours": gone, "vibration": 2 + 3 * gone / hours})
        frame["temperature"] = 50 + 8 * (gone / hours) ** 2 + random.normal(0, 0.5, len(frame))
        frame["vibration"] += random.normal(0, 0.2, len(frame))
        frames.append(frame.assign(load=70 + random.normal(0, 2, len(frame))))
        ends.append({"life": name, "unit": name[:3], "ended_by": "failure", "failure_mode": None, "end_hours": hours})
    return Lives(pd.concat(frames, ignore_index=True), pd.DataFrame(ends), MACHINE.sensor_names)


LIVES = ageing_lives(6)
SCALING = fit_scaling(MACHINE, LIVES.rows)
NAMES = feature_model(SCALING)[1]
CAP = 1000.0


def lot(lives: Lives, held: int = 1, cap: float = CAP) -> Lot:
    kept, apart = lives.only(lives.names[held:]), lives.only(lives.names[:held])
    return Lot(MACHINE, kept, apart, SCALING, cap, seed=7, seconds=0.0, workers=1)


@pytest.fixture(scope="module")
def examples() -> Examples:
    return examples_of(MACHINE, LIVES, SCALING)


@pytest.fixture(scope="module")
def model(examples: Examples) -> FewLivesModel:
    return fit_few_lives(examples, CAP, NAMES)


def test_the_graph_answers_what_the_model_says(model: FewLivesModel):
    inputs, _ = inputs_of(MACHINE, LIVES, every=7)
    features, _ = features_of(MACHINE, LIVES, SCALING, every=7)
    found = run(open_session(model.write(SCALING).model().SerializeToString()), inputs.feeds())
    np.testing.assert_allclose(found["rul_hours"][:, 0], model.hours(features), rtol=1e-3, atol=1e-2)
    assert (found["low"] <= found["rul_hours"]).all()
    assert (found["rul_hours"] <= found["high"]).all()


def test_a_lifes_own_answers_come_from_the_other_lives(examples: Examples, model: FewLivesModel):
    life = LIVES.failed[0]
    changed = Examples(
        examples.features, examples.latest, examples.life, examples.hours, examples.failed,
        np.where(examples.life == life, examples.observed * 9, examples.observed),
    )  # fmt: skip
    again = fit_few_lives(changed, CAP, NAMES)
    if again.strength == model.strength:
        own = examples.life == life
        np.testing.assert_allclose(again.own[own], model.own[own])
        assert not np.allclose(again.own[~own & examples.failed], model.own[~own & examples.failed])


def test_each_life_weighs_the_same_however_often_it_was_sampled(examples: Examples, model: FewLivesModel):
    twice = np.concatenate([np.arange(len(examples)), np.flatnonzero(examples.life == LIVES.failed[0])])
    again = fit_few_lives(examples.of(twice), CAP, NAMES)
    assert again.strength == model.strength
    np.testing.assert_allclose(again.weights, model.weights, atol=1e-6)


def test_an_interval_holds_in_the_worst_of_the_lives_too():
    random = np.random.default_rng(1)
    life = np.repeat(np.array(list("abcdefghij"), dtype=object), 100)
    predicted = random.uniform(50, 100, len(life))
    true = predicted + random.normal(0, 2, len(life)) + np.where(life == "j", 20, 0)
    for fitted, worst in (
        (worst_life_interval(true, predicted, life), 0.9),
        (fit_interval(true, predicted, life), 0.0),
    ):
        low, high = fitted.at(predicted)
        inside = pd.Series((low <= true) & (true <= high)).groupby(life).mean()
        assert inside.min() >= worst
        assert (inside["j"] >= 0.9) == (worst > 0)


def test_own_intervals_come_from_the_other_lives(examples: Examples, model: FewLivesModel):
    low, high = own_intervals(examples, CAP, model.own)
    life = examples.life == LIVES.failed[0]
    wrong = np.where(life, model.own + 500.0, model.own)
    low_again, high_again = own_intervals(examples, CAP, wrong)
    assert (low <= model.own).all()
    assert (model.own <= high).all()
    assert (high_again - low_again)[~life].mean() > (high - low)[~life].mean()


def test_the_task_is_judged_life_by_life_and_says_so():
    fitted = rul_fitting.fit(lot(LIVES), time.monotonic() + 60)
    assert "ridge" in fitted.engine
    assert "learnt from the 5 others" in (fitted.protocol or "")
    assert fitted.metrics["rmse_hours"] < fitted.baselines["lightgbm"]["rmse_hours"]
    assert fitted.metrics["rmse_hours"] < 0.8 * fitted.baselines["constant"]["rmse_hours"]


def test_where_trees_tell_lives_left_out_better_they_are_taken():
    """Sound until the last 60 hours, and recorded from any hour of its life on."""
    fitted = rul_fitting.fit(lot(wearing_lives(failed=6, preventive=0, seed=2), cap=60.0), time.monotonic() + 60)
    assert "LightGBM" in fitted.engine
    assert fitted.protocol is None


def test_many_lives_are_for_the_ordinary_model():
    many = lot(ageing_lives(21))
    assert not few_lives_fitting.serves_better(many, np.full(len(many.examples), 1e9))
