"""The loop, end to end: a process change is found, learnt and promoted, each step approved by an engineer."""

import logging
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from agent.access import Person
from agent.audit import AuditLog
from agent.loop import SPEAKER, LoopState, run_pass
from agent.metrics import exposition
from agent.service import Copilot
from agent.turns import Decision
from models.lives import Lives
from models.loop_state import read_loop, write_loop
from models.shadow import _answers, _error
from models.upkeep import look_over
from tests.agent.loop_world import CHANGE, MAIN, begin, copilot_on, fresh, record, running
from tests.models.small_models import card, write_graph
from tests.models.training_world import MACHINE
from tools.plant import Plant

BERT = Person(name="bert", role="engineer")


def step(talk: Copilot) -> LoopState:
    done = run_pass(talk, [MACHINE.id], 10)
    assert done.failed == {}
    return done.machines[0]


def approve(talk: Copilot, verdict: str = "approve") -> None:
    (waiting,) = talk.waiting(BERT)
    assert waiting.user == SPEAKER.name
    assert waiting.changes[0].preview.facts["why"]
    answers = [Decision(call_id=change.call_id, verdict=verdict) for change in waiting.changes]
    talk.decide(waiting.thread, answers, by=BERT)


def error_on(plant: Plant, lives: Lives) -> float:
    serving = plant.registry.card(MACHINE.id, "rul", plant.registry.in_service(MACHINE.id)["rul"])
    return _error(serving, lives, *_answers(plant.registry, MACHINE, serving, lives))


def later(plant: Plant, first: int, count: int, days: float) -> None:
    """The pump has run on for so many days after the change, and sisters have failed on the new product."""
    random = np.random.default_rng(first)
    end = CHANGE + pd.Timedelta(days=days)
    record(plant, MAIN, end, int(days * 24), random, fails=False)
    for number in range(first, first + count):
        record(plant, f"B{number:02d}", end - pd.Timedelta(hours=int(random.integers(0, 60))), 170, random)


def test_a_process_change_is_found_learnt_and_promoted_with_a_person_at_each_step(tmp_path: Path):
    plant = begin(tmp_path)
    old, new = fresh(CHANGE - pd.Timedelta(days=10), 30, 5), fresh(CHANGE + pd.Timedelta(days=6), 30, 6)
    before, broken = error_on(plant, old), error_on(plant, new)
    assert broken > 1.5 * before, "the change breaks the model"

    talk = copilot_on(tmp_path, CHANGE.to_pydatetime())
    assert step(talk).stage == "watching"
    assert talk.waiting(BERT) == []

    later(plant, 0, 14, 7)
    talk = copilot_on(tmp_path, (CHANGE + pd.Timedelta(days=7)).to_pydatetime())
    found = step(talk)
    assert (found.stage, found.drifted) == ("retraining", True)
    assert "the process changed" in found.reason
    assert step(talk).stage == "retraining"
    assert talk.changes_waiting() == 1, "a second pass proposes nothing again"
    approve(talk)
    training = step(talk)
    assert training.stage == "training"
    assert plant.jobs.wait(training.job_id).status == "done"
    assert step(talk).stage == "shadow"
    assert step(talk).stage == "shadow", "no live row came in yet"
    assert plant.registry.in_service(MACHINE.id)["rul"] == 1

    later(plant, 14, 4, 10)
    talk = copilot_on(tmp_path, (CHANGE + pd.Timedelta(days=10)).to_pydatetime())
    proposed = step(talk)
    assert proposed.stage == "promotion", proposed
    assert plant.registry.in_service(MACHINE.id)["rul"] == 1
    approve(talk)
    assert plant.registry.in_service(MACHINE.id)["rul"] == 2
    assert step(talk).stage == "watched"
    after = error_on(plant, new)
    log = logging.getLogger(__name__)
    log.info("RMSE before %.2f, after the change %.2f, after the loop %.2f h", before, broken, after)
    assert after <= 1.1 * before

    later(plant, 18, 3, 13)
    talk = copilot_on(tmp_path, (CHANGE + pd.Timedelta(days=13)).to_pydatetime())
    assert step(talk).stage == "watching"
    audit = AuditLog(plant.storage.audit_log)
    assert [(line.tool, line.event, line.who) for line in audit.lines()] == [
        (tool, event, who)
        for tool in ("train_models", "promote_model")
        for event, who in (("proposed", SPEAKER.name), ("approved", "bert"), ("done", "bert"))
    ]
    assert audit.first_broken_line() is None


