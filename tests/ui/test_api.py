"""REST does what the page does, with the same rights, and refuses in one form."""

import json
import socket
import threading
import time
from pathlib import Path

import anyio
import httpx
import pytest
import uvicorn
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from PIL import Image

from tests.agent.scripted import PUMP, call
from tests.ui.test_security import Site

GREASED = {"machine_id": PUMP, "action": "lubrication", "note": "greased"}


@pytest.fixture
def site(tmp_path: Path):
    made = Site(tmp_path, call("log_maintenance", **GREASED), "This waits for you.", "Logged.")
    yield made
    made.copilot.close()


def ask(site, verb: str, path: str, who: str = "tom", **kwargs):
    return site.client.request(
        verb, f"/api/v1{path}", headers={**site.auth(who), **kwargs.pop("headers", {})}, **kwargs
    )


def test_a_change_asked_for_by_chat_is_shown_and_approved_by_rest(site):
    turn = ask(site, "POST", "/threads/t/messages", json={"message": "Log that I greased pump 4."}).json()
    assert turn["outcome"] == "approval"
    [card] = ask(site, "GET", "/approvals").json()
    decision = {"decisions": [{"call_id": card["changes"][0]["call_id"], "verdict": "approve"}]}
    done = ask(site, "POST", "/approvals/t", json=decision)
    assert [each["status"] for each in done.json()["calls"]] == ["done"]
    assert ask(site, "POST", "/approvals/t", json=decision).status_code == 409


def test_the_stream_tells_of_each_step_and_ends_with_the_turn(site):
    answer = ask(site, "POST", "/threads/t/messages/stream", json={"message": "Log that I greased pump 4."})
    kinds = [line[7:] for line in answer.text.splitlines() if line.startswith("event: ")]
    assert kinds[0] == "tool_started"
    assert kinds[-2:] == ["card", "turn"]


def test_anothers_conversation_is_as_if_it_were_not_there(site):
    ask(site, "POST", "/threads/t/messages", json={"message": "Log that I greased pump 4."})
    for verb, path in (("GET", ""), ("DELETE", ""), ("POST", "/messages"), ("POST", "/cancel")):
        body = {"json": {"message": "x"}} if path == "/messages" else {}
        assert ask(site, verb, f"/threads/t{path}", "eve", **body).status_code == 404, (verb, path)


def test_a_batch_sent_twice_is_stored_once_and_a_viewer_sends_none(site):
    sensor = site.copilot.plant.machines[PUMP].sensor_names[0]
    path = f"/machines/{PUMP}/telemetry"
    at = ["2026-05-01T00:00:00Z", "2026-05-01T01:00:00Z"]
    batch = {"readings": [{"at": each, "sensors": {sensor: 5.0}} for each in at]}
    assert ask(site, "POST", path, "vera", json=batch).status_code == 403
    first = ask(site, "POST", path, json=batch).json()
    assert (first["received"], first["stored"], first["known"]) == (2, 2, 0)
    text = f"at,{sensor}\n" + "".join(f"{each},5.0\n" for each in at)
    again = ask(site, "POST", path, content=text, headers={"Content-Type": "text/csv"}).json()
    assert (again["received"], again["stored"], again["known"]) == (2, 0, 2)


@pytest.mark.parametrize(
    ("verb", "path", "kwargs", "status"),
    [("GET", "/nothing", {}, 404), ("PUT", "/machines", {}, 405), ("GET", "/machines/PUMP_X", {}, 404),
     ("POST", "/predict", {"json": {"machine_ids": []}}, 422), ("POST", "/predict", {"content": b"{"}, 422),
     ("POST", "/explain", {"content": b"x" * 21_000_001}, 413), ("GET", "/jobs/none", {}, 404),
     ("GET", "/audit", {}, 403), ("GET", f"/machines/{PUMP}/reports/..%2f..%2faccounts.json", {}, 404),
     ("POST", "/threads/mcp-eve/messages", {"json": {"message": "x"}}, 404),
     ("POST", f"/machines/{PUMP}/predict", {"json": {}}, 400)],
)  # fmt: skip
def test_every_refusal_is_a_problem(site, verb, path, kwargs, status):
    answer = ask(site, verb, path, **kwargs)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status
    assert answer.json()["detail"]


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.svg", b"<svg><script>x()</script></svg>"), ("a.png", b"<script>x()</script>"),
     ("a.jpg", b"GIF89a/*<script>*/"), ("../../a.html", b"<script>"), ("a.png", b"")],
    ids=["svg", "html named png", "polyglot", "path", "empty"],
)  # fmt: skip
def test_what_is_no_picture_is_not_taken(site, name, content):
    assert ask(site, "POST", "/diagnose", files={"picture": (name, content)}).status_code == 400
    assert not list(site.home.rglob("*.svg")) + list(site.home.rglob("a.*"))


def test_a_picture_that_unfolds_to_too_many_pixels_is_not_taken(site, tmp_path: Path):
    bomb = tmp_path / "bomb.png"
    Image.new("1", (9000, 9000)).save(bomb)
    answer = ask(site, "POST", "/diagnose", files={"picture": ("bomb.png", bomb.read_bytes())})
    assert answer.status_code == 400
    assert "pixels" in answer.json()["detail"]


def test_the_page_of_endpoints_asks_no_other_host(site):
    page = ask(site, "GET", "/docs").text
    assert "/api/v1/approvals/{thread}" in page
    assert "http" not in page.replace('<html lang="en">', "")


def test_the_tools_are_reached_by_mcp_over_http_with_the_accounts_token(site):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(site.client.app, port=port, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)

    async def reached(who: str):
        http = httpx.AsyncClient(headers=site.auth(who))
        async with http, Client(streamable_http_client(f"http://127.0.0.1:{port}/mcp", http_client=http)) as client:
            return await client.call_tool("list_machines", {}), await client.call_tool("log_maintenance", GREASED)

    try:
        assert httpx.post(f"http://127.0.0.1:{port}/mcp", json={}).status_code == 401
        listed, proposed = anyio.run(reached, "tom")
        assert len(json.loads(listed.content[0].text)["machines"]) == 20
        assert proposed.structured_content["thread"] == "mcp-tom"
        assert anyio.run(reached, "vera")[1].is_error
    finally:
        server.should_exit = True
        thread.join(10)
