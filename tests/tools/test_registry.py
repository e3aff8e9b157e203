"""How tools reach a language model: described, typed, and with errors it can act on."""

import pytest
from langchain_core.utils.function_calling import convert_to_openai_tool

from models.storage import Storage
from tools.plant import Plant
from tools.registry import InvalidArguments, all_tools, langchain_tools, read_arguments


@pytest.fixture
def plant(tmp_path) -> Plant:
    return Plant(Storage(tmp_path), seed=7, user="anna")


def invoke(plant: Plant, name: str, **args):
    chosen = {tool.name: tool for tool in langchain_tools(plant)}[name]
    return chosen.invoke({"type": "tool_call", "name": name, "args": args, "id": "c1"})


@pytest.mark.parametrize("name", sorted(all_tools()))
def test_every_tool_and_argument_is_described(plant, name):
    tool = {tool.name: tool for tool in langchain_tools(plant)}[name]
    shown = convert_to_openai_tool(tool)["function"]
    assert shown["description"].splitlines()[0].endswith(".")
    assert "\n  " not in shown["description"]
    assert shown["parameters"]["properties"].keys() == all_tools()[name].arguments.model_fields.keys()
    assert shown["parameters"]["additionalProperties"] is False


def test_the_tools_of_the_loop_and_their_effects():
    effects = {name: tool.effect for name, tool in all_tools().items()}
    assert effects.items() >= {
        "list_machines": "read", "describe_machine": "read", "query_telemetry": "read", "predict_health": "read",
        "rank_fleet": "read", "compare_models": "read", "get_job": "read", "synthesize_data": "create",
        "label_rul": "create", "train_models": "change", "promote_model": "change", "rollback_model": "change",
        "export_edge": "change", "import_telemetry": "change", "log_maintenance": "change",
    }.items()  # fmt: skip


def test_a_result_is_json_for_the_model_and_typed_for_us(plant):
    message = invoke(plant, "list_machines", kind="pump")
    assert message.status == "success"
    assert message.content.startswith('{"kind":"pump"')
    assert message.artifact["kind"] == "MachineList"
    assert [machine["number"] for machine in message.artifact["data"]["machines"]] == [4, 5, 6]


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ({}, "machine_id is missing; it is required"),
        ({"machine_id": "X_1", "horizon": 3}, "horizon is no argument of it; it takes machine_id, horizon_hours"),
        ({"machine_id": "X_1", "horizon_hours": -1}, "horizon_hours should be greater than 0, got -1"),
        ({"machine_id": "X_1", "horizon_hours": "soon"}, "horizon_hours should be a valid number"),
        ({"machine_id": "PUMP_9"}, "No machine 'PUMP_9'. Known machines: BLOWER"),
    ],
    ids=["missing", "unknown", "out of range", "of another kind", "no such machine"],
)
def test_what_a_model_can_act_on_reaches_it_as_a_tool_error(plant, args, says):
    message = invoke(plant, "predict_health", **args)
    assert message.status == "error"
    assert says in message.content


def test_a_bug_of_ours_is_never_told_as_the_models_fault(plant, monkeypatch):
    monkeypatch.setattr("tools.machines._rated", lambda name, figure: int("seven"))
    with pytest.raises(ValueError, match="seven"):
        invoke(plant, "describe_machine", machine_id="PUMP_GRUNDFOS_CR3_004")


def test_an_invalid_value_built_by_us_is_a_bug_too(plant, monkeypatch):
    from tools.machines import DescribeMachine

    monkeypatch.setattr("tools.machines._rated", lambda name, figure: DescribeMachine())
    with pytest.raises(RuntimeError, match="a bug in Millwright"):
        invoke(plant, "describe_machine", machine_id="PUMP_GRUNDFOS_CR3_004")


def test_arguments_are_read_with_their_defaults():
    args = read_arguments(all_tools()["query_telemetry"], {"machine_id": "X_1", "window": "1w"})
    assert args.model_dump(mode="json") == {"machine_id": "X_1", "sensors": [], "window": "168h", "unit": "main"}
    with pytest.raises(InvalidArguments, match="window 'soon' is no duration; write it as 24h, 7d or 2w"):
        read_arguments(all_tools()["query_telemetry"], {"machine_id": "X_1", "window": "soon"})
