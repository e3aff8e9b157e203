"""Plans go on after approvals and jobs, and conditions are judged on what came out."""

from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

from agent.brains.offline import OfflineBrain
from agent.messages import PROPOSAL, approved_calls, decision, job_ended
from machine_profiles.reading import Catalog
from tests.agent.offline.conftest import NOW

KAESER = "COMPRESSOR_KAESER_ASD40_008"
JOB = "train-008-abc123"


class Story:
    """A conversation written down: what the brain says is taken, and the world's answers are added."""

    def __init__(self, catalog: Catalog) -> None:
        self._brain = OfflineBrain(catalog=lambda: catalog, now=lambda: NOW)
        self.messages: list[BaseMessage] = []

    def brain(self, message: BaseMessage | None = None) -> AIMessage:
        if message is not None:
            self.messages.append(message)
        said = self._brain.invoke(self.messages)
        self.messages.append(said)
        return said

    def propose(self, said: AIMessage) -> AIMessage:
        for call in said.tool_calls:
            data: dict[str, Any] = {
                "call_id": call["id"],
                "tool": call["name"],
                "args": call["args"],
                "preview": {},
                "replaces": [],
            }
            self.messages.append(_result(call["id"], call["name"], PROPOSAL, data))
        return self.brain()

    def approve_training(self, said: AIMessage) -> None:
        taken = [{"call_id": c["id"], "tool": c["name"], "args": c["args"]} for c in said.tool_calls]
        self.messages.append(decision([{**each, "verdict": "approve"} for each in taken]))
        approved = approved_calls(taken)
        self.messages.append(approved)
        started = {"job_id": JOB, "machine_id": KAESER, "tasks": ["failure"], "time_limit_s": 60}
        for call in approved.tool_calls:
            self.messages.append(_result(call["id"], call["name"], "TrainingStarted", started))
        assert not self.brain().tool_calls

    def train(self, message: str) -> None:
        said = self.brain(HumanMessage(message))
        assert [call["name"] for call in said.tool_calls] == ["train_models"]
        self.propose(said)
        self.approve_training(said)


@pytest.fixture
def story(catalog: Catalog) -> Story:
    return Story(catalog)


def _result(call_id: Any, name: str, kind: str, data: dict[str, Any]) -> ToolMessage:
    return ToolMessage("{}", tool_call_id=call_id, name=name, artifact={"kind": kind, "data": data})


def _ended(new: float, old: float | None, status: str = "done") -> HumanMessage:
    model = {
        "task": "failure", "version": 2, "alias": "challenger" if old is not None else "champion", "engine": "LightGBM",
        "metrics": {"average_precision": new}, "baselines": {}, "main_metric": "average_precision", "seconds": 9.0,
        "champion_metrics": {"average_precision": old} if old is not None else None,
    }  # fmt: skip
    result = {"machine_id": KAESER, "models": [model], "datasets": ["history@1"], "protocol": "lives held out",
              "skipped": {}, "seconds": 10.0}  # fmt: skip
    return job_ended(
        {
            "job_id": JOB, "work": "train", "machine_id": KAESER, "arguments": {}, "status": status, "progress": 1.0,
            "step": status, "started_at": "2026-06-01T00:00:00Z", "result": result if status == "done" else None,
            "error": None if status == "done" else "out of memory",
        }
    )  # fmt: skip


def test_a_better_model_is_proposed_for_promotion_with_its_version(story: Story):
    story.train("train the failure model of the Kaeser and promote it if it is better")
    said = story.brain(_ended(new=0.8, old=0.6))
    assert [(call["name"], call["args"]["version"]) for call in said.tool_calls] == [("promote_model", 2)]


def test_a_worse_model_is_not_promoted_and_the_answer_says_why(story: Story):
    story.train("train the failure model of the Kaeser and promote it if it is better")
    said = story.brain(_ended(new=0.5, old=0.6))
    assert not said.tool_calls
    assert "Not done" in said.text
    assert "no new model is better" in said.text


def test_an_export_of_a_better_model_puts_it_into_service_first(story: Story):
    story.train("train the failure model of the Kaeser, and if it beats what's running, export it for the Orin")
    said = story.brain(_ended(new=0.8, old=0.6))
    assert [call["name"] for call in said.tool_calls] == ["promote_model"]
    assert "export" in story.propose(said).text


def test_a_first_model_is_exported_at_once(story: Story):
    story.train("train the failure model of the Kaeser, and if it beats what's running, export it for the Orin")
    said = story.brain(_ended(new=0.8, old=None))
    assert [(call["name"], call["args"]["target"]) for call in said.tool_calls] == [("export_edge", "jetson_orin")]


def test_a_plan_goes_on_after_another_question(story: Story):
    story.train("train the failure model of the Kaeser, then export it")
    said = story.brain(HumanMessage("hello"))
    assert not said.tool_calls
    assert [call["name"] for call in story.brain(_ended(new=0.5, old=0.6)).tool_calls] == ["export_edge"]


def test_a_failed_job_stops_what_depends_on_it(story: Story):
    story.train("train the failure model of the Kaeser, then export it")
    said = story.brain(_ended(new=0.0, old=0.0, status="failed"))
    assert not said.tool_calls
    assert "out of memory" in said.text
    assert "Not done: the export" in said.text


def test_how_is_it_going_asks_for_the_job_by_its_own_id(story: Story):
    story.train("train the failure model of the Kaeser")
    said = story.brain(HumanMessage("how is it going?"))
    assert [(call["name"], call["args"]) for call in said.tool_calls] == [("get_job", {"job_id": JOB})]


def test_the_worst_machine_of_a_ranking_can_be_meant(story: Story):
    said = story.brain(HumanMessage("which machine is worst?"))
    rows = [{"machine_id": "GEARBOX_SEW_R77_011"}, {"machine_id": "MOTOR_WEG_W22_003"}]
    story.messages.append(_result(said.tool_calls[0]["id"], "rank_fleet", "FleetRanking", {"machines": rows}))
    story.messages.append(AIMessage("The SEW comes first.", additional_kwargs={"outcome": "answer"}))
    said = story.brain(HumanMessage("how long will it last?"))
    assert [call["args"]["machine_id"] for call in said.tool_calls] == ["GEARBOX_SEW_R77_011"]
    story.messages[-1:] = [AIMessage("About a week.", additional_kwargs={"outcome": "answer"})]
    said = story.brain(HumanMessage("is the second one ok over the weekend"))
    assert [(c["args"]["machine_id"], c["args"]["horizon_hours"]) for c in said.tool_calls] == [
        ("MOTOR_WEG_W22_003", 60.0)
    ]
