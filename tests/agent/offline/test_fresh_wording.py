"""What a message says beside its verb decides: a condition word, a sensor's own name, a subject put first."""

import pytest

from agent.brains.offline.reading import Reader
from agent.brains.offline.referring import Context


def _read(reader: Reader, text: str, context: Context) -> list[tuple[str, int | None]]:
    orders = reader.read(text, context).orders
    assert not any(order.missing for order in orders)
    return [(o.tool, reader.catalog[o.machine_id].number if o.machine_id else None) for o in orders]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("how are our compressors holding up?", [("predict_health", 7), ("predict_health", 8)]),
        ("our motors, how do they fare?", [("predict_health", 1), ("predict_health", 2), ("predict_health", 3)]),
        ("the chiller, is it all right?", [("predict_health", 15)]),
        ("how is the vibration of the Haas looking?", [("query_telemetry", 16)]),
        ("Pump 5 looks wet. What would you say?", [("predict_health", 5)]),
        ("will the welding robot survive till Friday", [("predict_health", 18)]),
        ("what will the KUKA draw tomorrow?", [("forecast_sensor", 18)]),
        ("will the superheat of the Carrier get worse over the next 2 days?", [("forecast_sensor", 15)]),
        ("where does the gland pressure go in the next 24 hours?", [("forecast_sensor", 19)]),
        ("note that the fans were cleaned", [("log_maintenance", 9), ("log_maintenance", 10)]),
        ("log that pump 4 and the Haas were inspected", [("log_maintenance", 4), ("log_maintenance", 16)]),
        ("my foreman would like to understand why bearings overheat", [("explain_fault", None)]),
        ("what oil does the company lorry take?", [("explain_fault", None)]),
    ],
)
def test_the_order_is_read(reader: Reader, context: Context, text: str, read: list[tuple[str, int | None]]):
    assert _read(reader, text, context) == read


@pytest.mark.parametrize("text", ["the lathe, is it fine?", "what about the lathe, will it hold?"])
def test_a_subject_put_first_that_is_not_here_is_asked_after_by_its_name(reader: Reader, context: Context, text: str):
    (order,) = reader.read(text, context).orders
    assert order.missing is not None
    assert order.missing.said == "lathe"


def test_hours_left_are_its_own_where_a_machine_is_in_focus(reader: Reader):
    assert _read(reader, "how many hours does it have left?", Context(focus=("ROBOT_KUKA_KR210_018",))) == [
        ("predict_health", 18)
    ]


@pytest.mark.parametrize("told", ["5 minutes should do.", "Give it five minutes.", "No more than 5 minutes!"])
def test_a_time_said_after_an_order_is_its_limit(reader: Reader, context: Context, told: str):
    (order,) = reader.read(f"train the Haas again. {told}", context).orders
    assert order.args["time_limit_s"] == 300


def test_a_new_machine_told_of_in_several_sentences_is_one_order(reader: Reader, context: Context):
    text = (
        "A second chiller was delivered on Monday. It's called Trane RTAF and measures flow and pressure. Add it, "
        "please. And how is pump 4?"
    )
    new, health = reader.read(text, context).orders
    assert new.args == {"kind": "chiller", "name": "Trane RTAF", "sensors": ["flow", "pressure"]}
    assert (health.tool, health.machine_id) == ("predict_health", "PUMP_GRUNDFOS_CR3_004")


def test_of_two_questions_in_one_neither_is_dropped(reader: Reader, context: Context):
    (order,) = reader.read("what does grease do in a bearing and when is there too much of it?", context).orders
    assert "grease" in order.args["question"]
    assert "too much" in order.args["question"]
