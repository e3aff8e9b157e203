"""An import that dies half-way has stored all rows or none, and the next one does what is left."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd
import pytest

from models.storage import StorageFull
from tests.models.importing_world import PUMP, RUN_TO_FAILURE, World, hourly


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


KILLED = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from machine_profiles.reading import SHIPPED, load_catalog
from models import importing
from models.datasets import Datasets
from models.storage import Storage
from models.telemetry import Telemetry

folder, replace, replaced = Path(sys.argv[1]), os.replace, 0

def killed_before(deadly):
    def deadly_replace(source, target):
        global replaced
        replaced += 1
        if replaced == deadly:
            os.kill(os.getpid(), signal.SIGKILL)
        replace(source, target)
    return deadly_replace

for deadly in (1, 2, 3, 4):  # a fork each: the imports above are paid for once
    if os.fork() == 0:
        os.replace = killed_before(deadly)
        storage = Storage(folder / f"home-{deadly}")
        importing.import_file(
            storage, Telemetry(storage), Datasets(storage), load_catalog(SHIPPED)["PUMP_GRUNDFOS_CR3_004"],
            folder / "readings.csv", folder / "map.yaml", datetime(2026, 6, 1, tzinfo=UTC))
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.wait()[1]) == -signal.SIGKILL
"""


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Imports that died by kill -9 just before their first, second… file took its place, in `home-1`, `home-2`…"""
    world = World(tmp_path_factory.mktemp("killed"))
    world.file("unit,cycle,q\n" + "".join(f"{u},{c},3.0\n" for u in (1, 2) for c in (1, 2, 3)) + "3,1,warm\n")
    world.map(RUN_TO_FAILURE)
    subprocess.run([sys.executable, "-c", KILLED, str(world.folder)], check=True)
    return world.folder


@pytest.mark.parametrize(
    ("deadly", "rows", "failures"),
    [(1, 0, 0), (2, 6, 0), (3, 6, 2), (4, 6, 2)],
    ids=["before the rows", "before the log", "before the side file", "before the data set"],
)
def test_a_kill_in_mid_import_leaves_all_rows_or_none_and_the_next_import_heals(
    killed: Path, deadly: int, rows: int, failures: int
):
    world = World(killed)
    world.at_home(f"home-{deadly}")
    assert len(world.telemetry.meter(PUMP)) == rows
    assert len(world.telemetry.maintenance(PUMP)) == failures
    assert world.datasets.list(PUMP) == []

    healed = world.bring_in(killed / "readings.csv", killed / "map.yaml")
    assert healed.rows_stored + healed.rows_already_known == 6
    assert healed.dataset == "history@1"
    assert len(world.telemetry.meter(PUMP)) == 6
    assert len(world.telemetry.maintenance(PUMP)) == 2
    assert world.storage.absolute(str(healed.rejected_file)).exists()


def test_two_imports_of_a_file_at_once_store_each_row_once(world: World):
    path = world.file("unit,cycle,q\n" + "".join(f"1,{cycle},3.0\n" for cycle in range(1, 200)))
    column_map = world.map(RUN_TO_FAILURE)
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: world.bring_in(path, column_map), range(4)))
    assert sum(result.rows_stored for result in done) == 199
    assert len(world.telemetry.meter(PUMP)) == 199
    assert len(world.telemetry.maintenance(PUMP)) == 1
    assert [card.reference for card in world.datasets.list(PUMP)] == ["history@1"]


def test_a_full_disk_is_said_so_and_nothing_is_half_stored(world: World, monkeypatch: pytest.MonkeyPatch):
    """/dev/full refuses every write as a full disk does."""
    monkeypatch.setattr(pd.DataFrame, "to_parquet", lambda *_, **__: Path("/dev/full").write_text("x" * 100_000))
    with pytest.raises(StorageFull, match="Free some space"):
        world.bring_in(world.file(hourly(5)))
    assert not world.telemetry.has(PUMP)
    assert world.datasets.list(PUMP) == []
    monkeypatch.undo()
    assert world.bring_in(world.folder / "readings.csv").rows_stored == 5
