"""Trees in ONNX decide as LightGBM does, to the last bit of a float32."""

import lightgbm
import numpy as np
import pytest

from models import _lightgbm
from models.onnx_graph import Graph, open_session, run
from models.onnx_trees import add_trees, floor32


def answers(boosters: list[lightgbm.Booster], features: np.ndarray) -> np.ndarray:
    graph = Graph()
    columns = features.shape[1]
    graph.output("raw", add_trees(graph, graph.input("x", columns), boosters, columns), 1)
    return run(open_session(graph.model().SerializeToString()), {"x": features})["raw"][:, 0]


def table(rows: int, missing: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    features = random.standard_normal((rows, 6)).astype(np.float32).round(2)  # many ties, also at thresholds
    label = (features[:, 0] > 0.3) * 1.0 + 0.2 * features[:, 1]
    features[random.random(features.shape) < missing] = np.nan
    return features, label.astype(np.float64)


@pytest.mark.parametrize("missing", [0.0, 0.15], ids=["all measured", "some missing"])
def test_the_graph_answers_as_lightgbm_does(missing: float):
    features, label = table(3000, missing, seed=1)
    booster = _lightgbm.fit(_lightgbm.Recipe("regression", 60), features, label, 7)
    asked, _ = table(2000, 0.3, seed=2)
    np.testing.assert_allclose(answers([booster], asked), _lightgbm.scores(booster, asked), atol=1e-5)


def test_a_reading_exactly_at_or_next_to_a_threshold_falls_on_the_same_side():
    features, label = table(3000, 0.0, seed=3)
    booster = _lightgbm.fit(_lightgbm.Recipe("regression", 40), features, label, 7)
    cuts = booster.trees_to_dataframe()["threshold"].dropna().to_numpy(float)
    near = np.float32(cuts)
    asked = np.concatenate([near, np.nextafter(near, np.float32(9)), np.nextafter(near, np.float32(-9))])
    asked = np.repeat(asked[:, None], 6, axis=1)
    np.testing.assert_allclose(answers([booster], asked), _lightgbm.scores(booster, asked), atol=1e-5)


def test_several_boosters_give_their_mean_and_copies_read_one_column():
    features, label = table(2000, 0.0, seed=4)
    recipe = _lightgbm.Recipe("binary", 30, rising=3)
    boosters = [_lightgbm.fit(recipe, features, (label > 0.5) * 1.0, seed) for seed in (1, 2)]
    expected = np.mean([_lightgbm.scores(booster, features) for booster in boosters], axis=0)
    np.testing.assert_allclose(answers(boosters, features), expected, atol=1e-5)


@pytest.mark.parametrize("threshold", [0.1, -0.1, 1e300, 1.0, 16777217.0])
def test_floor32_never_exceeds_the_threshold(threshold: float):
    below = np.float32(floor32(threshold))
    assert below <= threshold
    assert threshold > 3e38 or float(np.nextafter(below, np.float32(np.inf))) > threshold
