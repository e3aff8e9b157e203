from pathlib import Path

import pytest

from agent.answers.asked import Asked
from agent.answers.images import say_image
from agent.brains.offline.orders import Missing
from agent.brains.offline.reading import Reader
from agent.brains.offline.referring import Context
from knowledge_base.embedding import MiniLM
from machine_profiles.reading import SHIPPED, load_catalog
from models.storage import Storage
from models.vision import diagnose_picture

FIXTURES = Path("evals/scenarios/fixtures")


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader(load_catalog(SHIPPED), MiniLM())


def test_a_picture_is_taken_from_the_attachment_or_the_words(reader: Reader):
    attached = reader.read("What do you see on the Grundfos pump?", Context(image="/tmp/seal.png")).orders
    assert [(order.tool, order.args) for order in attached] == [
        ("diagnose_image", {"machine_id": "PUMP_GRUNDFOS_CR3_004", "image_path": "/tmp/seal.png"})
    ]
    named = reader.read("what's on shots/photo.jpg", Context()).orders
    assert [order.args for order in named] == [{"image_path": "shots/photo.jpg"}]
    heat = reader.read("any hot spots in the thermogram temps.csv?", Context()).orders
    assert [(order.tool, order.args) for order in heat] == [("diagnose_image", {"image_path": "temps.csv"})]
    without = reader.read("look at this picture", Context()).orders
    assert without[0].missing == Missing("image_path")


def test_an_abstention_never_sounds_like_all_clear(tmp_path: Path):
    said = say_image(diagnose_picture(FIXTURES / "notice.png", Storage(tmp_path)), Asked()).body()
    assert "cannot judge" in said
    assert "shows no defect" not in said


def test_without_a_scale_no_temperature_is_said(tmp_path: Path):
    said = say_image(diagnose_picture(FIXTURES / "bearing_thermal_raw.png", Storage(tmp_path)), Asked()).body()
    assert "only relative" in said
    assert "°C" not in said
    assert "NETA" not in said
