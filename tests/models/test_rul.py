"""RUL labels are exact where the failure is known, and say nothing where it is not."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from machine_profiles.errors import MillwrightError
from machine_profiles.profile import Modelling, Profile, Sensor
from models.datasets import Datasets, UnknownDataset
from models.history import current_history, write_history
from models.lives import BadLives, Lives
from models.rul import NoFailures, label, label_lives
from models.rul_cap import cap_from_data
from models.storage import Storage
from models.telemetry import MaintenanceEvent, NoTelemetry, Telemetry

START = datetime(2026, 1, 1, tzinfo=UTC)
FAN = Profile(
    id="FAN_X_001",
    name="A fan",
    kind="fan",
    sensors=(Sensor(name="vibration", description="RMS", quantity="vibration", unit="mm/s"),),
)


def lives_ending(*how: str, rows: int = 5, every: float = 10.0, end: float = 42.0) -> Lives:
    """One life a word of `how`, read at 0, 10, 20… hours; its end, after the last row, is at `end` hours."""
    names = [f"life{i}" for i in range(len(how))]
    hours = [every * k for k in range(rows)]
    return Lives(
        pd.DataFrame([{"life": n, "hours": h, "vibration": 1.0 + h} for n in names for h in hours]),
        pd.DataFrame(
            {
                "life": names,
                "unit": "main",
                "ended_by": list(how),
                "failure_mode": ["imbalance" if h == "failure" else None for h in how],
                "end_hours": end,
            }
        ),
        ("vibration",),
    )


def worn(rng: np.random.Generator, name: str, length: int, lead: int) -> tuple[pd.DataFrame, dict]:
    """A life read hourly whose vibration rises over its last `lead` hours."""
    hours = np.arange(length, dtype=float)
    rise = np.clip((hours - (length - lead)) / lead, 0.0, None)
    vibration = 2.0 + 3.0 * rise + 0.1 * rng.standard_normal(length)
    end = {"life": name, "unit": "main", "ended_by": "failure", "failure_mode": "imbalance", "end_hours": length}
    return pd.DataFrame({"life": name, "hours": hours, "vibration": vibration}), end


@pytest.fixture
def telemetry(tmp_path: Path) -> Telemetry:
    """A unit whose first life failed at 5 h, and whose second runs since 3 h."""
    record = Telemetry(Storage(tmp_path))
    rows = pd.DataFrame(
        {
            "unit": "main",
            "at": pd.to_datetime([START + timedelta(hours=h) for h in range(9)]),
            "life": ["1"] * 5 + ["2"] * 4,
            "hours": [0.0, 1.0, 2.0, 3.0, 4.0, 0.0, 1.0, 2.0, 3.0],
            "vibration": 2.0,
        }
    )
    record.append(FAN.id, rows)
    record.log(
        FAN.id, MaintenanceEvent(at=START + timedelta(hours=5), life="1", action="failure", failure_mode="x", hours=5.0)
    )
    return record


def test_a_failed_life_counts_down_to_its_failure_and_is_flat_above_the_cap():
    labelled = label_lives(lives_ending("failure"), cap_hours=25.0)
    assert list(labelled["rul_hours"]) == [25.0, 25.0, 22.0, 12.0, 2.0]
    assert list(labelled["observed_for_hours"]) == [42.0, 32.0, 22.0, 12.0, 2.0]


@pytest.mark.parametrize("how", ["preventive", "running"])
def test_a_life_that_did_not_fail_has_no_rul_but_a_lower_bound(how: str):
    labelled = label_lives(lives_ending("failure", how), cap_hours=1000.0)
    unfailed = labelled[labelled["life"] == "life1"]
    assert unfailed["rul_hours"].isna().all()
    assert unfailed["censored"].all()
    assert list(unfailed["observed_for_hours"]) == [42.0, 32.0, 22.0, 12.0, 2.0]
    assert not labelled.loc[labelled["life"] == "life0", "censored"].any()


def test_labels_stand_beside_the_rows_they_belong_to():
    lives = lives_ending("failure", "running")
    labelled = label_lives(lives, cap_hours=100.0)
    assert list(labelled.columns) == [
        "life", "unit", "hours", "vibration", "rul_hours", "censored", "observed_for_hours",
    ]  # fmt: skip
    assert list(labelled["vibration"]) == list(lives.rows["vibration"])


def damaged(change: str) -> Lives:
    lives = lives_ending("failure")
    rows, ends = lives.rows.copy(), lives.ends.copy()
    if change == "backwards":
        rows.loc[3, "hours"] = 5.0
    elif change == "missing":
        rows.loc[3, "hours"] = np.nan
    elif change == "after":
        ends["end_hours"] = 31.0
    else:
        ends["ended_by"] = "scrapped"
    return Lives(rows, ends, lives.sensors)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("backwards", "life0 has hours that do not ascend"),
        ("missing", "life0 has rows without an hour"),
        ("after", "life0 has rows after its end"),
        ("unknown", "not by scrapped"),
    ],
    ids=["the meter runs backwards", "a reading has no hour", "a reading follows the failure", "an unknown ending"],
)
def test_lives_that_contradict_themselves_are_refused(change: str, says: str):
    with pytest.raises(BadLives, match=says):
        label_lives(damaged(change), cap_hours=100.0)


def test_a_cap_must_be_positive():
    with pytest.raises(MillwrightError, match="above 0"):
        label_lives(lives_ending("failure"), cap_hours=0.0)


def test_the_cap_taken_from_the_data_is_where_readings_begin_to_move():
    rng = np.random.default_rng(3)
    parts = [worn(rng, f"life{i}", int(length), 80) for i, length in enumerate(rng.integers(200, 400, 12))]
    lives = Lives(pd.concat([p[0] for p in parts]), pd.DataFrame([p[1] for p in parts]), ("vibration",))
    cap, source = cap_from_data(lives)
    assert 65.0 <= cap <= 95.0
    assert source.startswith("data: in all but 2 of the 12 failed lives")


def test_lives_too_few_or_too_flat_fall_back_on_a_share_of_the_median_life():
    cap, source = cap_from_data(lives_ending("failure", "failure", end=100.0))
    assert cap == 60.0
    assert "0.6 of the median life" in source


def test_labels_are_a_new_data_set_that_names_its_source(tmp_path: Path, telemetry: Telemetry):
    datasets = Datasets(Storage(tmp_path))
    result = label(datasets, telemetry, FAN, "latest", cap_hours=4.0)
    assert (result.dataset, result.made_from, result.cap_source) == ("labels@1", "history@1", "argument")
    assert (result.rows, result.labelled_rows, result.censored_rows) == (9, 5, 4)
    assert (result.failed_lives, result.censored_lives, result.failures_by_mode) == (1, 1, {"x": 1})
    stored = datasets.rows(datasets.find(FAN.id, "labels"))
    assert list(stored["rul_hours"].dropna()) == [4.0, 4.0, 3.0, 2.0, 1.0]
    assert datasets.find(FAN.id, "labels").details["policy"].startswith("Exact from failures")


def test_the_cap_is_the_profiles_where_no_argument_is_given(tmp_path: Path, telemetry: Telemetry):
    capped = FAN.model_copy(update={"modelling": Modelling(rul_cap_hours=2.5)})
    result = label(Datasets(Storage(tmp_path)), telemetry, capped, "latest", cap_hours=None)
    assert (result.cap_hours, result.cap_source) == (2.5, "profile")


def test_latest_is_the_set_of_lives_written_last_not_the_one_with_the_latest_date(tmp_path: Path, telemetry: Telemetry):
    datasets = Datasets(Storage(tmp_path))
    source = current_history(datasets, telemetry, FAN)
    lives = datasets.lives(source, FAN.sensor_names)
    card = {"machine_id": FAN.id, "name": "synthetic", "content": "lives", "origin": "synthetic"}
    datasets.write(card | {"created_at": START - timedelta(days=9), "made_from": "history@1"}, lives.rows, lives.ends)
    assert label(datasets, telemetry, FAN, "latest", 4.0).made_from == "synthetic@1"


def test_a_failure_logged_since_makes_a_new_history(tmp_path: Path, telemetry: Telemetry):
    datasets = Datasets(Storage(tmp_path))
    assert label(datasets, telemetry, FAN, "latest", 4.0).made_from == "history@1"
    assert label(datasets, telemetry, FAN, "latest", 4.0).made_from == "history@1"
    telemetry.log(FAN.id, MaintenanceEvent(at=START + timedelta(hours=9), life="2", action="failure", hours=4.0))
    again = label(datasets, telemetry, FAN, "latest", 4.0)
    assert (again.made_from, again.failed_lives, again.censored_rows) == ("history@2", 2, 0)


def test_without_a_failure_nothing_is_labelled_or_written(tmp_path: Path, telemetry: Telemetry):
    datasets = Datasets(Storage(tmp_path))
    write_history(datasets, FAN, lives_ending("running", "preventive"))
    with pytest.raises(NoFailures, match="log_maintenance"):
        label(datasets, telemetry, FAN, "history@1", None)
    assert not [d for d in datasets.list(FAN.id) if d.content == "labels"]


def test_an_unknown_data_set_is_named_beside_those_there_are(tmp_path: Path, telemetry: Telemetry):
    with pytest.raises(UnknownDataset, match=r"history@1"):
        label(Datasets(Storage(tmp_path)), telemetry, FAN, "historie", None)


def test_a_machine_nothing_was_recorded_of_says_so(tmp_path: Path):
    with pytest.raises(NoTelemetry, match="import telemetry first"):
        label(Datasets(Storage(tmp_path)), Telemetry(Storage(tmp_path)), FAN, "latest", None)
