"""A rated turn becomes a scenario that `millwright eval` can play."""

from agent.database import open_database
from agent.service import Copilot
from agent.threads import Threads
from agent.turns import Decision
from evals.conversation import hold
from evals.from_conversations import write_rated
from evals.scenario import read_scenarios
from tests.agent.scripted import HAAS, PUMP, call, copilot, plant_at, script

LOG = {"machine_id": PUMP, "action": "lubrication", "note": "greased"}


def rated(home, up: bool, lines) -> Copilot:
    talk = copilot(home, script(*lines))
    talk.say("t", "I greased pump 4")
    talk.decide("t", [Decision(call_id=c.call_id, verdict="edit", args={"note": "oiled"})
                      for c in talk.pending("t").changes])  # fmt: skip
    talk.rate("t", 2, up=up, comment="as it\nshould be")
    return talk


def test_a_thumb_up_expects_what_was_done(tmp_path):
    lines = [call("log_maintenance", **LOG), "It waits.", "Logged."]
    rated(tmp_path / "a", True, lines)
    file = tmp_path / "rated.yaml"
    assert write_rated(Threads(open_database(plant_at(tmp_path / "a").storage.conversations, None)), file) == 1
    assert "thumb up, as it should be" in file.read_text()
    (scenario,) = read_scenarios([file])
    assert [turn.user for turn in scenario.turns] == ["I greased pump 4", None]
    assert scenario.turns[1].approve.edit == {"log_maintenance": {"note": "oiled"}}
    again = copilot(tmp_path / "b", script(*[call("log_maintenance", **LOG), "It waits.", "Logged."]))
    assert hold(again, plant_at(tmp_path / "b"), scenario).passed
    wrong = copilot(tmp_path / "c", script(*[call("log_maintenance", **{**LOG, "machine_id": HAAS}), "Wait.", "Ok."]))
    assert not hold(wrong, plant_at(tmp_path / "c"), scenario).passed


def test_a_thumb_down_leaves_the_expectation_to_a_person(tmp_path):
    rated(tmp_path, False, [call("log_maintenance", **LOG), "It waits.", "Logged."])
    write_rated(Threads(open_database(plant_at(tmp_path).storage.conversations, None)), tmp_path / "rated.yaml")
    (scenario,) = read_scenarios([tmp_path / "rated.yaml"])
    assert scenario.tags == ("rated", "down")
    assert scenario.turns[-1].expect.tools is None
