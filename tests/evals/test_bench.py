"""A benchmark takes any folder of the same layout through the ordinary path, and gives the contract's document."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evals.benchmarks.cmapss import bench
from machine_profiles.errors import MillwrightError
from models import metrics
from ui.bench_command import bench_command


def engines(count: int, seed: int, run_to_failure: bool) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Engines of 90 to 130 cycles whose readings drift over the last 60; test engines are stopped before."""
    random = np.random.default_rng(seed)
    frames, left = [], []
    for unit in range(1, count + 1):
        life = int(random.integers(90, 130))
        last = life if run_to_failure else int(random.integers(40, life - 5))
        cycle = np.arange(1, last + 1)
        wear = np.clip(1 - (life - cycle) / 60, 0, 1)
        readings = {f"s{n}": 500 + n + (n % 3) * wear + random.normal(0, 0.2, last) for n in range(1, 22)}
        settings = {f"set{n}": random.normal(0.5, 0.002, last) for n in (1, 2, 3)}
        frames.append(pd.DataFrame({"unit": unit, "cycle": cycle, **settings, **readings}))
        left.append({"unit": unit, "rul_at_last_cycle": life - last})
    return pd.concat(frames, ignore_index=True), pd.DataFrame(left)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    train, _ = engines(14, seed=1, run_to_failure=True)
    test, truth = engines(6, seed=2, run_to_failure=False)
    for part, table in (("train", train), ("test", test), ("test_rul", truth)):
        table.to_parquet(tmp_path / f"cmapss_FD009_{part}.parquet", index=False)
    return tmp_path


def test_the_document_has_figures_and_peers_of_the_same_run(data: Path):
    result = bench.run(data, 7, lambda _done, _step: None, subset="FD009", time_limit_s=10)
    document = json.loads(result.model_dump_json())
    assert {"name", "figures", "peers", "protocol", "data", "seed", "n", "seconds"} <= set(document)
    assert {"rmse", "phm08", "rmse_clipped", "phm08_clipped", "coverage_90"} <= set(document["figures"])
    assert 0 <= document["figures"]["coverage_90_last_fifth"] <= 1
    assert {"constant", "lightgbm", "shuffled"} <= set(document["peers"])
    assert document["n"] == 6
    assert document["figures"]["rmse"] < document["peers"]["constant"]["rmse"]


def test_the_control_is_taught_true_labels_of_another_life():
    unit = pd.Series(np.repeat([1, 2, 3], 5))
    own = {1: set(range(5)), 2: set(range(10, 15)), 3: set(range(20, 25))}
    label = pd.Series([*range(5), *range(10, 15), *range(20, 25)])
    dealt = bench.of_another_life(label, unit, seed=7)
    for life in own:
        assert any(set(dealt[unit == life]) <= own[other] for other in own if other != life)


def test_the_phm08_score_costs_late_answers_more():
    early, late = (metrics.phm08(np.array([50.0]), np.array([50.0 + by])) for by in (-13.0, 13.0))
    assert early == pytest.approx(np.e - 1)
    assert late == pytest.approx(np.exp(1.3) - 1)


def test_clipping_is_for_truth_and_answer_alike():
    scores = bench.scores(np.array([140.0, 60.0]), np.array([130.0, 60.0]))
    assert scores["rmse_clipped"] == 0.0
    assert scores["rmse"] == pytest.approx(np.sqrt(50))


def test_a_folder_without_the_files_names_the_one_that_lacks(tmp_path: Path):
    with pytest.raises(MillwrightError, match="cmapss_FD001_train"):
        bench_command("cmapss", tmp_path, None, "FD001")


def test_an_unknown_benchmark_names_those_there_are():
    with pytest.raises(MillwrightError, match="cmapss"):
        bench_command("cmaps", None, None, "FD001")
