"""The scenario format: what is accepted, and errors that name the file, the scenario and the key."""

from pathlib import Path

import pytest

from evals.scenario import SHIPPED, InvalidScenario, Scenario, read_scenarios

WHOLE = """
- id: predict-pump-4
  tags: [technician, predict]
  plant: demo
  turns:
    - user: "Is pump 4 going to make it through the weekend?"
      image: seal.png
      expect:
        outcome: [answer, clarify]
        tools:
          - name: predict_health
            args: {machine_id: PUMP_GRUNDFOS_CR3_004}
        match: superset
        forbid: [train_models]
        contains: ["RUL"]
        not_contains: ["certainly"]
        cites: true
        grounded: true
    - approve: true
      expect: {outcome: answer, tools: [{name: train_models}]}
    - approve: {edit: {train_models: {time_limit_s: 30}}}
    - approve: false
"""


def read(folder: Path, text: str, name: str = "suite.yaml") -> list[Scenario]:
    (folder / "seal.png").write_bytes(b"")
    (folder / name).write_text(text)
    return read_scenarios([folder / name])


def turn(text: str) -> str:
    return f"- id: one\n  turns:\n    - user: hello\n      expect: {text}\n"


def test_every_key_of_the_contract_is_read(tmp_path: Path):
    (scenario,) = read(tmp_path, WHOLE)
    said, yes, edited, no = scenario.turns
    assert (scenario.id, scenario.tags, scenario.plant) == ("predict-pump-4", ("technician", "predict"), "demo")
    assert said.image == str(tmp_path / "seal.png")
    assert said.expect.outcome == ("answer", "clarify")
    assert said.expect.tools is not None
    assert said.expect.tools[0].args == {"machine_id": "PUMP_GRUNDFOS_CR3_004"}
    assert (said.expect.forbid, said.expect.contains, said.expect.cites) == (("train_models",), ("RUL",), True)
    assert yes.approve is True
    assert yes.expect.outcome == ("answer",)
    assert edited.approve.edit == {"train_models": {"time_limit_s": 30}}
    assert no.approve is False


def test_what_is_left_out_has_the_contract_s_default(tmp_path: Path):
    (scenario,) = read(tmp_path, "- id: one\n  turns:\n    - user: hello\n")
    expect = scenario.turns[0].expect
    assert (scenario.plant, expect.match, expect.grounded) == ("demo", "superset", True)
    assert (expect.outcome, expect.tools, expect.cites) == (None, None, None)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (turn("{outcom: answer}"), "turns.0.expect.outcom: unknown key; did you mean `outcome`?"),
        ("- id: one\n  turn: []\n  turns: [{user: hi}]\n", "turn: unknown key; did you mean `turns`?"),
        (turn("{tools: [{name: predict_health, arg: {}}]}"), "turns.0.expect.tools.0.arg: unknown key"),
        (turn("{outcome: maybe}"), "turns.0.expect.outcome.0: Input should be 'answer'"),
        (turn("{match: exact}"), "turns.0.expect.match: Input should be 'strict'"),
        (turn("{tools: [{name: predict_helth}]}"), "there is no tool 'predict_helth'; did you mean 'predict_health'?"),
        (turn("{forbid: [stop_machine]}"), "there is no tool 'stop_machine'"),
        (
            turn("{tools: [{name: rank_fleet, args: {tops: 3}}]}"),
            "rank_fleet has no argument 'tops'; did you mean 'top'?",
        ),
        ("- id: one\n  turns: [{expect: {outcome: answer}}]\n", "turns.0: a turn is either `user`"),
        ("- id: one\n  turns: [{user: hi, approve: true}]\n", "turns.0: a turn is either `user`"),
        ("- id: one\n  turns: [{user: hi, image: none.png}]\n", "turns.0.image: no file 'none.png'"),
        ("- id: one\n  turns: [{approve: {edits: {}}}]\n", "turns.0.approve"),
        ("- id: one\n  turns: [{approve: {edit: {train_models: {time: 5}}}}]\n", "train_models has no argument 'time'"),
        ("- id: one\n  turns: []\n", "turns: Tuple should have at least 1 item"),
        ("- id: one\n  plant: mars\n  turns: [{user: hi}]\n", "plant: Input should be 'demo'"),
        ("- id: one\n  turns: [{user: hi}]\n  turns: [{user: ho}]\n", "the key 'turns' comes twice"),
    ],
    ids=lambda value: value[:50].replace("\n", " ") if isinstance(value, str) else None,
)
def test_a_fault_is_named_with_file_scenario_and_key(tmp_path: Path, text: str, said: str):
    with pytest.raises(InvalidScenario) as error:
        read(tmp_path, text)
    assert said in str(error.value)
    assert "suite.yaml" in str(error.value)
    assert "'one'" in str(error.value) or "twice" in said


def test_a_fault_is_told_with_its_line(tmp_path: Path):
    with pytest.raises(InvalidScenario, match=r"tools\.0\.arg: unknown key.* \(line 6\)$"):
        read(tmp_path, "- id: zero\n  turns: [{user: hi}]\n" + turn("{tools: [{name: rank_fleet, arg: {}}]}"))


def test_every_fault_is_told_at_once(tmp_path: Path):
    with pytest.raises(InvalidScenario) as error:
        read(tmp_path, turn("{outcom: answer}") + turn("{grounde: true}").replace("one", "two"))
    assert len(str(error.value).splitlines()) == 2


def test_an_id_may_come_once_in_all_files(tmp_path: Path):
    read(tmp_path, turn("{}"), "a.yaml")
    read(tmp_path, turn("{}"), "b.yaml")
    with pytest.raises(InvalidScenario, match=r"b\.yaml: scenario 'one': id: also used in .*a\.yaml"):
        read_scenarios([tmp_path])


@pytest.mark.parametrize("text", ["", "[]", "id: one", "- just a text", "- [", "\x00"], ids=repr)
def test_what_is_no_list_of_scenarios_is_refused(tmp_path: Path, text: str):
    with pytest.raises(InvalidScenario, match=r"suite\.yaml"):
        read(tmp_path, text)


def test_a_missing_file_is_told_with_the_shipped_suites(tmp_path: Path):
    with pytest.raises(InvalidScenario, match=r"no scenario file there.*\.yaml"):
        read_scenarios([tmp_path / "none.yaml"])


def test_yes_no_and_times_are_texts_where_a_text_stands(tmp_path: Path):
    said = "{user: yes}, {user: 12:30}, {user: 2026-05-31}, {user: 5}, {approve: no}"
    text = f"- id: one\n  turns: [{said}]\n"
    (scenario,) = read(tmp_path, text)
    assert [t.user for t in scenario.turns] == ["yes", "12:30", "2026-05-31", "5", None]
    assert scenario.turns[-1].approve is False


def test_a_file_said_that_lies_beside_the_suite_is_named_whole(tmp_path: Path):
    (tmp_path / "june.csv").write_text("a\n")
    (scenario,) = read(tmp_path, "- id: one\n  turns: [{user: 'import june.csv, not july.csv.'}]\n")
    assert scenario.turns[0].user == f"import {tmp_path}/june.csv, not july.csv."


def test_the_shipped_suites_are_many_and_tagged():
    scenarios = read_scenarios([SHIPPED])
    assert len(scenarios) >= 30
    assert all(scenario.tags for scenario in scenarios)
