"""The list of machines: all of them, or those of a kind."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from settings import Settings
from tools.machines import ListMachines, list_machines
from tools.plant import open_plant


@pytest.mark.parametrize(("kind", "count"), [("any", 20), (None, 20), ("pump", 3), ("turbine", 1)])
def test_any_is_every_kind(tmp_path: Path, kind: str | None, count: int):
    found = list_machines.run(open_plant(Settings(home=tmp_path)), ListMachines.model_validate({"kind": kind}))
    assert len(found.machines) == count  # type: ignore[attr-defined]


def test_an_unknown_kind_is_refused():
    with pytest.raises(ValidationError, match="motor"):
        ListMachines.model_validate({"kind": "lathe"})
