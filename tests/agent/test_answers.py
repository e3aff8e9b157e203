"""Answers say what was found, no more than that, and no figure of their own."""

from datetime import UTC, datetime
from typing import Any, get_args, get_type_hints

import pytest

from agent.answers import Asked, compose
from agent.answers.composing import KINDS
from agent.grounding import untraced_numbers
from agent.turns import ToolCall
from machine_profiles.reading import SHIPPED, load_catalog
from models.edge import BundledModel, EdgeBundle
from models.health import FleetRanking, HealthPrediction, LimitCrossing, NotRanked, RankedMachine, SensorMovement
from models.importing import ImportResult
from models.jobs import Job
from models.registry import Gate, ModelComparison, ModelVersion, ServiceChange
from models.results import Interval, Preview, Quantity, Result
from models.rul import LabelResult
from models.sensor_statistics import SensorStatistics, TelemetrySummary
from models.synthesis import MethodTried, SynthesisResult
from models.telemetry import MaintenanceEvent
from models.training import TrainedModel, TrainingResult, TrainingStarted
from tests.agent.scripted import HAAS, PUMP
from tools.registry import all_tools

CATALOG = load_catalog(SHIPPED)
AT = datetime(2026, 6, 1, tzinfo=UTC)
HOURS = Quantity(value=43.2, unit="h", interval=Interval(low=20.4, high=80.1, confidence=0.9))


def call(name: str, result: Result | dict[str, Any], **args: Any) -> ToolCall:
    data = result if isinstance(result, dict) else result.model_dump(mode="json")
    kind = "Proposal" if isinstance(result, dict) else type(result).__name__
    return ToolCall(
        call_id="c1", name=name, args=args, effect=all_tools()[name].effect, kind=kind, result=data,
        status="proposed" if kind == "Proposal" else "done",
    )  # fmt: skip


def health(**but: Any) -> HealthPrediction:
    sound = {
        "machine_id": PUMP, "name": "Grundfos CR 3-10", "unit": "main", "at": AT, "horizon_hours": 60.0,
        "age_hours": 811.0, "state": "sound", "failure_probability": Quantity(value=0.004, unit="probability"),
        "failure_expected": False, "rul": HOURS, "rul_at_cap": False, "cap_hours": 360.0,
        "anomaly": Quantity(value=0.0312, unit="score"), "anomalous": False, "moved": (), "limits_crossed": (),
        "rows_used": 72, "missing_sensors": (), "models": {"failure": 2, "rul": 1, "anomaly": 1},
        "data_version": "ab12cd34ef56",
    }  # fmt: skip
    return HealthPrediction.model_validate({**sound, **but})


CROSSED = LimitCrossing(
    sensor="vibration_velocity", level="alarm", value=9.134, limit=8.5, side="above", unit="mm/s"
)  # fmt: skip
MOVED = SensorMovement(
    sensor="vibration_velocity", description="Vibration", unit="mm/s", latest=9.134, sound=1.98, deviation=7.2
)
SICK = health(
    state="alarm", limits_crossed=(CROSSED,), moved=(MOVED,), failure_expected=True,
    failure_probability=Quantity(value=0.874, unit="probability"), anomalous=True,
)  # fmt: skip
RANKED = RankedMachine(
    rank=1, machine_id=PUMP, name="Grundfos CR 3-10", state="act", rul=HOURS, anomaly=None, limits_crossed=(CROSSED,),
    failure_probability=Quantity(value=0.874, unit="probability"), at=AT,
)  # fmt: skip
TRAINED = TrainedModel(
    task="failure", version=2, alias="challenger", engine="AutoGluon", metrics={"average_precision": 0.7123},
    baselines={"constant": {"average_precision": 0.21}, "lightgbm": {"average_precision": 0.69}},
    main_metric="average_precision", champion_metrics={"average_precision": 0.6514}, seconds=41.0,
)  # fmt: skip
TRAINING = TrainingResult(
    machine_id=PUMP, models=(TRAINED,), datasets=("history@1", "labels@2"), protocol="split by life, 24 of 30 to learn",
    skipped={"forecast": "too few rows"}, seconds=43.0,
)  # fmt: skip
JOB = Job(
    job_id="train-004-ab12cd", work="train", machine_id=PUMP, arguments={}, status="running", progress=0.42,
    step="fitting failure", started_at=AT,
)  # fmt: skip
VERSION = ModelVersion(
    machine_id=PUMP, task="failure", version=2, alias="challenger", engine="LightGBM", created_at=AT,
    metrics={"average_precision": 0.7123}, baselines={"constant": {"average_precision": 0.21}}, datasets=("history@1",),
)  # fmt: skip
STATISTICS = SensorStatistics(
    sensor="vibration_velocity", description="Vibration", unit="mm/s", readings=160, missing=8, minimum=1.2, mean=3.5,
    maximum=9.1, latest=8.8, change_per_day=0.81, beyond_warning=36, beyond_alarm=2,
)  # fmt: skip

