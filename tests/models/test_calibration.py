"""Probabilities mean what they say, and intervals hold what they promise on lives never seen."""

import numpy as np
import pytest

from models.calibration import fit_interval, fit_platt
from models.onnx_graph import Graph, open_session, run


def test_platt_undoes_overconfident_log_odds():
    random = np.random.default_rng(1)
    true_odds = random.normal(-1, 1.5, 40_000)
    happened = (random.random(40_000) < 1 / (1 + np.exp(-true_odds))).astype(float)
    slope, offset = fit_platt(3 * true_odds + 1, happened)
    assert (slope, offset) == (pytest.approx(1 / 3, abs=0.02), pytest.approx(-1 / 3, abs=0.05))


def lives(count: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Errors that grow with the time left, and a part of each error that all rows of a life share."""
    random = np.random.default_rng(seed)
    true = np.tile(np.linspace(0.02, 1, 50), count)
    shared = np.repeat(random.normal(0, 0.08, count), 50)
    predicted = np.clip(true * (1 + shared + random.normal(0, 0.1, len(true))), 0, 1)
    return true, predicted, np.repeat([f"life {number}" for number in range(count)], 50).astype(object)


def test_ninety_per_cent_intervals_cover_new_lives():
    interval = fit_interval(*lives(40, seed=1))
    true, predicted, _ = lives(300, seed=2)
    low, high = interval.at(predicted)
    assert 0.87 <= np.mean((true >= low) & (true <= high)) <= 0.95
    near_the_end = predicted < 0.1
    assert np.mean((high - low)[near_the_end]) < 0.5 * np.mean((high - low)[predicted > 0.5])


def seen_late(count: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """In one life of five, the last fifth is still told to be half way."""
    true, predicted, life = lives(count, seed)
    missed = (np.repeat(np.arange(count), 50) % 5 == 0) & (true < 0.2)
    return true, np.where(missed, predicted + 0.4, predicted), life, true < 0.2


def test_the_interval_holds_at_the_end_of_life_too():
    true, predicted, _, late = seen_late(300, seed=2)
    covered = []
    for ends in (True, False):
        *known, marked = seen_late(60, seed=1)
        low, high = fit_interval(*known, late=marked if ends else None).at(predicted)
        covered.append(np.mean(((true >= low) & (true <= high))[late]))
    assert covered[0] >= 0.85 > covered[1]


def test_the_interval_in_the_graph_is_the_same():
    interval = fit_interval(*lives(20, seed=1))
    graph = Graph()
    for name, value in zip(("low", "high"), interval.add(graph, graph.input("x", 1)), strict=True):
        graph.output(name, value, 1)
    asked = np.linspace(-0.2, 1.3, 200, dtype=np.float32)[:, None]
    found = run(open_session(graph.model().SerializeToString()), {"x": asked})
    low, high = interval.at(asked[:, 0].astype(float))
    np.testing.assert_allclose(found["low"][:, 0], low, atol=1e-5)
    np.testing.assert_allclose(found["high"][:, 0], high, atol=1e-5)
