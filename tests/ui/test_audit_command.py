"""`millwright audit` shows the record of changes and says where it was altered."""

import json

import pytest
from typer.testing import CliRunner

from agent.access import Person
from agent.audit import AuditLog
from models.storage import Storage
from tests.agent.scripted import HAAS, PUMP
from ui.cli import app


@pytest.fixture
def log(tmp_path, monkeypatch) -> AuditLog:
    monkeypatch.setenv("MILLWRIGHT_HOME", str(tmp_path))
    log = AuditLog(Storage(tmp_path).audit_log)
    for number, (machine, tool) in enumerate([(PUMP, "log_maintenance"), (HAAS, "promote_model")]):
        log.append("proposed", who=Person(name="tom", role="technician"), thread=f"t{number}", call_id="c1", tool=tool,
                   args={"machine_id": machine})  # fmt: skip
    return log


def test_an_altered_line_is_named_and_the_exit_code_is_1(log):
    assert CliRunner().invoke(app, ["audit", "verify"]).exit_code == 0
    log.path.write_bytes(log.path.read_bytes().replace(b"HAAS", b"SAAH"))
    broken = CliRunner().invoke(app, ["audit", "verify"])
    assert broken.exit_code == 1
    assert "line 2" in broken.stderr


@pytest.mark.parametrize(
    "option", [["--thread", "t1"], ["--tool", "promote_model"], ["--machine", HAAS]], ids=["thread", "tool", "machine"]
)
def test_the_record_is_shown_by_thread_tool_or_machine(log, option):
    shown = json.loads(CliRunner().invoke(app, ["audit", "show", "--json", *option]).stdout)
    assert [line["args"]["machine_id"] for line in shown] == [HAAS]
    text = CliRunner().invoke(app, ["audit", "show", *option]).stdout
    assert "tom (technician)  proposed  promote_model(CNC_HAAS_VF2_016)" in text