EXAMPLES = {
    "sound": call("predict_health", health(), machine_id=PUMP),
    "sick": call("predict_health", SICK, machine_id=PUMP),
    "fleet": call("rank_fleet", FleetRanking(
        by="rul", horizon_hours=24.0, machines=(RANKED,), ranked=19,
        not_ranked=(NotRanked(machine_id=HAAS, reason="Nothing has been recorded of it."),))),
    "telemetry": call("query_telemetry", TelemetrySummary(
        machine_id=PUMP, name="Grundfos", unit="main", start=AT, end=AT, rows=168, sensors=(STATISTICS,),
        plot="plots/p-1.png", data_version="ab12"), machine_id=PUMP, window="168h"),
    "synthesis": call("synthesize_data", SynthesisResult(
        machine_id=PUMP, dataset="synthetic@2", made_from="history@1", method="tvae",
        tried=tuple(MethodTried(method=m, score=s, seconds=9.0) for m, s in (("tvae", 0.81), ("ctgan", 0.77))),
        scored_by="AP of a model trained on it", rows=5000, lives=5000, quality=0.871, column_shapes=0.91,
        column_pair_trends=0.832, violations=0, constraints=("flow ≥ 0",), seed=7, seconds=21.0, report="r.html")),
    "labels": call("label_rul", LabelResult(
        machine_id=PUMP, dataset="labels@1", made_from="history@1", policy="capped", cap_hours=360.0,
        cap_source="profile", rows=35702, labelled_rows=27955, censored_rows=7747, failed_lives=30, censored_lives=7,
        median_life_hours=11435.0, failures_by_mode={"bearing_wear": 13, "seal_leak": 17})),
    "started": call("train_models", TrainingStarted(
        job_id="train-004-ab12cd", machine_id=PUMP, tasks=("failure", "rul"), time_limit_s=300)),
    "job": call("get_job", JOB, job_id="train-004-ab12cd"),
    "job done": call("get_job", JOB.model_copy(
        update={"status": "done", "result": TRAINING.model_dump(mode="json")}), job_id="train-004-ab12cd"),
    "comparison": call("compare_models", ModelComparison(
        machine_id=PUMP, task="failure", main_metric="average_precision", higher_is_better=True, champion=1,
        challenger=2, best=2, versions=(VERSION, VERSION.model_copy(update={"version": 1, "alias": "champion"})))),
    "service": call("promote_model", ServiceChange(
        machine_id=PUMP, task="failure", version=2, replaced=1,
        gates=(Gate(name="beats the constant", passed=True, figure="0.71 against 0.21"),))),
    "bundle": call("export_edge", EdgeBundle(
        machine_id=PUMP, bundle="bundles/pump/jetson_nano-int8@1", target="jetson_nano", precision="int8",
        models=(BundledModel(task="failure", version=2, file="failure.onnx", sha256="aa", size_bytes=48_531,
                             precision="fp32", parity_max_abs=1.2e-7, parity_rows=512, decisions_changed=0),),
        total_bytes=48_531, notes=("Trees stay fp32.",), seconds=3.2)),
    "import": call("import_telemetry", ImportResult(
        machine_id=PUMP, file="may.csv", dry_run=False, rows_read=1000, rows_stored=960, rows_already_known=20,
        duplicates=8, rows_rejected=12, rejected_file="rejected/x.csv", rejected_reasons={"flow below zero": 12},
        units=1, lives_ended=0, start=AT, end=AT, columns=(), ignored_columns=(), sensors_missing=("seal_temperature",),
        dataset="history@2")),
    "event": call("log_maintenance", MaintenanceEvent(at=AT, action="replacement", note="new seal"), machine_id=PUMP),
    "proposal": call("train_models", {
        "call_id": "c1", "tool": "train_models",
        "args": {"machine_id": PUMP, "tasks": ["failure"], "time_limit_s": 300},
        "preview": Preview(replaces="version 1", expected_seconds=300.0, expected_bytes=2_400_000,
                           warnings=("only 3 failures",),
                           facts={"lives": "30 failed"}).model_dump(mode="json"), "replaces": []},
        machine_id=PUMP, tasks=["failure"], time_limit_s=300),
}  # fmt: skip


