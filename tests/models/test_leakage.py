"""Leaks are refused with the reason before anything is trained, and sound data is not."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from machine_profiles.profile import Profile, Sensor
from models.fitting import Lessons, fit_machine
from models.leakage import Leakage, refuse_leaks
from models.lives import Lives
from models.windows import ModelInput, life_inputs
from tests.models.training_world import MACHINE, lessons, wearing_lives

LIVES = wearing_lives()
FAILED = LIVES.failed
KEPT, HELD = LIVES.only(LIVES.names[::2]), LIVES.only(LIVES.names[1::2])
REMAINING = LIVES.rows["life"].map(LIVES.ends.set_index("life")["end_hours"]) - LIVES.rows["hours"]
FAILS = LIVES.rows["life"].isin(FAILED)


def refused(kept: Lives = KEPT, held: Lives = HELD, **given: object) -> str:
    with pytest.raises(Leakage) as refusal:
        refuse_leaks(MACHINE, kept, held, **given)  # type: ignore[arg-type]
    return str(refusal.value)


def with_column(values: "pd.Series[float] | np.ndarray") -> tuple[Profile, Lives, Lives]:
    """The machine with one sensor more."""
    extra = Sensor(name="extra", description="extra", quantity="level", unit="percent")
    profile = MACHINE.model_copy(update={"sensors": (*MACHINE.sensors, extra)})
    lives = Lives(LIVES.rows.assign(extra=values), LIVES.ends, (*LIVES.sensors, "extra"))
    return profile, lives.only(KEPT.names), lives.only(HELD.names)


def test_sound_lives_are_not_refused():
    refuse_leaks(MACHINE, KEPT, HELD, wearing_lives(seed=5), ("S00/1",))


def test_a_life_on_both_sides_is_refused():
    both = KEPT.joined(HELD.only(HELD.names[:1]))
    assert f"life {HELD.names[0]} would be learnt from and held out" in refused(both)


def test_synthetic_lives_made_from_held_out_ones_are_refused():
    made = wearing_lives(seed=5)
    said = refused(synthetic=made, synthetic_from=(KEPT.names[0], HELD.names[1]))
    assert f"made from life {HELD.names[1]}" in said
    assert "synthesize_data" in said


def test_rows_after_the_failure_are_refused():
    ends = KEPT.ends.copy()
    ends.loc[0, "end_hours"] -= 2.0
    assert f"2 rows of life {KEPT.names[0]} lie after its end" in refused(Lives(KEPT.rows, ends, KEPT.sensors))


def test_rows_copied_into_another_life_are_refused():
    rows = HELD.rows.copy()
    source = KEPT.rows[KEPT.rows["life"] == KEPT.names[0]].head(20)
    place = rows.index[rows["life"] == HELD.names[0]][40:60]
    rows.loc[place, list(HELD.sensors)] = source[list(HELD.sensors)].to_numpy()
    said = refused(held=Lives(rows, HELD.ends, HELD.sensors))
    assert f"{KEPT.names[0]} and {HELD.names[0]}" in said


def test_a_machine_at_rest_reads_alike_in_many_lives():
    rows = LIVES.rows.copy()
    at_rest = rows.groupby("life").cumcount().between(30, 60)
    rows.loc[at_rest, list(LIVES.sensors)] = (0.0, 20.0, 0.0)
    lives = Lives(rows, LIVES.ends, LIVES.sensors)
    refuse_leaks(MACHINE, lives.only(KEPT.names), lives.only(HELD.names))


@pytest.mark.parametrize(
    ("column", "reason"),
    [
        (REMAINING.where(FAILS), "only a countdown can"),
        (-np.log1p(REMAINING.where(FAILS)), "only a countdown can"),
        (REMAINING.clip(upper=60), "only a countdown can"),
        ((FAILS & (REMAINING <= 24)).astype(float), "is 1 from 24 h before each failure on"),
        (REMAINING.where(FAILS & (REMAINING <= 24)), "outcome|countdown"),
        (LIVES.rows["life"].map(LIVES.ends.set_index("life")["end_hours"]), "is each life's length"),
    ],
    ids=["remaining hours", "their logarithm", "capped", "fails within a day", "filled at the end only", "length"],
)
def test_a_column_that_is_the_label_is_refused(column: "pd.Series[float]", reason: str):
    profile, kept, held = with_column(column)
    with pytest.raises(Leakage, match=f"column extra .*({reason})"):
        refuse_leaks(profile, kept, held)


@pytest.mark.parametrize(
    "column",
    [
        LIVES.rows["hours"],
        LIVES.rows.groupby("life").cumcount(),
        (LIVES.rows["vibration"] > 4.0).astype(float),
        -REMAINING.clip(upper=60) + np.random.default_rng(1).normal(0, 4, len(REMAINING)),
    ],
    ids=["hour meter", "age", "an alarm that rings at its level", "wear with noise"],
)
def test_a_column_that_could_be_known_is_not_refused(column: "pd.Series[float]"):
    refuse_leaks(*with_column(column))


def test_a_window_that_looks_ahead_is_refused():
    def centred(profile: Profile, lives: Lives) -> Iterator[tuple[ModelInput, pd.DataFrame]]:
        for seen, keys in life_inputs(profile, lives):
            ahead = np.roll(seen.window, -3, axis=0)
            yield ModelInput(ahead, seen.baseline, seen.age_hours), keys

    assert "may only look back" in refused(windows=centred)


def test_a_training_with_a_leak_trains_nothing(tmp_path: Path):
    profile, kept, held = with_column(REMAINING.where(FAILS))
    plain = lessons()
    leaking = Lessons(profile, kept.joined(held), 60.0, plain.datasets, plain.data_hash, plain.now)
    with pytest.raises(Leakage, match="Nothing was trained"):
        fit_machine(leaking, ("anomaly",), 60, 7, lambda _done, _step: None, tmp_path, quick=True)
    assert not any(tmp_path.iterdir())