def test_a_refused_retraining_is_not_asked_again_the_next_hour(tmp_path: Path):
    plant = begin(tmp_path)
    later(plant, 0, 0, 7)
    talk = copilot_on(tmp_path, (CHANGE + pd.Timedelta(days=7)).to_pydatetime())
    assert step(talk).stage == "retraining"
    approve(talk, "reject")
    assert step(talk).stage == "watching"
    assert step(talk).stage == "watching"
    assert talk.changes_waiting() == 0


def test_a_damaged_file_of_one_machine_is_named_and_hides_neither_drift_nor_alarms(tmp_path: Path):
    plant = running(tmp_path)
    second = MACHINE.model_copy(update={"id": "PUMP_SECOND_002"})
    (plant.storage.profiles / f"{second.id}.yaml").write_text(yaml.safe_dump(second.model_dump(mode="json")))
    later(plant, 0, 0, 7)
    plant.telemetry.append(second.id, plant.telemetry.recorded(MACHINE.id))
    (plant.storage.alarms / f"{MACHINE.id}.json").write_text("[{")
    plant.storage.loop(second.id).write_text("{")
    talk = copilot_on(tmp_path, (CHANGE + pd.Timedelta(days=7)).to_pydatetime())

    done = run_pass(talk, [MACHINE.id, second.id], 10)
    assert f"alarms/{MACHINE.id}.json cannot be read" in done.failed[MACHINE.id]
    assert f"loop/{second.id}.json cannot be read" in done.failed[second.id]
    assert [(each.machine_id, each.stage) for each in done.machines] == [(MACHINE.id, "watching")]
    assert [(each.machine_id, each.kind) for each in done.alarms] == [(second.id, "drift")]
    page = exposition(talk).decode()
    assert 'millwright_state_damaged{machine="PUMP_SECOND_002"} 1.0' in page
    assert f'millwright_drift{{machine="{MACHINE.id}"}} 1.0' in page
    assert len(look_over(plant.storage).damaged) == 2


@pytest.mark.parametrize("stage", ["retraining", "shadow", "watched"])
def test_drift_is_seen_in_every_stage_and_proposed_upon_only_where_nothing_is_under_way(tmp_path: Path, stage: str):
    plant = running(tmp_path)
    later(plant, 0, 0, 7)
    write_loop(plant.storage, LoopState(machine_id=MACHINE.id, stage=stage, since=CHANGE.to_pydatetime()))
    talk = copilot_on(tmp_path, (CHANGE + pd.Timedelta(days=7)).to_pydatetime())
    done = run_pass(talk, [MACHINE.id], 10)
    assert [state.drifted for state in done.machines] == [True]
    assert "drift" in {each.kind for each in done.alarms}
    assert talk.changes_waiting() == 0


def test_a_promoted_version_that_does_worse_is_proposed_for_rollback(tmp_path: Path):
    plant = begin(tmp_path)
    bad = card(MACHINE, "rul", 1.0, window_rows=12, cap_hours=60.0, baselines={"constant": {"rmse_hours": 90.0}})
    plant.registry.register(bad, write_graph(tmp_path / "bad", MACHINE, "rul", -500.0))
    plant.registry.promote(MACHINE.id, "rul", 2)
    state = LoopState(machine_id=MACHINE.id, stage="watched", versions={"rul": 2}, since=CHANGE.to_pydatetime())
    write_loop(plant.storage, state)
    later(plant, 0, 4, 7)
    talk = copilot_on(tmp_path, (CHANGE + pd.Timedelta(days=7)).to_pydatetime())
    assert step(talk).stage == "rollback"
    assert plant.registry.in_service(MACHINE.id)["rul"] == 2, "nothing is done unapproved"
    approve(talk)
    assert plant.registry.in_service(MACHINE.id)["rul"] == 1
    assert step(talk).stage == "watching"
    assert read_loop(plant.storage, MACHINE.id).note == "Rolled back."