def say(*names: str, **asked: Any) -> str:
    return compose([EXAMPLES[name] for name in names], Asked(catalog=CATALOG, **asked))


def names() -> list[str]:
    return [word for p in CATALOG.values() for word in (p.id, p.name, f"{p.kind} {p.number}")]


def test_a_failure_that_is_likely_beyond_the_time_asked_about_is_said_with_its_chance():
    found = health(
        state="act", horizon_hours=24.0, ahead_hours=72.0, failure_ahead=True,
        probability_ahead=Quantity(value=0.512, unit="probability"),
    )  # fmt: skip
    said = compose([call("predict_health", found, machine_id=PUMP)], Asked(catalog=CATALOG))
    assert "needs attention soon: it may well fail within 72 h." in said
    assert "Chance of failure within 72 h: 51 %" in said


def test_there_are_words_for_every_result_of_every_tool():
    returned = [get_type_hints(tool.run)["return"] for tool in all_tools().values()]
    results = {kind.__name__ for each in returned for kind in (get_args(each) or (each,))}
    assert results <= KINDS.keys()


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_every_figure_of_an_answer_is_one_of_its_result(name):
    example = EXAMPLES[name]
    assert untraced_numbers(say(name), [example.result, example.args], names()) == []


@pytest.mark.parametrize("name", sorted(EXAMPLES.keys() - {"import"}))
def test_a_machine_is_named_by_name_and_number(name):
    assert "Grundfos CR 3-10 (pump 4)" in say(name)


def test_a_sound_machine_is_called_sound_with_what_that_rests_on():
    text = say("sound", horizon="over the weekend")
    assert text.startswith("Grundfos CR 3-10 (pump 4) looks sound.")
    assert "Chance of failure within 60 h of operation (over the weekend): less than 1 %" in text
    assert "Remaining useful life (RUL): about 43 h (90 % interval 20 to 80 h)" in text
    assert "readings up to 2026-06-01 00:00 UTC and failure model version 2" in text
    assert "lock" not in text


def test_a_sick_machine_comes_with_the_reason_and_the_safety_step():
    text = say("sick")
    assert text.startswith("Grundfos CR 3-10 (pump 4) is in alarm and should be looked at now: vibration velocity")
    assert "Vibration velocity 9.13 mm/s, above its alarm limit of 8.5 mm/s" in text
    assert "close its valves and let the pressure off, lock and tag it out, and prove that it is dead" in text


def test_at_the_cap_life_is_a_lower_bound():
    capped = health(rul=Quantity(value=361.0, unit="h"), rul_at_cap=True)
    text = compose([call("predict_health", capped)], Asked(catalog=CATALOG))
    assert "at least 360 h (the labels it learnt from end there)" in text


