"""Events become inputs and log entries: counts in the hour, hours since a replacement, failures that end lives."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from machine_profiles.errors import MillwrightError
from machine_profiles.reading import read_profile
from models.datasets import Datasets
from models.importing import ImportResult, import_file, preview
from models.storage import Storage
from models.telemetry import MaintenanceEvent, Telemetry

AZURE = Path(__file__).parents[2] / "evals" / "benchmarks" / "azure"
PROFILE = read_profile(AZURE / "profile.yaml")
START = datetime(2015, 1, 1, 6, tzinfo=UTC)
NOW = datetime(2016, 1, 1, tzinfo=UTC)
FIRST = "machine-1"


class Yard:
    """A folder with the four tables, times as hours after START, and a plant to bring them into."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.storage = Storage(folder / "home")
        self.telemetry = Telemetry(self.storage)
        self.hours = list(range(60))
        self.errors: list[tuple[float, int, str]] = [(10, 1, "error1"), (10.5, 1, "error1"), (10, 2, "error1")]
        self.failures: list[tuple[float, int, str]] = [(30, 1, "comp1")]
        self.maint: list[tuple[float, int, str]] = [(-48, 1, "comp1"), (30, 1, "comp1"), (50, 1, "comp2")]

    def write(self) -> Path:
        for name, column, events in (
            ("errors", "errorID", self.errors), ("failures", "failure", self.failures), ("maint", "comp", self.maint),
        ):  # fmt: skip
            frame = pd.DataFrame(events, columns=["datetime", "machineID", column])
            frame["datetime"] = [str(at(hour))[:19] for hour in frame["datetime"]]
            frame.to_csv(self.folder / f"azure_pdm_{name}.csv", index=False)
        rows = pd.DataFrame({"datetime": [str(at(hour))[:19] for hour in self.hours], "machineID": 1, "continuous": 1})
        readings = pd.DataFrame(1.0, index=rows.index, columns=["volt", "rotate", "pressure", "vibration"])
        path = self.folder / "azure_pdm_telemetry.csv"
        rows.join(readings).to_csv(path, index=False)
        return path

    def bring_in(self, **more) -> ImportResult:
        return import_file(
            self.storage, self.telemetry, Datasets(self.storage), PROFILE, self.write(), AZURE / "column_map.yaml", NOW,
            **more,
        )  # fmt: skip

    @property
    def rows(self) -> pd.DataFrame:
        return self.telemetry.window(PROFILE.id, START - timedelta(days=9), NOW, FIRST)


def at(hour: float) -> datetime:
    return START + timedelta(hours=hour)


@pytest.fixture
def yard(tmp_path: Path) -> Yard:
    return Yard(tmp_path)


def test_a_sensor_counts_the_events_of_its_hour_and_its_machine(yard: Yard):
    yard.bring_in()
    assert list(yard.rows["error_1"].iloc[9:13]) == [0.0, 1.0, 1.0, 0.0]  # at 10:00 sharp, and half past
    assert yard.rows["error_2"].sum() == 0.0


def test_a_components_meter_starts_anew_after_its_replacement(yard: Yard):
    yard.bring_in()
    age = yard.rows["component_1_age"]
    assert age.iloc[0] == 48.0  # replaced two days before the record begins
    assert list(age.iloc[29:33]) == [77.0, 78.0, 1.0, 2.0]  # the hour of the failure itself still shows the old part
    assert yard.rows["component_3_age"].isna().all()  # nobody knows when it was replaced


def test_a_failure_ends_a_life_and_a_replaced_component_does_not(yard: Yard):
    done = yard.bring_in()
    assert (done.lives_ended, done.entries_logged) == (1, 4)
    ends = yard.telemetry.lives(PROFILE).ends
    assert list(ends["ended_by"]) == ["failure", "running"]
    assert ends["failure_mode"].iloc[0] == "component_1"
    assert list(ends["end_hours"]) == [30.0, 29.0]


def test_a_machine_that_runs_through_gaps_ages_in_them(yard: Yard):
    yard.hours = [*range(10), *range(40, 60)]
    yard.failures = [(35, 1, "comp1")]
    yard.bring_in()
    lives = yard.telemetry.lives(PROFILE)
    assert lives.ends["end_hours"].iloc[0] == 35.0  # the failure fell into the gap
    assert list(yard.rows["component_1_age"].iloc[9:11]) == [57.0, 10.0]  # replaced at 30, in the gap too


