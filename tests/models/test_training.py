"""Training: whole lives held out, one graph from readings to answer, and nothing registered unless all is."""

import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from models import fitting, task_fitting, training
from models.datasets import Datasets
from models.features import answers_over
from models.fitting import FittedMachine, fit_machine
from models.holdout import held_out
from models.inference import answer
from models.lives import Lives
from models.model_card import GRAPH
from models.registry import Registry
from models.results import TASKS
from models.storage import Storage
from models.telemetry import NoTelemetry, Telemetry
from models.training import NothingTrained
from models.windows import inputs_of
from tests.models.training_world import MACHINE, lessons, record, wearing_lives

LIVES = wearing_lives()


def silent(_done: float, _step: str) -> None:
    pass


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> FittedMachine:
    return fit_machine(lessons(), TASKS, 60, 7, silent, tmp_path_factory.mktemp("fitted"), quick=True)


def test_all_four_models_beat_their_constant_on_lives_never_seen(fitted: FittedMachine):
    cards = {model.card.task: model.card for model in fitted.models}
    assert set(cards) == set(TASKS)
    assert not fitted.skipped
    failure, rul = cards["failure"], cards["rul"]
    assert failure.metrics["average_precision"] > 0.8 > failure.baselines["constant"]["average_precision"]
    assert rul.metrics["rmse_hours"] < 0.6 * rul.baselines["constant"]["rmse_hours"]
    assert cards["anomaly"].metrics["auroc"] > 0.95
    assert cards["forecast"].metrics["mase"] < 1.0
    assert {"lightgbm", "lightgbm_raw"} <= set(failure.baselines)
    assert f"{len(held_out(LIVES, 7))} of 16" in failure.protocol


def test_a_longer_horizon_never_makes_failure_less_likely(fitted: FittedMachine):
    inputs, _ = inputs_of(MACHINE, LIVES, every=9)
    folder = _folder(fitted, "failure")
    rising = [answer(folder, inputs, hours)["probability"] for hours in (1, 6, 24, 30, 60, 200, 2160)]
    assert (np.diff(np.stack(rising), axis=0) >= -1e-6).all()
    assert ((rising[0] >= 0) & (rising[-1] <= 1)).all()


def test_the_interval_holds_the_answer(fitted: FittedMachine):
    inputs, _ = inputs_of(MACHINE, LIVES, every=5)
    found = answer(_folder(fitted, "rul"), inputs)
    assert (found["low"] <= found["rul_hours"]).all()
    assert (found["rul_hours"] <= found["high"]).all()
    assert found["low"].min() >= 0
    assert found["high"].max() <= 60 + 1e-4


def test_an_all_silent_window_is_not_a_sound_machine(fitted: FittedMachine):
    inputs, _ = inputs_of(MACHINE, LIVES, every=60)
    inputs.window[:] = np.nan
    assert np.isnan(answer(_folder(fitted, "anomaly"), inputs)["score"]).all()
    assert np.isnan(answer(_folder(fitted, "forecast"), inputs)["path"]).all()


def test_the_same_seed_gives_the_same_graphs(fitted: FittedMachine, tmp_path: Path):
    again = fit_machine(lessons(), TASKS, 60, 7, silent, tmp_path, quick=True, workers=2)
    for one, two in zip(fitted.models, again.models, strict=True):
        assert (one.folder / GRAPH).read_bytes() == (two.folder / GRAPH).read_bytes()


def test_labels_dealt_to_the_wrong_lives_teach_nothing(tmp_path: Path):
    """The control: with readings of one life under the end of another, no figure may stay good."""
    random = np.random.default_rng(3)
    rows = LIVES.rows.copy()
    for _, place in rows.groupby("life").groups.items():
        rows.loc[place, list(LIVES.sensors)] = rows.loc[random.permutation(place), list(LIVES.sensors)].to_numpy()
    found = fit_machine(
        lessons(Lives(rows, LIVES.ends, LIVES.sensors)), ("failure",), 60, 7, silent, tmp_path, quick=True
    )
    assert found.models[0].card.metrics["average_precision"] < 0.45


def test_without_a_failure_anomaly_and_forecast_are_trained_and_the_rest_is_explained(tmp_path: Path):
    calm = LIVES.only([name for name in LIVES.names if name not in LIVES.failed])
    found = fit_machine(lessons(calm), TASKS, 60, 7, silent, tmp_path, quick=True)
    assert [model.card.task for model in found.models] == ["anomaly", "forecast"]
    assert "log_maintenance" in found.skipped["failure"]
    assert "auroc" not in found.models[0].card.metrics  # no failure, no such figure


def test_training_registers_what_it_fitted(tmp_path: Path):
    storage = Storage(tmp_path)
    telemetry, datasets, registry = record(storage, LIVES), Datasets(storage), Registry(storage)
    told: list[str] = []
    result = training.train(
        datasets, telemetry, registry, MACHINE, ("rul", "anomaly"), 20, 7, lambda _, step: told.append(step), quick=True
    )
    assert [(model.task, model.version, model.alias) for model in result.models] == [
        ("rul", 1, "champion"), ("anomaly", 1, "champion"),
    ]  # fmt: skip
    assert result.datasets == ("history@1",)
    assert registry.in_service(MACHINE.id) == {"rul": 1, "anomaly": 1}
    assert "registering" in told


def test_an_interrupted_training_leaves_the_registry_as_it_was(tmp_path: Path):
    storage = Storage(tmp_path)
    telemetry, datasets, registry = record(storage, LIVES), Datasets(storage), Registry(storage)

    def interrupt(_done: float, step: str) -> None:
        if step == "registering":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        training.train(datasets, telemetry, registry, MACHINE, ("anomaly",), 20, 7, interrupt, quick=True)
    assert registry.in_service(MACHINE.id) == {}
    assert registry.versions(MACHINE.id, "anomaly") == []


