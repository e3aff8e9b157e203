from pathlib import Path

import pytest

from knowledge_base.embedding import MiniLM
from knowledge_base.index import Index
from machine_profiles.reading import SHIPPED, Catalog, load_catalog
from models.storage import Storage

SEALS = """---
id: seals
title: Pump seals
kind: guide
machine_ids: []
machine_kinds: [pump]
failure_modes: [seal_leak]
---
## Leaking seals
A mechanical seal that drips more than ten drops a minute has worn faces. Exchange the cartridge.

Source: EN 12756:2000

## Bearings of the bracket
The bracket takes two bearings 6309-2RS1 with C3 clearance.

Source: parts list
"""
MIST = """---
id: mist
title: Spindle lubrication
kind: sheet
machine_ids: [CNC_HAAS_VF2_016]
machine_kinds: [cnc]
failure_modes: [lubrication_loss]
---
## Oil mist
The spindle's air-oil mist must drip once in two minutes.

Source: service manual
"""


@pytest.fixture(scope="session")
def machines() -> Catalog:
    return load_catalog(SHIPPED)


@pytest.fixture(scope="session")
def language() -> MiniLM:
    return MiniLM()


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    folder = tmp_path / "shipped"
    folder.mkdir()
    (folder / "seals.md").write_text(SEALS)
    (folder / "mist.md").write_text(MIST)
    return folder


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return Storage(tmp_path / "home")


@pytest.fixture
def index(storage: Storage, machines: Catalog, documents: Path) -> Index:
    return Index(storage, machines, shipped=documents)
