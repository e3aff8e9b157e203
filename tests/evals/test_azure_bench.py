"""The azure benchmark takes any folder of its layout, judges each machine once, and says what is missing."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evals.benchmarks.azure import bench
from evals.benchmarks.result import BenchResult
from machine_profiles.errors import MillwrightError

START = pd.Timestamp("2015-01-01 06:00")
MACHINES = (11, 12, 13, 14)
HOURS, UNBROKEN, FAILURES = 500, 400, 3


def quiet(_done: float, _step: str) -> None:
    return None


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Machines whose voltage rises two days before each failure, with an error a day before; errors at random too."""
    random = np.random.default_rng(3)
    rows, errors, failures, maint = [], [], [], []
    for machine in MACHINES:
        hours = np.arange(HOURS)
        ends = 60 + np.cumsum(random.integers(50, 200, FAILURES))
        ends = ends[ends < HOURS]
        left = np.append(ends, 9999)[np.searchsorted(ends, hours)] - hours
        moved = 20.0 * (left < 48)
        readings = {"volt": 170 + moved + random.normal(0, 8, len(hours)), "rotate": random.normal(450, 30, len(hours))}
        readings |= {"pressure": random.normal(100, 5, len(hours)), "vibration": random.normal(40, 3, len(hours))}
        at = START + pd.to_timedelta(hours, unit="h")
        rows.append(pd.DataFrame({"datetime": at.as_unit("ns"), "machineID": machine, **readings}))
        rows[-1]["continuous"] = (hours < UNBROKEN).astype(np.int8)
        errors += [(at[end - 24], machine, "error1") for end in ends]
        errors += [(at[hour], machine, "error3") for hour in random.integers(0, len(hours), 5)]
        failures += [(at[end], machine, "comp1") for end in ends]
        maint += [(at[end], machine, "comp1") for end in ends] + [(START - pd.Timedelta("9D"), machine, "comp2")]
    folder = tmp_path_factory.mktemp("azure")
    pd.concat(rows).to_parquet(folder / "azure_pdm_telemetry.parquet")
    for part, column, events in (
        ("errors", "errorID", errors),
        ("failures", "failure", failures),
        ("maint", "comp", maint),
    ):
        table = pd.DataFrame(events, columns=["datetime", "machineID", column])
        table.assign(datetime=table["datetime"].astype(str)).to_csv(folder / f"azure_pdm_{part}.csv", index=False)
    return folder


@pytest.fixture(scope="module")
def result(data: Path) -> BenchResult:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bench, "FOLDS", 2)  # two machines are learnt from, two judged, and the other way round
        return bench.run(data, 7, quiet, time_limit_s=10)


def test_the_figures_stand_beside_their_peers(result: BenchResult):
    assert {"average_precision", "f1", "f1_at_threshold", "ece"} <= set(result.figures)
    assert set(result.peers) == {"lightgbm", "constant", "shuffled"}
    assert result.figures["average_precision"] > 0.8
    assert result.peers["shuffled"]["average_precision"] < 0.5
    assert result.peers["constant"]["average_precision"] < 0.4


def test_every_hour_of_unbroken_history_is_judged_once(result: BenchResult):
    assert result.n == len(MACHINES) * UNBROKEN


def test_a_folder_that_lacks_a_table_names_it(data: Path, tmp_path: Path):
    for file in data.iterdir():
        if "errors" not in file.name:
            (tmp_path / file.name).write_bytes(file.read_bytes())
    with pytest.raises(MillwrightError, match="azure_pdm_errors"):
        bench.run(tmp_path, 7, quiet)


def test_a_table_that_lacks_a_column_names_it(data: Path, tmp_path: Path):
    for file in data.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    table = pd.read_parquet(tmp_path / "azure_pdm_telemetry.parquet")
    table.drop(columns="volt").to_parquet(tmp_path / "azure_pdm_telemetry.parquet")
    with pytest.raises(MillwrightError, match="no column 'volt'"):
        bench.run(tmp_path, 7, quiet)
    table.rename(columns={"machineID": "machine"}).to_parquet(tmp_path / "azure_pdm_telemetry.parquet")
    with pytest.raises(MillwrightError, match="no column machineID"):
        bench.run(tmp_path, 7, quiet)
