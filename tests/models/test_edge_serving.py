"""run.py --serve: one computer, one question at a time, and nothing that looks healthy without readings."""

import http.client
import json
import subprocess
import sys
from collections.abc import Iterator

import numpy as np
import pytest

from models import edge
from models.registry import Registry
from models.storage import Storage
from models.telemetry import Telemetry
from tests.models.test_health import PUMP, rows, serve


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    storage = Storage(tmp_path_factory.mktemp("home"))
    serve(storage.home, tasks=("rul",))
    made = edge.export(storage, Telemetry(storage), Registry(storage), PUMP, "cpu", "fp32", seed=7)
    program = storage.absolute(made.bundle) / "run.py"
    process = subprocess.Popen([sys.executable, "-I", program, "--serve", "0"], stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    yield int(process.stderr.readline().rsplit(":", 1)[1])
    process.terminate()
    process.wait()


def ask(port: int, method: str, path: str, body: str | None = None, **headers: str) -> tuple[int, dict]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())


def lines(count: int, **changed: object) -> str:
    table = rows(count=count).assign(**changed)[["hours", *PUMP.sensor_names]]
    return "\n".join(json.dumps(row) for row in table.replace({np.nan: None}).to_dict("records"))


def test_health_names_the_machine_and_its_models(port: int):
    assert ask(port, "GET", "/health") == (200, {"status": "ok", "machine_id": PUMP.id, "models": {"rul": 1}})


def test_a_window_is_judged_from_json_lines_and_from_csv_alike(port: int):
    status, said = ask(port, "POST", "/judge", lines(12))
    assert (status, said["row"], said["rul"]["value"]) == (200, 12, pytest.approx(100.0))
    text = rows(count=12)[["hours", *PUMP.sensor_names]].to_csv(index=False)
    assert ask(port, "POST", "/judge", text) == (200, said)


def test_each_request_stands_alone(port: int):
    """Two requests of three rows are not a window of six."""
    assert [ask(port, "POST", "/judge", lines(3))[0] for _ in range(2)] == [422, 422]


@pytest.mark.parametrize(
    ("path", "body", "headers", "status", "said"),
    [
        ("/judge", lines(3), {}, 422, "only 3 rows"),
        ("/judge", lines(12, **dict.fromkeys(PUMP.sensor_names, np.nan)), {}, 422, "no reading of the machine"),
        ("/judge", "", {}, 400, "empty"),
        ("/judge", '{"flow": 1}', {}, 400, "no column for"),
        ("/judge", "x", {"Content-Length": "5000000"}, 413, "send up to 4000000"),
        ("/judge", "x", {"Content-Length": "many"}, 411, "Content-Length"),
        ("/judge", "x", {"Host": "plant.example"}, 403, "ask localhost"),
        ("/other", "x", {}, 404, "there is no /other"),
    ],
    ids=["too short", "all NaN", "empty", "missing sensors", "too large", "no length", "another site", "elsewhere"],
)  # fmt: skip
def test_what_cannot_be_judged_gets_a_reason_and_no_figure(port, path, body, headers, status, said):
    code, answer = ask(port, "POST", path, body, **headers)
    assert code == status
    assert said in (answer.get("error") or answer["abstained"])
    assert "rul" not in answer
