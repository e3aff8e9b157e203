"""What a browser sends is looked into, made anew and renamed; a path it names is never opened as it is."""

from pathlib import Path

import pytest
from PIL import ExifTags, Image

from models.storage import Storage
from ui.page.uploads import BadUpload, keep_document, keep_upload


@pytest.fixture
def sent(tmp_path) -> Path:
    folder = tmp_path / "sent"
    folder.mkdir()
    return folder


def picture(path: Path, size: tuple[int, int] = (64, 48)) -> Path:
    exif = Image.Exif()
    exif[ExifTags.Base.DateTime] = "2026:05:31 08:00:00"
    exif[ExifTags.Base.Make] = "Camera of Anna"
    Image.new("RGB", size, "red").save(path, exif=exif)
    return path


def test_a_picture_is_encoded_anew_under_a_name_of_ours(tmp_path, sent):
    kept = keep_upload(Storage(tmp_path / "home"), str(picture(sent / "pump.jpg")), str(sent))
    assert kept.parent == tmp_path / "home" / "uploads"
    assert "pump" not in kept.name
    with Image.open(kept) as opened:
        assert opened.getexif()[ExifTags.Base.DateTime] == "2026:05:31 08:00:00"
        assert ExifTags.Base.Make not in opened.getexif()
    assert not (sent / "pump.jpg").exists()


@pytest.mark.parametrize("name", ["../secret.jpg", "/etc/passwd", "missing.jpg"])
def test_a_path_outside_what_was_sent_is_refused(tmp_path, sent, name):
    picture(tmp_path / "secret.jpg")
    with pytest.raises(BadUpload, match="not sent here"):
        keep_upload(Storage(tmp_path / "home"), str(sent / name), str(sent))
    assert (tmp_path / "secret.jpg").exists()


def test_a_link_to_elsewhere_is_refused(tmp_path, sent):
    picture(tmp_path / "secret.jpg")
    (sent / "link.jpg").symlink_to(tmp_path / "secret.jpg")
    with pytest.raises(BadUpload, match="not sent here"):
        keep_upload(Storage(tmp_path / "home"), str(sent / "link.jpg"), str(sent))


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.jpg", b"<svg onload=x()>", "no picture"),
        ("a.exe", b"MZ", "no kind of file"),
        ("a.svg", b"<svg/>", "no kind"),
    ],
)
def test_what_is_no_picture_is_refused_whatever_its_name(tmp_path, sent, name, content, said):
    (sent / name).write_bytes(content)
    with pytest.raises(BadUpload, match=said):
        keep_upload(Storage(tmp_path / "home"), str(sent / name), str(sent))


def test_a_document_keeps_its_name_and_nothing_of_a_path(tmp_path, sent):
    (sent / "Pump; rm -rf.md").write_text("# Seals")
    kept = keep_document(Storage(tmp_path / "home"), str(sent / "Pump; rm -rf.md"), str(sent))
    assert kept.name == "Pump_ rm -rf.md"
    assert kept.read_text() == "# Seals"
