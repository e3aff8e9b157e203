"""The femto benchmark takes any folder of its layout, judges each bearing once, and says what is missing."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from evals.benchmarks.femto import bench
from evals.benchmarks.femto.peers import extrapolated_trend
from evals.benchmarks.result import BenchResult
from machine_profiles.errors import MillwrightError

STOPPED = 40  # snapshots before the failure


def quiet(_done: float, _step: str) -> None:
    return None


def columns() -> list[str]:
    stated = yaml.safe_load((bench.HERE / "column_map_failed.yaml").read_text())
    return [sensor["column"] for sensor in stated["sensors"].values()]


def run_of(name: str, rows: int, seed: int, last: int | None = None, which: str = "Learning_set") -> pd.DataFrame:
    """A bearing whose loudness grows over its whole life."""
    random = np.random.default_rng(seed)
    idx = np.arange(1, (last or rows) + 1)
    frame = pd.DataFrame({"set": which, "bearing": name, "idx": idx, "rul_s": (rows - idx) * 10.0})
    for column in columns():
        frame[column] = 0.5 + 0.4 * idx / rows + random.normal(0, 0.03, len(idx))
    return frame


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("femto")
    failed = [run_of(f"Bearing{n}", rows, n) for n, rows in enumerate((40, 55, 75, 100, 130), 1)]
    pd.concat(failed).to_parquet(folder / "femto_features_some.parquet")
    stopped = run_of("Bearing0", 90, 9, last=90 - STOPPED, which="Test_set")
    pd.concat([stopped, run_of("Bearing1", 40, 1, 20, "Cut")]).to_csv(folder / "femto_features_rest.csv", index=False)
    return folder


@pytest.fixture(scope="module")
def result(data: Path) -> BenchResult:
    return bench.run(data, 7, quiet, time_limit_s=10, at_most=2)


def test_the_figures_stand_beside_their_peers(result: BenchResult):
    assert {"rmse_hours", "rmse_over_constant", "coverage_90"} <= set(result.figures)
    assert set(result.peers) == {"constant", "trend", "lightgbm", "shuffled"}
    assert result.figures["rmse_over_constant"] < 0.8
    assert result.peers["constant"]["rmse_over_constant"] == 1.0
    assert result.peers["shuffled"]["rmse_over_constant"] > 0.9


def test_every_snapshot_is_judged_once_of_bearings_stopped_early_too(result: BenchResult):
    assert result.n == 90 - STOPPED + 40
    assert "2 bearings (the set has 6, 5 of which ran to failure)" in result.protocol


def test_a_trend_is_carried_on_to_where_the_others_failed():
    """One that doubles its loudness each hour, from 1, fails at 8 as the other did: at 2 h it has 1 h left."""
    idx = np.arange(1, 1081)
    run = pd.DataFrame({"bearing": "a", "idx": idx, "rul_s": (1080 - idx) * 10.0})
    run["acch_rms"] = run["accv_rms"] = 2.0 ** (idx / 360)
    at_two_hours = extrapolated_trend(run, run)[719]
    assert at_two_hours == pytest.approx(1.0, abs=0.02)


def test_a_folder_without_features_says_how_to_get_them(tmp_path: Path):
    with pytest.raises(MillwrightError, match=r"femto_features.*PRONOSTIA"):
        bench.run(tmp_path, 7, quiet)


def test_missing_columns_and_too_few_bearings_are_named(tmp_path: Path):
    table = run_of("Bearing1", 60, 1)
    table.drop(columns="rul_s").to_parquet(tmp_path / "femto_features.parquet")
    with pytest.raises(MillwrightError, match="no column rul_s"):
        bench.run(tmp_path, 7, quiet)
    table.to_parquet(tmp_path / "femto_features.parquet")
    with pytest.raises(MillwrightError, match="holds 1 bearings run to failure"):
        bench.run(tmp_path, 7, quiet)
