"""AutoGluon's time series models are a rival of the forecast, without the network, within their time."""

import json
import time
from pathlib import Path

import pytest

from models import forecast_fitting, series_rivals, training
from models.chronos_weights import NoChronosWeights, chronos_kind
from models.datasets import Datasets
from models.fitting import lot_of
from models.registry import Registry
from models.storage import Storage
from models.telemetry import Telemetry
from models.timed_process import run_in_time
from tests.models.training_world import MACHINE, lessons

LOT = lot_of(lessons(), 7, 0.25, 60.0, 1)


def test_autogluon_forecasts_the_lives_held_out_and_the_card_says_who_wins(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(series_rivals, "WINDOWS", 6)
    monkeypatch.setattr(series_rivals, "SERIES", 9)
    fitted = forecast_fitting.fit(LOT, time.monotonic() + 90)
    rival = fitted.baselines["autogluon_series"]
    assert 0.2 < rival["mase"] < 1.2
    assert rival["windows"] == 6
    word = "loses to" if rival["mase"] < rival["model_mase_same_windows"] else "beats or equals"
    assert word in fitted.engine
    assert "DirectTabular" in fitted.engine or "SeasonalNaive" in fitted.engine
    assert "Chronos no candidate" in fitted.engine


def test_too_little_time_leaves_it_out_and_says_so():
    fitted = forecast_fitting.fit(LOT, time.monotonic() + series_rivals.FEWEST_SECONDS - 1)
    assert "autogluon_series" not in fitted.baselines
    assert "left out, the time being short" in fitted.engine
    assert series_rivals.planned_seconds(60) == 0.0
    assert series_rivals.planned_seconds(200) == 40.0


def test_what_has_not_ended_in_time_is_stopped(tmp_path: Path):
    assert run_in_time("this", tmp_path, 60)
    begun = time.monotonic()
    assert not run_in_time("models._autogluon_series", tmp_path, 0.2)
    assert time.monotonic() - begun < 5


def test_a_forecast_begins_where_both_sides_are_whole():
    steps = 12
    lengths = LOT.held.rows.groupby("life").size()
    places = series_rivals._places(LOT.held, steps)
    assert len(places) == series_rivals.WINDOWS
    assert all(steps <= cut <= len(values) - steps and len(values) in set(lengths) for values, cut in places)


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        (None, "is no folder"),
        ({}, "lacks config.json and model.safetensors"),
        ({"config.json": "{"}, "lacks model.safetensors"),
        ({"config.json": "{", "model.safetensors": ""}, "cannot be read"),
        ({"config.json": '{"architectures": ["T5Model"]}', "model.safetensors": ""}, "another model than Chronos"),
    ],
    ids=["no folder", "empty", "no weights", "broken", "another model"],
)
def test_a_path_without_weights_is_refused_with_how_to_get_them(
    tmp_path: Path, files: dict[str, str] | None, reason: str
):
    folder = tmp_path / "weights"
    if files is not None:
        folder.mkdir()
        for name, text in files.items():
            (folder / name).write_text(text)
    storage = Storage(tmp_path / "home")
    with pytest.raises(NoChronosWeights, match=f"{reason}.*hf download"):
        training.train(
            Datasets(storage), Telemetry(storage), Registry(storage), MACHINE, ("forecast",), 60, 7,
            lambda *_: None, chronos=folder,
        )  # fmt: skip


def test_both_generations_of_weights_are_told_apart(tmp_path: Path):
    (tmp_path / "model.safetensors").touch()
    for name, kind in (("ChronosBoltModelForForecasting", "Chronos"), ("Chronos2Model", "Chronos2")):
        (tmp_path / "config.json").write_text(json.dumps({"architectures": [name], "chronos_config": {}}))
        assert chronos_kind(tmp_path) == kind
