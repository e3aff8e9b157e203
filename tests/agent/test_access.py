"""Who may ask for what and who may approve it holds for everyone who speaks to the copilot."""

import pytest

from agent.access import ROLES, RULES, NotAllowed, NotYours, Person, check_call, may_answer
from agent.audit import AuditLog
from agent.service import Copilot
from agent.turns import Decision
from tests.agent.scripted import HAAS, PUMP, call, calls, copilot, plant_at, script
from tools.registry import all_tools

VERA, TOM, TIM, EVA, ERIC = (
    Person(name="vera", role="viewer"), Person(name="tom", role="technician"), Person(name="tim", role="technician"),
    Person(name="eva", role="engineer"), Person(name="eric", role="engineer"),
)  # fmt: skip
LOG = {"machine_id": PUMP, "action": "lubrication", "note": "greased"}
ROLLBACK = {"machine_id": HAAS, "task": "rul"}
EVERYBODY, SHOP_FLOOR, ENGINEERS = {"viewer", "technician", "engineer"}, {"technician", "engineer"}, {"engineer"}
READS = (
    "list_machines", "describe_machine", "query_telemetry", "predict_health", "rank_fleet", "forecast_sensor",
    "explain_fault", "diagnose_image", "check_drift", "compare_models", "get_job",
)  # fmt: skip


def test_the_table_names_every_tool_and_no_other():
    assert RULES.keys() == all_tools().keys()


@pytest.mark.parametrize(
    ("tool", "callers", "approvers"),
    [
        *((tool, EVERYBODY, set()) for tool in READS),
        *((tool, SHOP_FLOOR, set()) for tool in ("write_report", "synthesize_data", "label_rul")),
        *((tool, SHOP_FLOOR, SHOP_FLOOR) for tool in ("log_maintenance", "import_telemetry")),
        *(
            (tool, SHOP_FLOOR, ENGINEERS)
            for tool in ("train_models", "promote_model", "rollback_model", "export_edge", "onboard_machine")
        ),
    ],
)
def test_each_rule_of_the_table(tool, callers, approvers):
    people = [Person(name="anna", role=role) for role in ROLES]
    assert {person.role for person in people if _may_call(person, tool)} == callers
    if all_tools()[tool].effect == "change":
        assert {person.role for person in people if may_answer(person, person, tool)} == approvers


@pytest.mark.parametrize(
    ("person", "proposer", "tool", "may"),
    [(EVA, TOM, "promote_model", True), (EVA, TOM, "log_maintenance", False), (TIM, TOM, "promote_model", False),
     (TIM, TOM, "log_maintenance", False), (ERIC, EVA, "promote_model", False), (VERA, TOM, "log_maintenance", False)],
    ids=["an engineer, what a technician may not", "an engineer, what a technician may", "one of the same role",
         "one of the same role, what both may", "another engineer", "a viewer"],
)  # fmt: skip
def test_who_answers_anothers_card(person, proposer, tool, may):
    assert may_answer(person, proposer, tool) == may


def test_a_viewer_is_refused_and_told_who_can(tmp_path):
    brain = script(calls(("log_maintenance", LOG), ("list_machines", {})), "I cannot.", outcome="error")
    turn = copilot(tmp_path, brain).say("t", "I greased pump 4", by=VERA)
    assert [each.status for each in turn.calls] == ["failed", "done"]
    assert "A technician or an engineer can ask for it" in turn.calls[0].error
    assert (turn.outcome, turn.card) == ("refuse", None)


def test_a_technician_settles_a_log_entry_alone(tmp_path):
    talk = copilot(tmp_path, script(call("log_maintenance", **LOG), "Waiting.", "Logged."))
    talk.say("t", "I greased pump 4", by=TOM)
    assert talk.say("t", "yes", by=TOM).calls[0].status == "done"
    assert plant_at(tmp_path).telemetry.maintenance(PUMP)[0].by == "tom"


def test_what_takes_an_engineer_waits_for_one(tmp_path):
    talk = _technicians_card(tmp_path, "Rolled back.")
    refused = talk.say("t", "yes", by=TOM)
    assert refused.outcome == "refuse"
    assert "takes the approval of an engineer" in refused.answer
    for person in (TIM, VERA):
        with pytest.raises(NotYours):
            talk.decide("t", _all(talk, TOM), by=person)
    (card,) = talk.waiting(EVA)
    assert ([change.tool for change in card.changes], card.user) == (["rollback_model"], "tom")
    assert talk.waiting(TOM) == talk.waiting(TIM) == []
    assert talk.decide("t", _all(talk, EVA), by=EVA).calls[0].name == "rollback_model"
    assert talk.history("t", by=TOM)[-1].by == "eva"
    with pytest.raises(NotYours):
        talk.history("t", by=EVA)


