"""AutoGluon teaches where there is time, and training keeps its time limit."""

import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from models import metrics
from models.fitting import fit_machine
from models.lives import Lives
from models.teacher import FEWEST_SECONDS, ask_autogluon
from tests.models.training_world import lessons, wearing_lives


def test_autogluon_answers_for_lives_it_has_not_seen():
    random = np.random.default_rng(1)
    features = random.standard_normal((400, 4)).astype(np.float32)
    label = (features[:, 0] + 0.5 * features[:, 1] + random.normal(0, 0.5, 400) > 0.8).astype(float)
    life = np.arange(400) // 20
    teacher = ask_autogluon(features, label, life % 3, features[:50], True, 90, 7, 1)
    assert teacher is not None
    assert "WeightedEnsemble" in teacher.name
    assert metrics.average_precision(label, teacher.own) > 0.6 > 2 * label.mean()
    assert teacher.answers.shape == (50,)


def test_too_little_time_is_no_teacher_rather_than_a_bad_one():
    nothing = np.zeros((10, 2), np.float32)
    begun = time.monotonic()
    teacher = ask_autogluon(nothing, np.zeros(10), np.arange(10), nothing, False, FEWEST_SECONDS - 1, 7, 1)
    assert teacher is None
    assert time.monotonic() - begun < 1


def test_training_keeps_its_limit_and_says_whether_synthetic_lives_helped(tmp_path: Path):
    made_up = wearing_lives(failed=6, preventive=0, seed=5)
    renamed = Lives(
        made_up.rows.assign(life="synthetic/" + made_up.rows["life"]),
        made_up.ends.assign(life="synthetic/" + made_up.ends["life"]),
        made_up.sensors,
    )
    given = replace(lessons(), synthetic=renamed, synthetic_dataset="labels@2")
    begun = time.monotonic()
    found = fit_machine(given, ("rul", "failure"), 30, 7, lambda _done, _step: None, tmp_path)
    assert time.monotonic() - begun < 33
    assert {model.card.task for model in found.models} == {"rul", "failure"}
    for model in found.models:
        assert model.card.datasets in (("history@1",), ("history@1", "labels@2"))
        assert "AutoGluon" in model.card.engine
