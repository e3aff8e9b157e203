import io
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from models.flir import UnreadableThermogram
from models.image_reading import read_picture
from models.storage import Storage
from models.vision import diagnose_picture

R1, R2, B, F, O = 21106.77, 0.012545258, 1501.0, 1.0, -7340  # noqa: E741


def raw(celsius: np.ndarray) -> np.ndarray:
    """Planck's curve as FLIR cameras state it, turned round."""
    return np.round(R1 / (R2 * (np.exp(B / (celsius + 273.15)) - F)) - O).astype("<u2")


def flir_jpeg(path: Path, celsius: np.ndarray, png: bool = False, says: tuple[int, int] | None = None) -> None:
    """The least that is a radiometric JPEG: a raw record and the camera's constants in one APP1 segment."""
    height, width = celsius.shape
    values = raw(celsius)
    body = values.tobytes()
    if png:
        held = io.BytesIO()
        Image.fromarray(values.byteswap()).save(held, "PNG")
        body = held.getvalue()
    says = says or (width, height)
    record = struct.pack("<HHH", 2, *says).ljust(32, b"\0") + body
    info = bytearray(900)
    struct.pack_into("<6f", info, 32, 1.0, 0.0, 293.15, 295.15, 293.15, 1.0)  # emissivity … window's transmission
    struct.pack_into("<f", info, 60, 0.5)
    struct.pack_into("<3f", info, 88, R1, B, F)
    struct.pack_into("<5f", info, 112, 0.006569, 0.01262, -0.002276, -0.00667, 1.9)
    struct.pack_into("<if", info, 776, O, R2)
    head = (b"FFF\0" + b"test".ljust(16, b"\0") + struct.pack(">III", 100, 64, 4)).ljust(64, b"\0")
    entries = b"".join(
        struct.pack(">HHIIIIIII", kind, 1, 100, 1, start, length, 0, 0, 0)
        for kind, start, length in ((1, 128, len(record) - 32), (32, 128 + len(record), len(info)))
    )
    chunk = b"FLIR\0\x01\0\0" + head + entries + record + bytes(info)
    seen = io.BytesIO()
    Image.new("RGB", (80, 60), "grey").save(seen, "JPEG")
    jpeg = seen.getvalue()
    path.write_bytes(jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(chunk) + 2) + chunk + jpeg[2:])


def scene() -> np.ndarray:
    celsius = np.random.default_rng(3).normal(30, 0.3, (60, 80))
    celsius[:, 20:60] += 12
    celsius[20:30, 35:45] = 78.0
    return celsius


@pytest.mark.parametrize("png", [False, True])
def test_temperatures_are_those_that_the_camera_measured(tmp_path: Path, png: bool):
    flir_jpeg(tmp_path / "a.jpg", scene(), png)
    found = read_picture(tmp_path / "a.jpg")
    assert found.matrix is not None
    assert np.allclose(found.matrix.celsius, scene(), atol=0.1)
    assert found.matrix.ambient_c == pytest.approx(22.0, abs=0.01)
    assert found.pixels.shape == (60, 80, 3)


def test_its_hot_spot_has_a_severity(tmp_path: Path):
    flir_jpeg(tmp_path / "a.jpg", scene())
    thermal = diagnose_picture(tmp_path / "a.jpg", Storage(tmp_path / "home")).thermal
    assert thermal is not None
    assert thermal.scaled
    assert thermal.spots[0].maximum_c == pytest.approx(78, abs=0.2)
    assert thermal.spots[0].rise_over_ambient_c == pytest.approx(56, abs=1.5)
    assert thermal.severity == "major discrepancy"


@pytest.mark.parametrize("says", [(9, 9), (65_000, 65_000)])
def test_one_that_contradicts_itself_is_refused(tmp_path: Path, says: tuple[int, int]):
    flir_jpeg(tmp_path / "a.jpg", scene(), png=True, says=says)
    with pytest.raises(UnreadableThermogram, match="points and holds 80 × 60"):
        read_picture(tmp_path / "a.jpg")


def test_constants_that_give_no_temperatures_are_refused(tmp_path: Path):
    flir_jpeg(tmp_path / "a.jpg", np.full((60, 80), 5000.0))
    with pytest.raises(UnreadableThermogram, match="no temperatures"):
        read_picture(tmp_path / "a.jpg")


def test_a_cut_segment_is_refused(tmp_path: Path):
    flir_jpeg(tmp_path / "a.jpg", scene())
    whole = (tmp_path / "a.jpg").read_bytes()
    (tmp_path / "a.jpg").write_bytes(whole.replace(b"FLIR\0\x01\0\0FFF", b"FLIR\0\x01\0\x05FFF"))
    with pytest.raises(UnreadableThermogram, match="FLIR thermogram that cannot be read"):
        read_picture(tmp_path / "a.jpg")


def test_a_plain_picture_by_the_same_maker_has_no_temperatures(tmp_path: Path):
    picture = Image.new("RGB", (80, 60), "grey")
    exif = picture.getexif()
    exif[0x010F] = "FLIR"
    picture.save(tmp_path / "a.jpg", exif=exif)
    assert read_picture(tmp_path / "a.jpg").matrix is None