def test_what_no_model_says_is_not_known_and_never_sound():
    bare = health(failure_probability=None, rul=None, anomaly=None, models={}, state="watch")
    text = compose([call("predict_health", bare)], Asked(catalog=CATALOG))
    assert "Chance of failure within 60 h of operation: not known" in text
    assert "Remaining useful life (RUL): not known" in text
    assert text.splitlines()[0].endswith("not enough is known to call it sound.")


def test_a_weak_record_is_said_to_be_weak():
    weak = health(state="watch", doubts=("the last reading is 30 h old",))
    assert "Take it with care: the last reading is 30 h old." in compose(
        [call("predict_health", weak)], Asked(catalog=CATALOG)
    )


@pytest.mark.parametrize(
    ("chance", "hours", "at_odds"),
    [(0.09, 43.0, True), (0.9, 300.0, True), (0.9, 43.0, False), (0.09, 300.0, False)],
    ids=["short life, small chance", "long life, great chance", "both bad", "both good"],
)
def test_models_that_do_not_agree_are_said_not_to(chance, hours, at_odds):
    rul = Quantity(value=hours, unit="h", interval=Interval(low=hours - 20, high=hours + 20, confidence=0.9))
    found = health(state="act", rul=rul, failure_probability=Quantity(value=chance, unit="probability"))
    text = compose([call("predict_health", found)], Asked(catalog=CATALOG))
    assert ("go by the worse of the two" in text) == at_odds


def test_machines_that_could_not_be_judged_are_not_passed_over():
    assert "Not ranked, so not known: Haas VF-2 (machining centre 16) (Nothing has been recorded of it)." in say(
        "fleet"
    )


def test_machines_that_were_not_ranked_for_one_reason_are_one_sentence():
    apart = tuple(NotRanked(machine_id=each, reason=f"{each} has no model yet.") for each in (HAAS, PUMP))
    nothing = FleetRanking(by="rul", horizon_hours=24.0, machines=(), ranked=0, not_ranked=apart)
    text = compose([call("rank_fleet", nothing)], Asked(catalog=CATALOG))
    assert text.startswith("No machine could be ranked.")
    assert text.count("Not ranked") == 1
    assert text.count("no model yet") == 1


def test_training_is_told_beside_its_baselines_and_not_as_in_service():
    text = say("job done")
    assert "failure, version 2: average precision 0.712 (beside it: a constant 0.21, LightGBM 0.69)" in text
    assert "better than the one in service, 0.651 on the same lives" in text
    assert "Not in service yet" in text
    assert "No forecast model: too few rows." in text


def test_a_proposal_says_what_it_replaces_what_speaks_against_it_and_that_nothing_is_done():
    text = say("proposal")
    assert "train the failure model of Grundfos CR 3-10 (pump 4)" in text
    for part in (
        "It replaces version 1.",
        "about 5 min of this computer's time, and about 2.4 MB of disk",
        "Warning: only 3 failures",
        "Nothing has been done yet.",
    ):
        assert part in text


def test_several_results_read_as_one_answer_with_the_safety_step_once():
    other = call("predict_health", SICK.model_copy(update={"machine_id": "PUMP_KSB_ETANORM_005"}))
    text = compose([EXAMPLES["sick"], other], Asked(catalog=CATALOG))
    assert text.count("prove that it is dead") == 1
    assert "pump 4" in text
    assert "pump 5" in text


def test_a_failed_step_is_told_and_one_made_good_is_not():
    failed = ToolCall(
        call_id="c0", name="predict_health", args={}, effect="read", status="failed", error="No model is in service."
    )
    asked = Asked(catalog=CATALOG, not_done=("export, because it needs a model",))
    text = compose([EXAMPLES["labels"], failed], asked)
    assert "I could not judge its health: No model is in service." in text
    assert "Not done: export, because it needs a model." in text
    assert "could not" not in compose([failed, EXAMPLES["sound"]], asked)
