"""Synthetic data is new, reproducible, obeys the machine's constraints, and its RUL is true."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from machine_profiles.errors import MillwrightError
from machine_profiles.profile import Modelling, Profile, Sensor
from models.constraints import constraints_of
from models.datasets import Datasets
from models.history import write_history
from models.holdout import held_out
from models.life_description import describe
from models.life_synthesis import synthesize_lives
from models.lives import BadLives, Lives
from models.row_synthesis import TooFewRows, lives_of_rows, seed_table
from models.rul import NoFailures, label, label_lives
from models.storage import Storage
from models.synthesis import Method, SynthesisResult, synthesize
from models.telemetry import NoTelemetry, Telemetry

PUMP = Profile(
    id="PUMP_X_001",
    name="A pump",
    kind="pump",
    sensors=(
        Sensor(name="vibration", description="RMS", quantity="vibration", unit="mm/s"),
        Sensor(name="bearing", description="drive end", quantity="bearing temperature", unit="degC"),
        Sensor(name="load", description="share of rated", quantity="load", unit="percent", role="operating"),
        Sensor(name="ambient", description="air", quantity="ambient temperature", unit="degC", role="operating"),
    ),
    modelling=Modelling(windows=(6, 24), baseline_rows=24, failure_horizon_hours=24.0, rul_cap_hours=100.0),
)
MOVES = {"bearing_wear": (3.0, 25.0), "imbalance": (6.0, 0.0)}  # at failure: vibration, bearing temperature


def recorded(failed: int = 8, preventive: int = 2, rows: int = 160, lead: int = 60, seed: int = 5) -> Lives:
    """Hourly lives of a pump; in the last `lead` hours of those that fail, vibration and bearing rise by their mode."""
    rng = np.random.default_rng(seed)
    tables, ends = [], []
    for number in range(failed + preventive):
        name, fails = f"unit{number}/1", number < failed
        mode = ("bearing_wear", "imbalance")[number % 2] if fails else None
        length = rows + int(rng.integers(0, 40))
        load = 70 + 10 * np.sin(np.arange(length) / 24 * 2 * np.pi) + rng.standard_normal(length)
        ambient = 20 + 3 * rng.standard_normal() + rng.standard_normal(length)
        u = np.clip((np.arange(length) - length + lead) / lead, 0, 1) if fails else np.zeros(length)
        rises = MOVES[mode] if mode else (0.0, 0.0)
        tables.append(
            pd.DataFrame(
                {
                    "life": name,
                    "hours": 1000.0 * number + np.arange(length),
                    "vibration": (2 + 0.2 * rng.standard_normal() + rises[0] * u + 0.1 * rng.standard_normal(length)),
                    "bearing": 30 + ambient + 0.1 * load + rises[1] * u + 0.5 * rng.standard_normal(length),
                    "load": load,
                    "ambient": ambient,
                }
            ).round(2)
        )
        ended = "failure" if fails else "preventive"
        ends.append((name, f"unit{number}", ended, mode, 1000.0 * number + length))
    return Lives(
        pd.concat(tables, ignore_index=True),
        pd.DataFrame(ends, columns=["life", "unit", "ended_by", "failure_mode", "end_hours"]),
        PUMP.sensor_names,
    )


@pytest.fixture
def plant(tmp_path: Path) -> tuple[Datasets, Telemetry]:
    datasets, telemetry = Datasets(Storage(tmp_path)), Telemetry(Storage(tmp_path))
    write_history(datasets, PUMP, recorded())
    return datasets, telemetry


def make(plant: tuple[Datasets, Telemetry], method: Method, rows: int = 600, limit_s: float = 30.0) -> SynthesisResult:
    return synthesize(*plant, PUMP, rows=rows, method=method, time_limit_s=limit_s, seed=7)


def stored(plant: tuple[Datasets, Telemetry], result: SynthesisResult) -> Lives:
    return plant[0].lives(plant[0].find(PUMP.id, result.dataset), PUMP.sensor_names)


def test_the_description_finds_what_moves_when_and_how_far():
    described = describe(recorded(), ("load", "ambient"))
    worn = [life for life in described.lives if life.mode == "bearing_wear"]
    assert described.condition == ("vibration", "bearing")
    assert np.median([life.rows - life.onset_row for life in worn]) == pytest.approx(60, abs=20)
    assert described.mean_change["bearing_wear"] == pytest.approx([3.0, 25.0], rel=0.2)
    assert described.mean_change["imbalance"][1] == 0.0  # the bearing does not answer to imbalance
    assert all(life.onset_row == life.rows for life in described.lives if life.mode is None)


def test_rendered_lives_rise_before_they_fail_and_have_exactly_the_rows_asked_for():
    lives = synthesize_lives(recorded(), PUMP, constraints_of(PUMP, recorded().rows), rows=1500, seed=1)
    labelled = label_lives(lives, cap_hours=1000.0)
    assert len(lives.rows) == 1500
    near, far = labelled["rul_hours"] <= 6, labelled["rul_hours"] > 90
    assert labelled.loc[near, "vibration"].mean() > labelled.loc[far, "vibration"].mean() + 2.0
    assert {"bearing_wear", "imbalance"} == set(lives.ends["failure_mode"].dropna())


def test_a_synthetic_failure_lies_at_or_after_its_last_row_and_unfailed_lives_stay_censored():
    lives = synthesize_lives(recorded(), PUMP, constraints_of(PUMP, recorded().rows), rows=1500, seed=2)
    last = lives.rows.groupby("life")["hours"].max()
    assert (lives.ends.set_index("life")["end_hours"] >= last).all()
    unfailed = set(lives.ends.loc[lives.ends["ended_by"] != "failure", "life"])
    labelled = label_lives(lives, cap_hours=50.0)
    assert unfailed
    assert labelled.loc[labelled["life"].isin(unfailed), "rul_hours"].isna().all()


def test_a_row_drawn_with_its_rul_is_labelled_with_just_that():
    table = pd.DataFrame(
        {
            "vibration": [2.0, 5.0], "bearing": [50.0, 70.0], "load": 70.0, "ambient": 20.0,
            "hours": [10.0, 500.0], "rul_hours": [300.0, 12.5], "failure_mode": ["imbalance", "not stated"],
        }
    )  # fmt: skip
    lives = lives_of_rows(table, PUMP)
    assert list(label_lives(lives, cap_hours=1000.0)["rul_hours"]) == [300.0, 12.5]
    assert list(lives.ends["failure_mode"]) == ["imbalance", None]


def test_rows_are_learnt_from_failed_lives_only():
    lives = recorded(failed=2, preventive=3)
    table = seed_table(lives, seed=1)
    assert len(table) == lives.rows["life"].isin(lives.failed).sum()
    assert set(table["failure_mode"]) == {"bearing_wear", "imbalance"}


@pytest.mark.parametrize("method", ["lives", "gaussian_copula"])
def test_a_data_set_is_whole_obeys_the_constraints_and_repeats_under_its_seed(
    plant: tuple[Datasets, Telemetry], method: Method
):
    first, second = make(plant, method), make(plant, method)
    assert (first.dataset, second.dataset, first.made_from) == ("synthetic@1", "synthetic@2", "history@1")
    assert (first.rows, first.violations) == (600, 0)
    assert first.quality > 0.75
    one, two = stored(plant, first), stored(plant, second)
    pd.testing.assert_frame_equal(one.rows, two.rows)
    pd.testing.assert_frame_equal(one.ends, two.ends)
    assert (one.rows["bearing"] >= one.rows["ambient"]).all()
    assert "bearing not below ambient" in first.constraints
    page = plant[0].folder(plant[0].find(PUMP.id, first.dataset)) / "quality.html"
    assert first.report.endswith("synthetic@1/quality.html")
    assert "column pair trends" in page.read_text()


def test_pair_trends_are_scored_where_no_two_columns_are_strongly_correlated():
    from models import _sdv

    rng = np.random.default_rng(3)
    real = pd.DataFrame(rng.standard_normal((400, 3)), columns=["a", "b", "c"])
    tied = pd.DataFrame({"a": real["a"], "b": real["a"], "c": real["a"]})  # b and c now follow a; |r| 0 against 1
    quality = _sdv.quality_of(real, tied, seed=1)
    assert (quality.pairs, quality.default_pairs) == (3, 0)
    assert quality.column_pair_trends == pytest.approx(0.5, abs=0.06)  # 1 - |0 - 1| / 2, for each pair
    assert quality.column_pair_trends != quality.column_shapes


def test_another_seed_gives_other_rows(plant: tuple[Datasets, Telemetry]):
    one = synthesize(*plant, PUMP, rows=300, method="lives", time_limit_s=20.0, seed=1)
    two = synthesize(*plant, PUMP, rows=300, method="lives", time_limit_s=20.0, seed=2)
    assert not stored(plant, one).rows["vibration"].equals(stored(plant, two).rows["vibration"])


@pytest.mark.parametrize("method", ["tvae", "ctgan"])
def test_a_network_trains_and_keeps_its_loss_curve(
    plant: tuple[Datasets, Telemetry], method: Method, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("models._sdv.EPOCH_STEPS", (2,))  # as many as would fit into a few seconds on an idle machine
    result = make(plant, method, rows=200, limit_s=600.0)
    card = plant[0].find(PUMP.id, result.dataset)
    loss = pd.read_csv(plant[0].folder(card) / "loss.csv")
    assert (result.rows, result.violations, result.method) == (200, 0, method)
    assert len(loss) == card.details["epochs"] == 2


def test_a_network_whose_loss_explodes_is_stopped_in_the_epoch_it_does():
    from models._watching import Diverged, _WatchedTVAE

    network = _WatchedTVAE(epochs=1)
    sound = pd.DataFrame({"Epoch": [0, 1, 2], "Batch": 0, "Loss": [50.0, 40.0, -30.0]})
    network.loss_values = sound
    assert network.loss_values is sound
    for wrong in (float("nan"), 6e4):
        with pytest.raises(Diverged, match=r"tvae diverged: its loss reached .* in epoch 4"):
            network.loss_values = pd.concat([sound, pd.DataFrame({"Epoch": [3], "Batch": [0], "Loss": [wrong]})])


def test_the_lives_that_a_training_holds_out_are_not_learnt_from(plant: tuple[Datasets, Telemetry]):
    result = make(plant, "lives")
    recorded = plant[0].lives(plant[0].find(PUMP.id, "history"), PUMP.sensor_names)
    learnt = set(plant[0].find(PUMP.id, result.dataset).details["learnt_from"])
    assert learnt == set(recorded.names) - set(held_out(recorded, 7))
    assert learnt < set(recorded.names)


def test_auto_keeps_what_trains_the_better_model_and_says_what_it_tried(plant: tuple[Datasets, Telemetry]):
    result = make(plant, "auto", limit_s=20.0)
    scores = {tried.method: tried.score for tried in result.tried}
    assert set(scores) == {"lives", "gaussian_copula"}
    assert result.method == max(scores, key=lambda method: scores[method])
    assert "tested on 3 held-out recorded lives (2 failed)" in result.scored_by
    assert [taught.trained_on for taught in result.taught] == ["recorded", "synthetic", "recorded and synthetic"]
    assert result.closeness is not None
    assert result.closeness.copies == 0


def test_with_two_failures_auto_says_that_nothing_could_be_held_out(tmp_path: Path):
    datasets, telemetry = Datasets(Storage(tmp_path)), Telemetry(Storage(tmp_path))
    write_history(datasets, PUMP, recorded(failed=2, preventive=1))
    result = make((datasets, telemetry), "auto", rows=200)
    assert (result.method, result.tried) == ("lives", ())
    assert result.scored_by.startswith("not scored: only 2")


def test_the_newest_lives_are_what_is_labelled_next(plant: tuple[Datasets, Telemetry]):
    made = make(plant, "gaussian_copula", rows=200)
    labels = label(*plant, PUMP, "latest", None)
    assert (labels.made_from, labels.labelled_rows, labels.censored_rows) == (made.dataset, 200, 0)


def test_without_telemetry_or_failures_the_reason_is_said(tmp_path: Path):
    datasets, telemetry = Datasets(Storage(tmp_path)), Telemetry(Storage(tmp_path))
    with pytest.raises(NoTelemetry, match="import telemetry first"):
        make((datasets, telemetry), "auto")
    write_history(datasets, PUMP, recorded(failed=0, preventive=3))
    with pytest.raises(NoFailures, match="log_maintenance"):
        make((datasets, telemetry), "auto")
    assert [card.name for card in datasets.list(PUMP.id)] == ["history"]


def test_too_few_rows_or_lives_are_refused_with_what_it_takes():
    lives = recorded(failed=1, preventive=0)
    few = Lives(lives.rows.iloc[-20:], lives.ends, lives.sensors)
    with pytest.raises(TooFewRows, match="Only 20 complete rows"):
        seed_table(few, seed=1)
    with pytest.raises(BadLives, match="at least 2"):
        synthesize_lives(lives, PUMP, constraints_of(PUMP, lives.rows), rows=100, seed=1)


def test_a_time_too_short_for_a_network_says_what_would_do(plant: tuple[Datasets, Telemetry]):
    with pytest.raises(MillwrightError, match=r"0\.\d+ s is too short to train ctgan.*allow about \d+ s"):
        make(plant, "ctgan", limit_s=0.05)
    assert [card.name for card in plant[0].list(PUMP.id)] == ["history"]
