"""Claims about fresh plants: their truth is drawn once for all, and a claim is right only where it holds."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evals.truth_asking import DEGRADES, Claims, Life, Pictured
from evals.truth_claims import MEANINGS, judge, lead_hours, shuffled
from evals.truth_controls import along_others
from evals.truth_plants import Truth, draw_plant, lay_out, write_thermogram
from machine_profiles.reading import SHIPPED, load_catalog
from models.examples import Examples
from models.image_reading import read_picture
from models.storage import Storage
from models.telemetry import Telemetry
from models.thermal import hot_spots

TRUE = draw_plant(5, seed=7).truth


def right(truth: Truth) -> Claims:
    """Every claim as it is."""
    return Claims(
        worst=truth.failing,
        modes=(truth.mode,),
        life=Life(hours=truth.rul_hours, low=0.5 * truth.rul_hours, high=2 * truth.rul_hours, at_least=False),
        alarms={truth.failing: True, truth.off: False, **dict.fromkeys(truth.sound, False)},
        later_of=truth.failing,
        later=dict.fromkeys(truth.later, True),
        drifted={truth.failing: DEGRADES, truth.off: truth.sensors[0], **dict.fromkeys(truth.sound, "")},
        pictures=tuple(Pictured(agreement=each, modes=(truth.mode,)) for each in truth.agreements),
    )


def wrong_of(claims: Claims, truth: Truth = TRUE) -> set[str]:
    return {name.strip() for name, verdicts in judge(truth, claims).items() if not all(verdicts)}


def test_the_same_number_and_seed_is_the_same_plant():
    one, other = draw_plant(3, seed=11), draw_plant(3, seed=11)
    assert one.truth == other.truth
    pd.testing.assert_frame_equal(one.rows[one.truth.failing], other.rows[one.truth.failing])
    assert draw_plant(3, seed=12).truth != one.truth


def test_over_twenty_numbers_each_machine_fails_once_while_its_failure_shows():
    truths = [draw_plant(number, seed=7).truth for number in range(20)]
    assert sorted(truth.failing for truth in truths) == sorted(load_catalog(SHIPPED))
    assert all(truth.rul_hours >= 24 and truth.mode in truth.modes for truth in truths)
    assert all(len({t.failing, t.off, *t.sound}) == 4 for t in truths)


def test_nothing_is_recorded_before_its_time(tmp_path: Path):
    plant = draw_plant(5, seed=7)
    telemetry = Telemetry(lay_out(tmp_path, plant.truth, None))
    plant.record(telemetry, plant.truth.now)
    assert telemetry.span(plant.truth.failing)[1] == plant.truth.now
    last = plant.truth.later[12.0]
    plant.record(telemetry, last)
    assert telemetry.span(plant.truth.failing)[1] == last
    hours = telemetry.latest(plant.truth.failing, 1)["hours"].iloc[0]
    ended = plant.rows[plant.truth.failing]["hours"].iloc[-1]
    assert ended - hours == 12.0
    assert not Storage(tmp_path).plant_file.exists()


def test_claims_that_are_all_so_are_all_right():
    assert wrong_of(right(TRUE)) == set()
    assert lead_hours(TRUE, right(TRUE)) == TRUE.rul_hours


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"worst": TRUE.off}, {"worst"}),
        ({"modes": ("seal_leak", "cavitation", TRUE.mode)}, {"mode"}),
        ({"life": Life(hours=1.3 * TRUE.rul_hours, low=0, high=500, at_least=False)}, {"rul_within_25"}),
        ({"life": Life(hours=TRUE.rul_hours + 5, low=TRUE.rul_hours + 1, high=500, at_least=False)}, {"rul_interval"}),
        ({"life": Life(hours=360, low=300, high=360, at_least=True)}, {"rul_interval", "rul_within_25"}),
        ({"life": None}, {"rul_interval", "rul_within_25"}),
        ({"alarms": {**right(TRUE).alarms, TRUE.failing: False}, "later": {}}, {"alarm", "in_time"}),
        ({"alarms": {**right(TRUE).alarms, TRUE.sound[0]: True}}, {"alarm", "sound_quiet"}),
        ({"drifted": {**right(TRUE).drifted, TRUE.off: "vibration"}}, {"drift", "named"}),
        ({"drifted": {**right(TRUE).drifted, TRUE.sound[1]: "load"}}, {"drift", "quiet"}),
        ({"pictures": right(TRUE).pictures[:1]}, {"picture"}),
        ({"alarms": {}, "later": {}, "drifted": {}},
         {"alarm", "in_time", "sound_quiet", "sensor_quiet", "drift", "named", "quiet", "degrades"}),
    ],
    ids=["another is worst", "the mode is third", "life 30 % off", "life below its interval", "too long a lower bound",
         "no life", "no alarm", "an alarm on a sound one", "another sensor", "drift on a sound one", "no picture",
         "nothing claimed"],
)  # fmt: skip
def test_a_claim_that_is_not_so_is_wrong_and_only_that(change: dict, wrong: set[str]):
    assert wrong_of(right(TRUE).model_copy(update=change)) == wrong


def test_an_alarm_counts_from_the_moment_it_comes_and_not_in_the_last_hours():
    late = right(TRUE).model_copy(update={"alarms": {TRUE.failing: False}, "later": {48.0: False, 24.0: True}})
    assert lead_hours(TRUE, late) == 24.0
    assert lead_hours(TRUE, late.model_copy(update={"later": {8.0: True}})) is None


def test_against_shuffled_truth_what_is_known_falls_to_chance():
    truths = [draw_plant(number, seed=7).truth for number in range(40)]
    dealt = shuffled(truths, seed=7)
    verdicts = [judge(truth, right(true)) for truth, true in zip(dealt, truths, strict=True)]
    share = {name: np.mean([each for v in verdicts for each in v[name]]) for name in MEANINGS}
    assert share["worst"] < 0.5  # one machine of four
    assert share["mode"] < 0.5  # one mode of four or five
    assert share["rul_within_25"] < 0.5
    assert share["alarm"] < 0.5
    assert share["drift"] < 0.2


def test_a_thermogram_shows_a_hot_spot_where_one_is_wanted(tmp_path: Path):
    def spots(spot: bool) -> int:
        matrix = read_picture(write_thermogram(tmp_path / "shot.csv", spot, seed=3)).matrix
        assert matrix is not None
        return len(hot_spots(matrix.celsius, True, matrix.ambient_c).spots)

    assert (spots(True), spots(False)) == (1, 0)


def test_labels_of_other_lives_are_the_same_labels_elsewhere():
    life = np.repeat([f"S{n:02d}" for n in range(8)], 50).astype(object)
    hours = np.tile(np.arange(50.0), 8)
    observed = 50.0 - hours + 100.0 * np.repeat(np.arange(8), 50)
    features = np.zeros((400, 2), np.float32)
    taught = Examples(features, features, life, hours, np.repeat(np.arange(8) % 2 == 0, 50), observed)
    wrong = along_others(taught, seed=1)
    assert sorted(wrong.observed) == sorted(observed)
    assert np.mean(wrong.observed == observed) < 0.3
    assert (wrong.life == life).all()


def test_the_moments_asked_about_lie_before_the_failure():
    assert TRUE.now < TRUE.later[48.0] < TRUE.later[24.0] < TRUE.later[12.0]
    assert TRUE.later[12.0] - TRUE.later[24.0] >= timedelta(hours=12)
