"""The ai4i, hydraulic and skab benchmarks run on any file of the layout, and say which column one lacks."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evals.benchmarks.ai4i import bench as ai4i
from evals.benchmarks.hydraulic import bench as hydraulic
from evals.benchmarks.result import BenchResult
from evals.benchmarks.skab import bench as skab
from machine_profiles.errors import MillwrightError
from models import _condition_candidates
from models.column_map import read_column_map

BENCHES = {"ai4i": ai4i, "hydraulic": hydraulic, "skab": skab}


def mill(random: np.random.Generator) -> pd.DataFrame:
    rows = 300
    torque, wear = random.uniform(20, 70, rows), random.uniform(0, 250, rows)
    failed = (torque * wear > 11_000).astype(int)
    return pd.DataFrame(
        {
            "UDI": np.arange(1, rows + 1), "Product ID": "x", "Type": random.choice(["L", "M", "H"], rows),
            "Air temperature [K]": random.normal(300, 1, rows), "Process temperature [K]": random.normal(310, 1, rows),
            "Rotational speed [rpm]": random.integers(1300, 1700, rows), "Torque [Nm]": torque,
            "Tool wear [min]": wear, "Machine failure": failed, "TWF": 0, "HDF": 0, "PWF": 0, "OSF": failed, "RNF": 0,
        }
    )  # fmt: skip


def rig(random: np.random.Generator) -> pd.DataFrame:
    """Levels change every four cycles; each moves one reading in step."""
    rows, sensors = 120, read_column_map(Path(hydraulic.__file__).parent / "column_map.yaml").sensors
    frame = pd.DataFrame({of.column: random.normal(50, 0.2, rows) for of in sensors.values()})
    moves = {"cooler": "tsa_temp", "valve": "psb_bar", "pump_leak": "fsa_vol_flow", "accumulator": "psc_bar"}
    levels = {"cooler": [3, 20, 100], "valve": [73, 80, 90, 100], "pump_leak": [0, 1, 2], "accumulator": [90, 100, 115]}
    for name, column in moves.items():
        place = np.repeat(random.integers(0, len(levels[name]), rows // 4), 4)
        frame[name] = np.array(levels[name])[place]
        frame[column] += 3 * place
    return frame.assign(stable=0)


def loop(random: np.random.Generator) -> pd.DataFrame:
    """Three experiments of 700 seconds; the flow falls from second 500 to 600."""
    sensors = read_column_map(Path(skab.__file__).parent / "column_map.yaml").sensors
    parts = []
    for number in range(3):
        second = np.arange(700)
        frame = pd.DataFrame({of.column: random.normal(30, 1, 700) for of in sensors.values()})
        frame["anomaly"] = ((second >= 500) & (second < 600)).astype(float)
        frame["Volume Flow RateRMS"] -= 8 * frame["anomaly"]
        at = pd.Timestamp(f"2020-03-0{number + 1}") + pd.to_timedelta(second, unit="s")
        parts.append(frame.assign(file=f"valve9/{number}.csv", datetime=at, changepoint=0.0))
    return pd.concat(parts, ignore_index=True)


FILES = {"ai4i": ("ai4i2020_part.csv", mill), "hydraulic": ("hydraulic_cycle_means_x.parquet", rig),
         "skab": ("skab_valve9.parquet", loop)}  # fmt: skip
FIGURES = {"ai4i": {"macro_f1", "average_precision"}, "hydraulic": {"balanced_accuracy"}, "skab": {"f1", "far", "mar"}}
MAIN = {"ai4i": "macro_f1", "hydraulic": "balanced_accuracy", "skab": "f1"}


@pytest.fixture(autouse=True)
def _small_models(monkeypatch: pytest.MonkeyPatch):
    for name, count in (("TREES", 20), ("ROUNDS", 4), ("FOREST", 12), ("BAGS", 1)):
        monkeypatch.setattr(_condition_candidates, name, count)
    monkeypatch.setattr(hydraulic, "BLOCKS", 3)


def written(folder: Path, name: str, without: str | None = None) -> Path:
    file, make = FILES[name]
    frame = make(np.random.default_rng(3))
    frame = frame.drop(columns=[without] if without else [])
    path = folder / file
    frame.to_csv(path, index=False) if path.suffix == ".csv" else frame.to_parquet(path, index=False)
    return folder


def run(name: str, folder: Path) -> BenchResult:
    return BENCHES[name].run(folder, 7, lambda _done, _step: None)  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", BENCHES)
def test_a_file_of_the_layout_gives_figures_above_the_controls(name: str, tmp_path: Path):
    result = run(name, written(tmp_path, name))
    assert set(result.figures) >= FIGURES[name]
    assert result.figures[MAIN[name]] > 0.8
    for control in ("constant", "shuffled"):
        assert result.peers[control][MAIN[name]] < result.figures[MAIN[name]] - 0.1
    assert result.n == {"ai4i": 300, "hydraulic": 120, "skab": 900}[name]


@pytest.mark.parametrize(
    ("name", "column"), [("ai4i", "Torque [Nm]"), ("ai4i", "OSF"), ("hydraulic", "psa_bar"), ("hydraulic", "valve"),
                         ("skab", "file"), ("skab", "anomaly")]
)  # fmt: skip
def test_a_missing_column_is_named(name: str, column: str, tmp_path: Path):
    with pytest.raises(MillwrightError) as refused:
        run(name, written(tmp_path, name, without=column))
    assert repr(column) in str(refused.value)


@pytest.mark.parametrize("name", BENCHES)
def test_an_empty_folder_names_the_file_and_where_to_get_it(name: str, tmp_path: Path):
    with pytest.raises(MillwrightError, match="Get"):
        run(name, tmp_path)
