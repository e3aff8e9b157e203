"""The agent on a plant that lacks something: only scenarios that rest on it are asked, and they must fail."""

from pathlib import Path

from evals.plant_controls import cites, from_labels, from_models
from evals.scenario import Scenario
from evals.worker import Undocumented
from knowledge_base.retrieval import search
from tests.agent.scripted import plant_at
from tests.evals.turns import PUMP


def scenario(expect: dict, **more: object) -> Scenario:
    return Scenario.model_validate({"id": "one", "turns": [{"user": "how is pump 4?", "expect": expect}], **more})


HEALTH = {"outcome": "answer", "tools": [{"name": "predict_health", "args": {"machine_id": PUMP}}]}


def test_each_control_asks_what_rests_on_the_thing_it_takes_away():
    assert cites(scenario({"cites": True}))
    assert not cites(scenario({"contains": ["cavitation"]}))
    assert from_models(scenario(HEALTH))
    assert not from_models(scenario({**HEALTH, "outcome": ["answer", "error"]}))  # an honest error is right there
    assert not from_models(scenario(HEALTH, plant="empty"))
    assert from_labels(scenario(HEALTH, tags=["learnt"]))
    assert not from_labels(scenario(HEALTH, tags=["truth"]))  # a limit that is crossed needs no model


def test_an_empty_knowledge_base_answers_nothing(tmp_path: Path):
    plant = Undocumented(**vars(plant_at(tmp_path)))
    assert plant.storage.home == tmp_path.resolve()
    assert not search(plant.knowledge, "What does cavitation do to a pump?").answerable
