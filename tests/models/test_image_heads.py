from pathlib import Path

import numpy as np
from PIL import Image

from models._image_heads import fit_heads
from models.image_encoder import Seen
from models.photographs import Heads
from models.picture_folder import held_back, labelled_pictures

SIZE = 80
CLASSES = ("gear/fault", "gear/no_fault", "substation_thermal/hotspot", "substation_thermal/no_hotspot")


def fitted() -> tuple[Heads, dict[str, np.ndarray]]:
    rng = np.random.default_rng(3)
    middles = {key: 3 * rng.standard_normal(SIZE) for key in CLASSES}
    keys = np.repeat(CLASSES, 24)
    views = np.stack([middles[key] + rng.standard_normal((2, SIZE)) for key in keys])
    heat = np.stack([np.full(5, 2.0 * key.endswith("/hotspot")) + rng.standard_normal(5) * 0.3 for key in keys])
    families, classes = (np.array([key.split("/")[i] for key in keys]) for i in (0, 1))
    strange = 6 * rng.standard_normal((30, 2, SIZE))
    arrays = fit_heads(
        views, heat, families, classes, np.arange(len(keys)).astype(str), np.zeros(len(keys)), strange,
        np.arange(30).astype(str), np.full(30, 0.5), {"substation_thermal"}, 7,
    )  # fmt: skip
    return Heads(arrays), middles


def test_heads_name_the_class_and_know_what_is_strange():
    heads, middles = fitted()
    for key in CLASSES:
        hot = np.full(5, 2.0 if key.endswith("/hotspot") else 0.0)
        judged = heads.judge(Seen(np.stack([middles[key]] * 2).astype(np.float32), 0.0, hot))
        assert next(iter(judged.classes)) == key
        assert abs(sum(judged.classes.values()) - 1) < 1e-6
        assert judged.strangeness < 1
        assert (judged.defect > 0.5) == (key in ("gear/fault", "substation_thermal/hotspot"))
    far = Seen(np.full((2, SIZE), 25.0, np.float32), 0.9, np.zeros(5))
    assert heads.judge(far).strangeness > 1


def test_copies_of_one_picture_stay_on_one_side(tmp_path: Path):
    rng = np.random.default_rng(1)
    for family, name in (("gear", "fault"), ("corrosion", "CORROSION")):
        (tmp_path / family / name).mkdir(parents=True)
        for part in range(8):
            for copy in "ab":
                pixels = rng.integers(0, 255, (40, 40, 3), dtype=np.uint8)
                Image.fromarray(pixels).save(tmp_path / family / name / f"part{part}.rf.{copy}0.jpg")
    pictures = labelled_pictures(tmp_path)
    apart = held_back(pictures)
    sides = {(each.key, each.group): set() for each in pictures}
    for each in pictures:
        sides[each.key, each.group].add(each.digest in apart)
    assert all(len(side) == 1 for side in sides.values())
    assert len(apart) == 8
