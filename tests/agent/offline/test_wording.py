"""Wordings that share no word with a tool, and those whose form decides."""

import pytest

from agent.answers.health import _first_up
from agent.brains.offline import replies
from agent.brains.offline.intents import Guess
from agent.brains.offline.reading import Reader
from agent.brains.offline.referring import Context
from agent.brains.offline.wording import _likeliest

KAESER = "COMPRESSOR_KAESER_ASD40_008"


@pytest.mark.parametrize(
    ("text", "tool", "machine"),
    [
        ("diagnose fault on KUKA", "explain_fault", "ROBOT_KUKA_KR210_018"),
        ("loto steps 4 kuka pls", "explain_fault", "ROBOT_KUKA_KR210_018"),
        ("what's eating the bearing on 3?", "explain_fault", "MOTOR_WEG_W22_003"),
        ("Check the Carrier for drift and tell me whether to retrain", "check_drift", "CHILLER_CARRIER_30RB_015"),
        ("rprt on teh carrier pls", "write_report", "CHILLER_CARRIER_30RB_015"),
        ("rol back rul model flender", "rollback_model", "GEARBOX_FLENDER_H2_012"),
        ("show me the vibration of the Haas for 48 hours", "query_telemetry", "CNC_HAAS_VF2_016"),
        ("The Kaeser keeps building up oil temperature. What would you look at first?", "explain_fault", KAESER),
    ],
)
def test_the_order_is_read(reader: Reader, context: Context, text: str, tool: str, machine: str):
    (order,) = reader.read(text, context).orders
    assert (order.tool, order.machine_id, order.missing) == (tool, machine, None)


def test_what_to_check_on_it_first_is_about_the_machine_in_focus(reader: Reader):
    (order,) = reader.read("what should I check on it first?", Context(focus=(KAESER,))).orders
    assert (order.tool, order.machine_id) == ("explain_fault", KAESER)


def test_a_look_comes_before_what_it_decides(reader: Reader, context: Context):
    text = "Look at the failure models of the turbine; if there is a better one, promote it"
    assert [order.tool for order in reader.read(text, context).orders] == ["compare_models", "promote_model"]


def test_what_is_still_to_come_is_not_logged(reader: Reader, context: Context):
    (order,) = reader.read("log an inspection of the Haas tomorrow", context).orders
    assert order.missing is not None
    assert "still to come" in replies.question(order, reader.machines)
    (done,) = reader.read("log that the Haas was inspected yesterday", context).orders
    assert done.missing is None


def test_an_ordinary_computer_is_a_target(reader: Reader, context: Context):
    (order,) = reader.read("export the Haas for an ordinary computer", context).orders
    assert order.args["target"] == "cpu"


def test_a_question_moved_to_another_machine_names_it(reader: Reader, context: Context):
    (order,) = reader.read("Why does the Kaeser run hot?", context).orders
    moved = reader.moved(order, "COMPRESSOR_ATLAS_COPCO_GA30_007")
    assert "Kaeser" not in moved.args["question"]
    assert "Atlas Copco" in moved.args["question"]


def test_on_doubt_a_read_and_never_a_change():
    reads = Guess((("explain_fault", 0.33), ("predict_health", 0.31), ("train_models", 0.2)))
    change = Guess((("train_models", 0.36), ("predict_health", 0.33), ("explain_fault", 0.31)))
    assert _likeliest(reads, named=True) == "explain_fault"
    assert _likeliest(reads, named=False) is None
    assert _likeliest(change, named=True) is None


def test_a_unit_keeps_its_capital():
    assert _first_up("oil temperature 82 °C") == "Oil temperature 82 °C"
