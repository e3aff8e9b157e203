"""A model goes into service only through gates, each with its figure."""

from pathlib import Path

import numpy as np
import onnx
import pytest

from machine_profiles.reading import SHIPPED, load_catalog
from models.baselines import labels_of_other_lives
from models.gates import Gate, judge
from models.model_card import ModelCard
from models.results import Task
from tests.models.small_models import card, write_graph

PUMP = load_catalog(SHIPPED)["PUMP_GRUNDFOS_CR3_004"]


def gate(folder: Path, name: str, made: ModelCard, champion: ModelCard | None = None) -> Gate:
    write_graph(folder, PUMP, made.task)
    return next(each for each in judge(made, folder, champion) if each.name == name)


@pytest.mark.parametrize(
    ("ece", "lives", "passed"), [(0.049, 10, True), (0.06, 10, False), (0.06, 4, True), (0.08, 4, False)]
)
def test_stated_probabilities_must_be_true(tmp_path: Path, ece: float, lives: int, passed: bool):
    made = card(PUMP, "failure", metrics={"average_precision": 0.7, "ece": ece}, held_lives=lives)
    found = gate(tmp_path, "calibrated", made)
    assert found.passed is passed
    assert f"ece {ece:.3f}" in found.figure
    assert f"on {lives} held-out lives" in found.figure


@pytest.mark.parametrize(
    ("covered", "failed", "passed"),
    [(0.9, 25, True), (0.79, 25, False), (0.79, 6, True), (0.5, 6, False), (1.0, 400, False), (0.83, 400, False)],
)
def test_intervals_must_cover_as_the_number_of_lives_lets_one_say(
    tmp_path: Path, covered: float, failed: int, passed: bool
):
    made = card(PUMP, "rul", metrics={"rmse_hours": 40.0, "coverage_90": covered}, held_failed=failed)
    assert gate(tmp_path, "its interval covers", made).passed is passed


@pytest.mark.parametrize(("task", "name"), [("failure", "calibrated"), ("rul", "its interval covers")])
def test_what_was_not_measured_does_not_pass(tmp_path: Path, task: Task, name: str):
    figures = {"average_precision": 0.7} if task == "failure" else {"rmse_hours": 40.0}
    found = gate(tmp_path, name, card(PUMP, task, metrics=figures))
    assert not found.passed
    assert "was not measured" in found.figure


@pytest.mark.parametrize(("on_same", "passed"), [(39.0, False), (39.9, True), (60.0, True)])
def test_the_champion_is_judged_on_the_same_lives(tmp_path: Path, on_same: float, passed: bool):
    champion = card(PUMP, "rul", 10.0, version=1, data_hash="f" * 64)
    beside = {"constant": {"rmse_hours": 90.0}, "champion_v1": {"rmse_hours": on_same}}
    found = gate(tmp_path, "at least as good as the champion", card(PUMP, "rul", 40.0, baselines=beside), champion)
    assert found.passed is passed
    assert "on the same held-out lives" in found.figure


def test_a_graph_too_new_or_too_large_does_not_fit_the_edge(tmp_path: Path):
    made = card(PUMP, "rul")
    found = gate(tmp_path, "fits the edge", made)
    assert found.passed
    assert "jetson_nano" in found.figure
    graph = onnx.load(str(tmp_path / "model.onnx"))
    graph.graph.initializer.append(onnx.numpy_helper.from_array(np.zeros(3_000_000, np.float32), "ballast"))
    onnx.save(graph, str(tmp_path / "model.onnx"))
    found = next(each for each in judge(made, tmp_path, None) if each.name == "fits the edge")
    assert not found.passed
    assert "12.0" in found.figure


def test_the_control_is_taught_labels_of_other_lives():
    life = np.array(["a"] * 3 + ["b"] * 2 + ["c"] * 4, object)
    label = np.array([1, 2, 3, 10, 20, 100, 200, 300, 400], float)
    dealt = labels_of_other_lives(label, life, seed=1)
    for name in "abc":
        assert not set(dealt[life == name]) & set(label[life == name])