def test_a_second_file_of_failures_in_a_later_life_counts_on_that_lifes_meter(yard: Yard):
    yard.hours = [*range(20), *range(40, 60)]
    yard.failures = [(10, 1, "comp1"), (30, 1, "comp2")]
    yard.bring_in()
    assert list(yard.telemetry.lives(PROFILE).ends["end_hours"][:2]) == [10.0, 20.0]


def test_importing_again_logs_nothing_twice(yard: Yard):
    yard.bring_in()
    again = yard.bring_in()
    assert (again.rows_stored, again.entries_logged) == (0, 0)
    assert len(yard.telemetry.maintenance(PROFILE.id)) == 4


def test_what_happens_after_the_last_row_waits_for_its_rows(yard: Yard):
    yard.failures += [(80, 1, "comp2")]
    assert yard.bring_in().lives_ended == 1
    yard.hours = list(range(100))
    assert yard.bring_in().lives_ended == 1


def test_a_replacement_that_a_person_logs_counts_for_the_rows_that_follow(yard: Yard):
    yard.hours, yard.failures, yard.maint = list(range(30)), [], []
    yard.bring_in()
    repair = MaintenanceEvent(at=at(29), unit=FIRST, action="repair", failure_mode="component_4")
    yard.telemetry.log(PROFILE.id, repair)
    yard.hours = list(range(60))
    yard.bring_in()
    age = yard.rows["component_4_age"]
    assert age.iloc[:30].isna().all()
    assert list(age.iloc[30:33]) == [1.0, 2.0, 3.0]


def test_a_dry_run_writes_nothing(yard: Yard):
    assert yard.bring_in(dry_run=True).entries_logged == 4
    assert not yard.telemetry.has(PROFILE.id)
    facts = preview(yard.telemetry, PROFILE, yard.write(), AZURE / "column_map.yaml", NOW).facts
    assert facts["maintenance"].startswith("3 other entries")


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        pytest.param(lambda yard: yard.folder.joinpath("azure_pdm_errors.csv").unlink(), "azure_pdm_errors", id="gone"),
        pytest.param(
            lambda yard: yard.folder.joinpath("azure_pdm_errors.csv").write_text("datetime,machineID\n2015-01-01,1\n"),
            "no column 'errorID'", id="column",
        ),
        pytest.param(
            lambda yard: yard.folder.joinpath("azure_pdm_failures.csv").write_text(
                "datetime,machineID,failure\n2015-01-02 06:00:00,1,comp9\n"
            ),
            "'comp9'", id="unnamed mode",
        ),
        pytest.param(
            lambda yard: yard.folder.joinpath("azure_pdm_maint.csv").write_text(
                "datetime,machineID,comp\nsoon,1,comp1\n"
            ),
            "'soon' is not ISO 8601", id="time",
        ),
    ],
)  # fmt: skip
def test_an_event_file_that_does_not_fit_is_refused_by_name(yard: Yard, fault, said: str):
    path = yard.write()
    fault(yard)
    with pytest.raises(MillwrightError, match=said):
        import_file(yard.storage, yard.telemetry, Datasets(yard.storage), PROFILE, path, AZURE / "column_map.yaml", NOW)
    assert not yard.telemetry.has(PROFILE.id)


def test_a_sensor_is_filled_in_one_way_only(yard: Yard):
    text = (AZURE / "column_map.yaml").read_text().replace("  voltage: {column: volt}\n", "  error_1: {column: volt}\n")
    stated = yard.folder / "map.yaml"
    stated.write_text(text)
    with pytest.raises(MillwrightError, match="error_1 stands under more than one"):
        import_file(yard.storage, yard.telemetry, Datasets(yard.storage), PROFILE, yard.write(), stated, NOW)


def test_missing_counts_are_not_zero(yard: Yard):
    """Without its event file in the map a sensor is silent."""
    text = (AZURE / "column_map.yaml").read_text()
    stated = yard.folder / "map.yaml"
    stated.write_text(text[: text.index("counts:")])
    import_file(yard.storage, yard.telemetry, Datasets(yard.storage), PROFILE, yard.write(), stated, NOW)
    assert np.isnan(yard.rows["error_1"]).all()