def test_nothing_recorded_and_nothing_to_learn_are_said(tmp_path: Path):
    storage = Storage(tmp_path)
    with pytest.raises(NoTelemetry, match="import telemetry first"):
        training.train(Datasets(storage), Telemetry(storage), Registry(storage), MACHINE, TASKS, 20, 7, silent)
    calm = LIVES.only([name for name in LIVES.names if name not in LIVES.failed])
    telemetry = record(storage, calm)
    with pytest.raises(NothingTrained, match="No failure of PUMP_SMALL_001"):
        training.train(
            Datasets(storage), telemetry, Registry(storage), MACHINE, ("failure", "rul"), 20, 7, silent, quick=True
        )


def test_the_approval_card_warns_where_too_few_lives_failed(tmp_path: Path):
    storage = Storage(tmp_path)
    telemetry = record(storage, LIVES.only(LIVES.names[:3]))
    card = training.preview(Datasets(storage), telemetry, Registry(storage), MACHINE, TASKS, 60)
    assert card.expected_seconds == 60
    assert "Only 3 of 3 lives" in card.warnings[0]


def test_a_single_life_is_held_out_in_time(tmp_path: Path):
    one = LIVES.only([LIVES.names[-1]])
    found = fit_machine(lessons(one), ("anomaly", "forecast"), 60, 7, silent, tmp_path, quick=True)
    assert [model.card.task for model in found.models] == ["anomaly", "forecast"]


def test_the_alarm_stays_quiet_on_sound_rows_and_rings_before_failure(fitted: FittedMachine):
    import onnx

    graph = onnx.load(str(_folder(fitted, "anomaly") / GRAPH))
    fresh = wearing_lives(failed=6, preventive=6, seed=99)
    answers, keys = answers_over(MACHINE, fresh, graph)
    left = keys["life"].map(fresh.ends.set_index("life")["end_hours"]) - keys["hours"]
    failing = keys["life"].isin(fresh.failed)
    score = pd.Series(answers["score"][:, 0])
    assert (score[failing & (left < 6)] >= 0.5).mean() > 0.9
    assert (score[~failing] >= 0.5).mean() < 0.02


def _folder(fitted: FittedMachine, task: str) -> Path:
    return next(model.folder for model in fitted.models if model.card.task == task)


def test_the_control_with_labels_of_other_lives_knows_nothing(fitted: FittedMachine):
    cards = {model.card.task: model.card for model in fitted.models}
    shuffled = cards["failure"].baselines["shuffled"]["average_precision"]
    assert shuffled < 0.4 < cards["failure"].metrics["average_precision"]
    assert cards["rul"].baselines["shuffled"]["r2"] < 0.3
    assert cards["rul"].held_failed == 2


def test_the_model_in_service_is_scored_on_the_new_ones_held_out_lives(tmp_path: Path):
    storage = Storage(tmp_path)
    telemetry, datasets, registry = record(storage, LIVES), Datasets(storage), Registry(storage)
    first = training.train(datasets, telemetry, registry, MACHINE, TASKS, 20, 7, silent, quick=True)
    again = training.train(datasets, telemetry, registry, MACHINE, TASKS, 20, 7, silent, quick=True)
    for one, two in zip(first.models, again.models, strict=True):
        card = registry.card(MACHINE.id, two.task, 2)
        beside = card.baselines["champion_v1"]
        assert beside[two.main_metric] == pytest.approx(one.metrics[two.main_metric], rel=1e-4)
        assert two.champion_metrics == beside
    compared = registry.compare(MACHINE.id, "rul")
    assert {"its interval covers", "fits the edge", "at least as good as the champion"} <= {
        gate.name for gate in compared.versions[0].gates
    }


@pytest.mark.filterwarnings("ignore")
def test_a_longer_training_brings_plain_learners_curves_and_pictures_into_mlflow(tmp_path: Path):
    from mlflow import MlflowClient

    storage = Storage(tmp_path)
    telemetry, datasets, registry = record(storage, LIVES), Datasets(storage), Registry(storage)
    lessons_ = training.lessons_of(datasets, telemetry, MACHINE)
    lot = fitting.lot_of(lessons_, 7, 0.25, 12.0, 1)
    for task in ("failure", "anomaly"):  # no time left for AutoGluon
        made = task_fitting.fit(task, lot, time.monotonic())
        model = fitting.store(lessons_, lot, task, made, 7, tmp_path / "fitted" / task, 1.0)
        registry.register(model.card, model.folder, model.plots)
    failure = registry.card(MACHINE.id, "failure", 1)
    assert {"constant", "random_forest", "xgboost", "lightgbm", "shuffled"} <= set(failure.baselines)
    assert "isolation_forest" in registry.card(MACHINE.id, "anomaly", 1).baselines
    client = MlflowClient(tracking_uri=f"sqlite:///{storage.mlflow_database}")
    version = client.get_model_version_by_alias(f"{MACHINE.id}-failure", "champion")
    shown = {item.path for item in client.list_artifacts(str(version.run_id))}
    assert {"precision_recall.png", "calibration.png", "learning_curve.png"} <= shown
    run = client.get_run(str(version.run_id))
    assert (
        run.data.metrics["random_forest.average_precision"] == failure.baselines["random_forest"]["average_precision"]
    )
    assert run.data.tags["data_hash"] == failure.data_hash
    assert len(client.get_metric_history(str(version.run_id), "held_out_average_precision")) > 5
    assert (registry.folder(MACHINE.id, "anomaly", 1) / "scores.png").read_bytes().startswith(b"\x89PNG")
