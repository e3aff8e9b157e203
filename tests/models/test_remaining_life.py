"""The RUL model: what it looks at, and that its graph says what it says."""

import numpy as np
import pytest

from models._lightgbm import Recipe
from models.examples import examples_of
from models.features import fit_scaling
from models.holdout import folds
from models.lot import Lot
from models.onnx_graph import open_session, run
from models.remaining_life import EARLIER, LOOKS, columns_of, fit_rul
from models.windows import inputs_of
from tests.models.training_world import MACHINE, wearing_lives

LIVES = wearing_lives(failed=8, preventive=2)
SCALING = fit_scaling(MACHINE, LIVES.rows)
CAP = 60.0
NAMES = Lot(MACHINE, LIVES, LIVES, SCALING, CAP, 7, 5.0, 1).names
EXAMPLES = examples_of(MACHINE, LIVES, SCALING, every=2)
FOLD = np.array([folds(LIVES.names, LIVES.failed, 2, 7)[name] for name in EXAMPLES.life])
MODEL = fit_rul(EXAMPLES, FOLD, CAP, 7, 1, [Recipe("regression", 40)], NAMES, network_steps=300)


@pytest.mark.parametrize(
    ("look", "seen", "unseen"),
    [
        ("wide", {"load|mean|3", "vibration|mean|12", "vibration|deviation|12"}, {"vibration|spread|3"}),
        ("level", {"vibration|mean|12", "vibration|slope|3"}, {"load|mean|3", "vibration|deviation|12"}),
        ("trend", {"vibration|deviation|12", "vibration|slope|3"}, {"vibration|mean|12", "vibration|ewma|1"}),
    ],
)
def test_a_look_takes_some_kinds_of_features(look: str, seen: set[str], unseen: set[str]):
    names = {NAMES[place] for place in columns_of(NAMES, look)}
    assert seen <= names
    assert not unseen & names
    assert "age_hours" in names


def test_the_graph_says_what_the_model_says():
    inputs, keys = inputs_of(MACHINE, LIVES, every=2)
    found = run(open_session(MODEL.write(SCALING).model().SerializeToString()), inputs.feeds())
    assert list(keys["life"]) == list(EXAMPLES.life)
    np.testing.assert_allclose(found["rul_hours"][:, 0], MODEL.share(EXAMPLES.features) * CAP, atol=2e-3)


def test_a_window_that_holds_nothing_has_no_rul():
    inputs, _ = inputs_of(MACHINE, LIVES, every=50)
    inputs.window[:] = np.nan
    found = run(open_session(MODEL.write(SCALING).model().SerializeToString()), inputs.feeds())
    assert all(np.isnan(value).all() for value in found.values())


def test_answers_come_early_where_that_costs_little():
    assert MODEL.early in EARLIER
    truth, own = EXAMPLES.remaining(CAP)[EXAMPLES.failed] / CAP, MODEL.own[EXAMPLES.failed]
    losses = {early: np.sqrt(np.mean((truth - (1 - early) * own) ** 2)) for early in EARLIER}
    assert losses[MODEL.early] <= 1.01 * losses[0.0]
    assert all(loss > 1.01 * losses[0.0] for early, loss in losses.items() if early > MODEL.early)


def test_lives_not_learnt_from_choose_among_the_looks():
    assert set(MODEL.looks) <= set(LOOKS)
    assert MODEL.validation * CAP < 0.6 * np.std(EXAMPLES.remaining(CAP)[EXAMPLES.failed])


def test_the_last_fifth_of_a_life_ends_with_its_failure():
    failed = EXAMPLES.of(EXAMPLES.failed)
    late = failed.in_last(0.2)
    for life in set(failed.life):
        own = failed.life == life
        assert failed.observed[own & late].max() <= 0.2 * failed.observed[own].max()
        assert 0.15 < late[own].mean() < 0.25
