"""Alert rules fire where they should, and nothing watches a metric that does not exist."""

import json
import re
import shutil
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from agent.metrics import exposition
from tests.agent.scripted import PUMP, call, copilot, script

MONITORING = Path("deploy/monitoring")


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool comes with Debian's package prometheus")
def test_the_alert_rules_fire_where_they_should_and_not_beside(tmp_path: Path):
    folder = tmp_path / "monitoring"
    shutil.copytree(MONITORING, folder)
    (folder / "metrics_token").write_text("secret\n")
    for asked in (
        ["check", "rules", "alerts.yml"],
        ["test", "rules", "alerts_test.yml"],
        ["check", "config", "prometheus.yml"],
    ):
        done = subprocess.run(["promtool", *asked], cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


class _Asked(BaseHTTPRequestHandler):
    seen: list[tuple[str, str | None]] = []

    def do_GET(self) -> None:
        type(self).seen.append((self.path, self.headers["Authorization"]))
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.mark.skipif(shutil.which("prometheus") is None, reason="prometheus comes with Debian's package prometheus")
def test_prometheus_sends_the_token_of_its_file(tmp_path: Path):
    server = HTTPServer(("127.0.0.1", 0), _Asked)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    shipped = (MONITORING / "prometheus.yml").read_text()
    (tmp_path / "alerts.yml").write_text((MONITORING / "alerts.yml").read_text())
    (tmp_path / "metrics_token").write_text("secret\n")
    config = tmp_path / "prometheus.yml"
    config.write_text(
        shipped.replace("millwright:7860", f"127.0.0.1:{server.server_port}").replace("interval: 15s", "interval: 1s")
    )
    command = ["prometheus", "--config.file", config, "--storage.tsdb.path", tmp_path / "data",
               "--web.listen-address", "127.0.0.1:0", "--log.level", "error"]  # fmt: skip
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while not _Asked.seen and time.monotonic() < deadline:
            time.sleep(0.2)
    finally:
        running.kill()
        running.wait()
        server.shutdown()
        server.server_close()
    assert _Asked.seen[0] == ("/metrics", "Bearer secret")


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
