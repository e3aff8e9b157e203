"""Alert rules fire where they should, and nothing watches a metric that does not exist."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from agent.metrics import exposition
from tests.agent.scripted import PUMP, call, copilot, script

MONITORING = Path("deploy/monitoring")


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool comes with Debian's package prometheus")
def test_the_alert_rules_fire_where_they_should_and_not_beside():
    for asked in (
        ["check", "rules", "alerts.yml"],
        ["test", "rules", "alerts_test.yml"],
        ["check", "config", "prometheus.yml"],
    ):
        done = subprocess.run(["promtool", *asked], cwd=MONITORING, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_every_rule_is_tested():
    rules = yaml.safe_load((MONITORING / "alerts.yml").read_text())["groups"][0]["rules"]
    tests = yaml.safe_load((MONITORING / "alerts_test.yml").read_text())["tests"]
    fired = {each["alertname"] for test in tests for each in test["alert_rule_test"] if each["exp_alerts"]}
    assert fired == {rule["alert"] for rule in rules}


def test_rules_and_dashboard_ask_for_metrics_there_are(tmp_path: Path):
    talk = copilot(tmp_path, script(call("describe_machine", machine_id=PUMP), "It is a pump."))
    talk.say("t", "what is pump 4?")
    families = text_string_to_metric_families(exposition(talk).decode())
    known = {family.name for family in families}
    dashboard = json.loads((MONITORING / "grafana" / "millwright.json").read_text())
    asked = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    asked.append((MONITORING / "alerts.yml").read_text())
    names = {name for text in asked for name in re.findall(r"millwright_\w+", text)}
    assert {re.sub(r"_(total|bucket|sum|count)$", "", name) for name in names} <= known
    assert names, "something is watched"