def test_the_audit_log_says_in_which_role_it_was_proposed_and_decided(tmp_path):
    talk = _technicians_card(tmp_path, "It failed.")
    talk.decide("t", _all(talk, EVA), by=EVA)
    lines = AuditLog(plant_at(tmp_path).storage.audit_log).lines()
    assert [(line.event, line.who, line.role) for line in lines] == [
        ("proposed", "tom", "technician"), ("approved", "eva", "engineer"), ("failed", "eva", "engineer"),
    ]  # fmt: skip


def test_a_yes_settles_what_the_role_reaches_and_says_what_still_waits(tmp_path):
    both = calls(("log_maintenance", LOG), ("rollback_model", ROLLBACK))
    talk = copilot(tmp_path, script(both, "Both wait.", "Logged."))
    talk.say("t", "I greased pump 4; and roll the Haas back", by=TOM)
    turn = talk.say("t", "yes", by=TOM)
    assert [each.name for each in turn.calls] == ["log_maintenance"]
    assert "Still waiting, for the approval of an engineer" in turn.answer
    assert [change.tool for change in turn.card.changes] == ["rollback_model"]


def test_whoever_proposed_it_may_withdraw_it(tmp_path):
    talk = _technicians_card(tmp_path)
    assert talk.say("t", "no", by=TOM).outcome == "answer"
    assert talk.waiting(EVA) == []


def test_what_follows_an_approval_reaches_as_far_as_the_one_who_asked(tmp_path):
    talk = _technicians_card(tmp_path, call("rollback_model", **{**ROLLBACK, "task": "failure"}), "Another waits.")
    turn = talk.decide("t", _all(talk, EVA), by=EVA)
    assert turn.card.user == "tom"
    assert turn.card.changes[0].proposed_by == TOM


@pytest.mark.parametrize(
    "use",
    [lambda talk: talk.say("t", "Hello", by=EVA), lambda talk: talk.history("t", by=EVA),
     lambda talk: talk.pending("t", by=EVA), lambda talk: talk.cancel("t", by=EVA),
     lambda talk: talk.continue_after_jobs("t", by=EVA), lambda talk: talk.running_jobs("t", by=EVA),
     lambda talk: talk.has_news("t", by=EVA), lambda talk: talk.rename("t", "Mine", by=EVA),
     lambda talk: talk.delete("t", by=EVA), lambda talk: talk.rate("t", 1, True, by=EVA)],
    ids=["say", "history", "pending", "cancel", "continue", "running jobs", "news", "rename", "delete", "rate"],
)  # fmt: skip
def test_a_conversation_is_its_persons_alone(tmp_path, use):
    talk = copilot(tmp_path, script("Hello.", "Hello again."))
    talk.say("t", "Hello", by=TOM)
    with pytest.raises(NotYours):
        use(talk)
    assert (talk.threads(by=EVA), talk.search("hello", by=EVA)) == ([], [])
    assert len(talk.history("t", by=TOM)) == 1


@pytest.mark.parametrize(
    ("person", "may"), [(TOM, True), (EVA, True), (TIM, False), (VERA, False)],
    ids=["who started it", "an engineer", "another technician", "a viewer"],
)  # fmt: skip
def test_who_may_stop_a_job(tmp_path, person, may):
    talk = copilot(tmp_path, script("Hello."))
    talk.say("t", "Hello", by=TOM)
    jobs = plant_at(tmp_path).jobs
    job = jobs.end(jobs.start("train", HAAS, {}, {}), "done", result={})
    talk._threads.add_job("t", job.job_id)
    if may:
        assert talk.cancel_job(job.job_id, by=person).status == "done"
    else:
        with pytest.raises(NotAllowed, match="or an engineer can stop it"):
            talk.cancel_job(job.job_id, by=person)


def _technicians_card(home, *more) -> Copilot:
    talk = copilot(home, script(call("rollback_model", **ROLLBACK), "It waits.", *more))
    assert talk.say("t", "Roll the Haas back", by=TOM).outcome == "approval"
    return talk


def _all(talk: Copilot, by: Person) -> list[Decision]:
    return [Decision(call_id=each.call_id, verdict="approve") for each in talk.pending("t", by=by).changes]


def _may_call(person: Person, tool: str) -> bool:
    try:
        check_call(person, tool)
    except NotAllowed:
        return False
    return True
