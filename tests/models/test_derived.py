"""Derived quantities are the same in numpy and in the graph; a wrong formula is refused when the profile is read."""

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from machine_profiles.profile import Profile
from models.anomaly import AnomalyModel
from models.derived import add_derived, derived_of
from models.features import feature_model, fit_scaling
from models.onnx_graph import Graph, open_session, run
from tests.models.training_world import MACHINE, wearing_lives


def with_derived(*formulas: str) -> Profile:
    stated = [
        {"name": f"derived_{n}", "description": "worked out", "quantity": "ratio", "unit": "dimensionless",
         "formula": formula}
        for n, formula in enumerate(formulas)
    ]  # fmt: skip
    return Profile.model_validate({**MACHINE.model_dump(), "derived": stated})


A, B, C = MACHINE.sensor_names[:3]
ROWS = pd.DataFrame([[3.0, -4.0, 2.0], [1.0, np.nan, 0.0], [5.0, 5.0, 0.0]], columns=[A, B, C])


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        (f"{A} * {B}", [-12.0, np.nan, 25.0]),
        (f"({A} - {B}) / {C}", [3.5, np.nan, np.nan]),  # division by zero is no number
        (f"sqrt(abs({B})) + 1", [3.0, np.nan, np.sqrt(5) + 1]),
        (f"max({A}, {B}) - min({A}, {B})", [7.0, np.nan, 0.0]),
        (f"-{A} ** 2 + 2e1", [11.0, 19.0, -5.0]),
    ],
    ids=["product", "quotient", "root", "greatest", "power before sign"],
)
def test_numpy_and_graph_agree_with_the_hand(formula: str, expected: list[float]):
    profile = with_derived(formula)
    np.testing.assert_allclose(derived_of(profile, ROWS)["derived_0"], expected, rtol=1e-6)
    graph = Graph()
    value = add_derived(graph, graph.input("raw", 3), profile.sensor_names, profile.derived)
    graph.output("out", value, 4)
    raw = ROWS.to_numpy(np.float32)
    found = run(open_session(graph.model().SerializeToString()), {"raw": raw})["out"]
    np.testing.assert_allclose(found[:, :3], raw)
    np.testing.assert_allclose(found[:, 3], expected, rtol=1e-5)


def test_features_hold_derived_quantities_and_inputs_do_not():
    profile, lives = with_derived(f"{A} * {B}"), wearing_lives()
    scaling = fit_scaling(profile, lives.rows)
    model, names = feature_model(scaling)
    assert "derived_0|mean|12" in names
    assert {put.name: put.type.tensor_type.shape.dim[-1].dim_value for put in model.graph.input}["window"] == 3
    window = np.tile(np.array([2.0, 3.0, 4.0], np.float32), (1, 12, 1))
    feeds = {"window": window, "baseline": window[:, 0], "age_hours": np.ones((1, 1), np.float32)}
    found = dict(zip(names, run(open_session(model.SerializeToString()), feeds)["features"][0], strict=True))
    assert found["derived_0|deviation|12"] == pytest.approx(0.0, abs=1e-5)


def test_the_anomaly_models_deviation_keeps_to_the_sensors():
    profile, lives = with_derived(f"{A} * {B}"), wearing_lives()
    scaling = fit_scaling(profile, lives.rows)
    count = len(scaling.condition)
    graph = AnomalyModel(scaling, 12, np.ones(len(scaling.sensors)), np.eye(count), 1.0).write().model()
    assert {put.name: put.type.tensor_type.shape.dim[-1].dim_value for put in graph.graph.output}["deviation"] == 3


@pytest.mark.parametrize(
    ("formula", "said"),
    [
        ("humidity * 2", "no sensor 'humidity'"),
        (f"{A} % 2", "may not stand in a formula"),
        (f"log({A})", "may not stand in a formula"),
        ("__import__('os').system('true')", "may not stand in a formula"),
        (f"min({A})", "takes 2"),
        ("1 + 2", "names no sensor"),
        (f"{A} *", "is no formula"),
        (f"True * {A}", "is no number"),
    ],
)
def test_a_wrong_formula_is_refused_with_what_would_be_right(formula: str, said: str):
    with pytest.raises(ValidationError, match=r"derived\.derived_0\.formula") as refused:
        with_derived(formula)
    assert said in str(refused.value)
