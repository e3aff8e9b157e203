"""kill -9 in the middle of a registration, promotion, rollback or export: before it or after it, never between."""

import subprocess
import sys
from pathlib import Path

import pytest

from machine_profiles.reading import SHIPPED, load_catalog
from models.registry import Registry
from models.storage import Storage
from models.upkeep import look_over

PUMP = load_catalog(SHIPPED)["PUMP_GRUNDFOS_CR3_004"]
STOPS = 6  # more than any change replaces files; a change that was never killed counts as done

KILLED = f"""
import os, shutil, signal, sys
from pathlib import Path
from machine_profiles.reading import SHIPPED, load_catalog
from models import _mlflow, edge, edge_files, edge_manifest, edge_parity
from models.registry import Registry
from models.storage import Storage
from models.telemetry import Telemetry
from tests.models.small_models import card, register_small, write_graph

folder, replace, pump = Path(sys.argv[1]), os.replace, load_catalog(SHIPPED)["{PUMP.id}"]
start = Storage(folder / "start")
registry = Registry(start)
register_small(registry, pump, folder / "graphs", ("rul", "failure"))
registry.register(card(pump, "rul", 20.0), write_graph(folder / "better", pump, "rul", 1.0))

def export(registry, storage):
    edge.export(storage, Telemetry(storage), registry, pump, "cpu", "fp32", 7)

CHANGES = {{
    "register": lambda registry, storage: registry.register(card(pump, "rul", 10.0), folder / "better"),
    "promote": lambda registry, storage: registry.promote(pump.id, "rul", 2),
    "rollback": lambda registry, storage: registry.rollback(pump.id, "rul"),
    "export": export,
}}

def killed_before(deadly):
    replaced = 0
    def deadly_replace(source, target):
        nonlocal replaced
        replaced += 1
        if replaced == deadly:
            os.kill(os.getpid(), signal.SIGKILL)
        replace(source, target)
    return deadly_replace

for name, change in CHANGES.items():
    for deadly in range(1, {STOPS} + 1):
        home = folder / f"{{name}}-{{deadly}}"
        shutil.copytree(start.home, home, symlinks=True)
        if os.fork() == 0:
            storage = Storage(home)
            registry = Registry(storage)
            if name == "rollback":
                registry.promote(pump.id, "rul", 2)
            os.replace = killed_before(deadly)
            change(registry, storage)
            os._exit(0)
        code = os.waitstatus_to_exitcode(os.wait()[1])
        assert code in (0, -signal.SIGKILL), (name, deadly, code)
        (home / "was_killed").write_text(str(code != 0))
"""


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("killed")
    subprocess.run([sys.executable, "-c", KILLED, str(folder)], check=True)
    return folder


def _homes(killed: Path, change: str) -> list[tuple[bool, Storage]]:
    """Whether it was killed, and the plant after it, by how far the change had come."""
    homes = [killed / f"{change}-{deadly}" for deadly in range(1, STOPS + 1)]
    found = [((home / "was_killed").read_text() == "True", Storage(home)) for home in homes]
    assert found[0][0], "the first was killed"
    assert not found[-1][0], "the last went through"
    return found


@pytest.mark.parametrize(("change", "before", "after"), [("promote", 1, 2), ("rollback", 2, 1)])
def test_what_is_in_service_is_the_old_or_the_new(killed: Path, change: str, before: int, after: int):
    for was_killed, storage in _homes(killed, change):
        registry = Registry(storage)
        assert registry.in_service(PUMP.id)["rul"] == (before if was_killed else after)
        assert look_over(storage).damaged == ()
        done = registry.promote(PUMP.id, "rul", 2) if change == "promote" else None
        assert done is None or registry.in_service(PUMP.id)["rul"] == 2  # and it can be done again
        assert registry.compare(PUMP.id, "rul").champion in (1, 2)


def test_a_version_is_there_whole_or_not_at_all(killed: Path):
    for was_killed, storage in _homes(killed, "register"):
        look_over(storage)
        versions = [card.version for card in Registry(storage).versions(PUMP.id, "rul")]
        assert versions == ([1, 2] if was_killed else [1, 2, 3])
        assert look_over(storage).damaged == ()
        assert {path.name for path in storage.models(PUMP.id, "rul").glob("v*")} == {f"v{n}" for n in versions}


def test_a_bundle_is_there_whole_or_not_at_all(killed: Path):
    for was_killed, storage in _homes(killed, "export"):
        bundles = list(storage.bundles(PUMP.id).glob("[!.]*"))
        assert len(bundles) == (0 if was_killed else 1)
        assert look_over(storage).damaged == ()
