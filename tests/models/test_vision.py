from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from machine_profiles.reading import SHIPPED, load_catalog
from models.diagnosis import Diagnosis, ModeCandidate
from models.image_fusion import combine
from models.photographs import Heads, picture_classes, shipped_heads
from models.storage import Storage
from models.unrelated_pictures import unrelated_pictures
from models.vision import ImageDiagnosis, diagnose_picture

FIXTURES = Path("evals/scenarios/fixtures")


def judged(tmp_path: Path, name: str) -> ImageDiagnosis:
    return diagnose_picture(FIXTURES / name, Storage(tmp_path))


def test_temperatures_give_a_severity_and_a_picture_with_the_spots(tmp_path: Path):
    found = judged(tmp_path, "contactor_temperatures.csv")
    assert found.kind == "thermal"
    assert found.thermal is not None
    assert found.thermal.severity == "major discrepancy"
    with Image.open(Storage(tmp_path).absolute(str(found.plot))) as plot:
        drawn = np.asarray(plot.convert("RGB"))
    assert np.any(np.all(drawn == (0, 255, 190), axis=2))


def test_a_page_of_text_is_not_judged(tmp_path: Path):
    found = judged(tmp_path, "notice.png")
    assert found.abstained
    assert (found.defect_probability, found.findings, found.family) == (None, (), None)
    assert "unlike" in str(found.why)


def test_every_class_that_the_heads_name_is_described():
    heads = shipped_heads()
    named = {f"{family}/{name}" for family in heads.families for name in heads.classes_of(family)}
    assert named == set(picture_classes())


def test_unrelated_pictures_are_drawn_alike_for_a_seed():
    first, second = (next(iter(unrelated_pictures(3))).pixels for _ in range(2))
    assert np.array_equal(first, second)


def test_classes_share_what_their_family_has():
    arrays = dict(shipped_heads().arrays)
    heads = Heads(arrays)
    x = np.zeros(len(arrays["centre"]))
    assert len(heads.signs(x, 0.0)) == 2
    assert heads.strangeness(x, 0.0) >= 0


PROFILE = load_catalog(SHIPPED)["PUMP_GRUNDFOS_CR3_004"]
CORROSION = picture_classes()["neu_det/pitted_surface"]


def readings(mode: str, moved: bool = True) -> Diagnosis:
    others = [each for each in PROFILE.failure_modes if each.name != mode]
    first = next(each for each in PROFILE.failure_modes if each.name == mode)
    candidates = tuple(
        ModeCandidate(
            failure_mode=each.name, title=each.title, probability=share, stage=0.5, signs=(), symptoms=each.symptoms
        )
        for each, share in zip((first, *others), (0.7, *[0.3 / len(others)] * len(others)), strict=True)
    )
    return Diagnosis(
        machine_id=PROFILE.id, unit="main", moved=moved, candidates=candidates, sensor_fault=0.0, faulty_sensor=None,
        unknown=0.0, window_rows=72, reference_rows=500,
    )  # fmt: skip


def test_picture_and_readings_that_point_to_one_mode_agree():
    found = combine(PROFILE, {CORROSION: 0.9}, 0.9, readings("cavitation"), None, None)
    assert found.agreement == "agree"
    assert found.modes[0].failure_mode == "cavitation"
    assert found.modes[0].combined_probability > 0.7
    assert sum(each.combined_probability for each in found.modes) == pytest.approx(1.0)


def test_a_sound_part_does_not_clear_a_machine_that_moved():
    found = combine(PROFILE, {}, 0.02, readings("cavitation"), None, None)
    assert found.agreement == "conflict"
    assert "does not clear" in found.said


def test_damage_that_no_sensor_feels_is_a_conflict():
    found = combine(PROFILE, {CORROSION: 0.9}, 0.9, readings("cavitation", moved=False), None, None)
    assert found.agreement == "conflict"
    assert found.modes[0].picture_probability > 0


def test_a_picture_that_was_not_judged_adds_nothing():
    found = combine(PROFILE, {}, None, readings("cavitation"), None, None)
    assert found.agreement == "readings only"
    assert found.modes[0].combined_probability == pytest.approx(0.7)
