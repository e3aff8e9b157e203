"""Compare, promote and roll back through the tools, as an approval card and its approval do."""

from pathlib import Path

import pytest

from machine_profiles.errors import MillwrightError
from models.storage import Storage
from tests.models.small_models import card, write_graph
from tests.models.test_health import PUMP
from tools.plant import Plant
from tools.versions import (
    CompareModels,
    PromoteModel,
    RollbackModel,
    compare_models,
    promote_model,
    rollback_model,
)


@pytest.fixture
def plant(tmp_path: Path) -> Plant:
    return Plant(Storage(tmp_path), seed=7, user="anna")


def test_the_loop_of_a_version_from_challenger_to_champion_and_back(plant: Plant, tmp_path: Path):
    for rmse in (40.0, 30.0):
        plant.registry.register(card(PUMP, "rul", rmse), write_graph(tmp_path / "rul", PUMP, "rul"))
    compared = compare_models.run(plant, CompareModels(machine_id=PUMP.id, task="rul"))
    assert (compared.champion, compared.challenger, compared.best) == (1, 2, 2)

    asked = PromoteModel(machine_id=PUMP.id, task="rul")
    shown = promote_model.preview(plant, asked)
    assert (shown.replaces, shown.warnings) == ("version 1", ())
    assert plant.registry.in_service(PUMP.id) == {"rul": 1}  # a card changes nothing
    assert promote_model.run(plant, asked).version == 2

    back = RollbackModel(machine_id=PUMP.id, task="rul")
    assert rollback_model.preview(plant, back).facts == {"in service": "version 2", "version": "1"}
    assert rollback_model.run(plant, back).version == 1
    with pytest.raises(MillwrightError, match="no earlier rul model"):
        rollback_model.run(plant, back)


def test_a_change_the_state_speaks_against_is_still_shown_with_a_warning(plant: Plant):
    shown = promote_model.preview(plant, PromoteModel(machine_id=PUMP.id, task="rul", version=7))
    assert "no version 7 of its rul model" in shown.warnings[0]
    assert (
        "no earlier rul model"
        in rollback_model.preview(plant, RollbackModel(machine_id=PUMP.id, task="rul")).warnings[0]
    )
