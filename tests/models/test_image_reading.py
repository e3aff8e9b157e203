from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from models import image_reading
from models.image_reading import UnreadablePicture, read_picture
from models.temperature_matrix import NoTemperatureMatrix, read_matrix

GREY = np.linspace(0, 255, 64 * 48).reshape(48, 64)


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp", "a.bmp", "a.tiff"])
def test_each_form_is_read(tmp_path: Path, name: str):
    Image.fromarray(GREY.astype(np.uint8)).convert("RGB").save(tmp_path / name)
    assert read_picture(tmp_path / name).pixels.shape == (48, 64, 3)


def test_sixteen_bits_keep_their_order(tmp_path: Path):
    Image.fromarray((GREY * 200).astype(np.uint16)).save(tmp_path / "raw.png")
    found = read_picture(tmp_path / "raw.png")
    assert found.deep
    assert found.pixels[0, 0, 0] == 0
    assert found.pixels[-1, -1, 0] == 255


def test_it_stands_upright_and_tells_its_time(tmp_path: Path):
    picture = Image.fromarray(GREY.astype(np.uint8)).convert("RGB")
    exif = picture.getexif()
    exif[0x0112] = 6
    exif.get_ifd(0x8769)[0x9003] = "2026:03:04 10:20:30"
    exif.get_ifd(0x8769)[0x9011] = "+02:00"
    picture.save(tmp_path / "turned.jpg", exif=exif)
    found = read_picture(tmp_path / "turned.jpg")
    assert found.pixels.shape[:2] == (64, 48)
    assert found.taken_at == datetime(2026, 3, 4, 8, 20, 30, tzinfo=UTC)
    assert found.zone_known


def test_what_cannot_be_judged_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    frames = [Image.new("RGB", (48, 48), colour) for colour in ("red", "blue")]
    frames[0].save(tmp_path / "moving.webp", save_all=True, append_images=frames[1:])
    frames[0].save(tmp_path / "pages.tiff", save_all=True, append_images=frames[1:])
    Image.new("RGB", (60, 60)).save(tmp_path / "really.png")
    (tmp_path / "really.png").rename(tmp_path / "named.jpg")
    Image.fromarray(np.random.default_rng(1).integers(0, 255, (90, 90, 3), dtype=np.uint8)).save(tmp_path / "whole.jpg")
    (tmp_path / "cut.jpg").write_bytes((tmp_path / "whole.jpg").read_bytes()[:2500])
    (tmp_path / "words.jpg").write_text("no picture")
    (tmp_path / "empty.png").write_bytes(b"")
    Image.new("RGB", (9, 9)).save(tmp_path / "tiny.png")
    (tmp_path / "film.mp4").write_bytes(b"0")
    for name, said in {
        "moving.webp": "animated", "pages.tiff": "several pages", "named.jpg": "holds PNG", "cut.jpg": "cut off",
        "words.jpg": "no JPEG", "empty.png": "no PNG", "tiny.png": "9 × 9", "film.mp4": "no kind of picture",
        "none.png": "No picture",
    }.items():  # fmt: skip
        with pytest.raises(UnreadablePicture, match=said):
            read_picture(tmp_path / name)
    monkeypatch.setattr(image_reading, "MOST_PIXELS", 1000)
    with pytest.raises(UnreadablePicture, match="million pixels"):
        read_picture(tmp_path / "whole.jpg")


def test_temperatures_in_other_units_and_separators(tmp_path: Path):
    file = tmp_path / "t.csv"
    file.write_text("Image, °F\nAmbient: 68\n" + "\n".join(";".join(["100,4"] * 9) for _ in range(9)))
    found = read_matrix(file)
    assert np.allclose(found.celsius, 38.0)
    assert found.ambient_c == pytest.approx(20.0)
    file.write_text("\n".join(",".join(["5000"] * 9) for _ in range(9)))
    with pytest.raises(NoTemperatureMatrix, match="no temperatures in °C"):
        read_matrix(file)
    file.write_text("time,value\n1,2\n")
    with pytest.raises(NoTemperatureMatrix, match="no block"):
        read_matrix(file)
