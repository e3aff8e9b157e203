"""An alarm is one episode however it flutters, and each channel is told of it once."""

import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope

from models.alarm_channels import BadChannel, Channels, tell
from models.alarms import Episode, observe, read_episodes, write_episodes
from models.health_state import State
from models.storage import Storage

START = datetime(2026, 6, 1, tzinfo=UTC)
PUMP = "PUMP_SMALL_001"


def course(*levels: State | None) -> tuple[Episode, ...]:
    """A look an hour."""
    episodes: tuple[Episode, ...] = ()
    for hour, level in enumerate(levels):
        episodes = observe(episodes, PUMP, "health", level, "vibration", START + timedelta(hours=hour))
    return episodes


def test_a_fluttering_machine_is_one_episode_and_its_worst_level_stays():
    [episode] = course("sound", "act", "sound", "sound", "alarm", "watch", "sound", "act")
    assert (episode.open, episode.level, episode.opened_at) == (True, "alarm", START + timedelta(hours=1))


def test_an_episode_closes_after_three_sound_looks_and_the_next_trouble_is_a_new_one():
    first, second = course("alarm", "sound", "sound", "sound", "act")
    assert first.closed_at == START + timedelta(hours=3)
    assert second.open


def test_silence_is_not_sound_and_the_same_readings_count_once():
    [episode] = course("alarm", "sound", None, None, None, "sound")
    assert episode.open
    again = observe([episode], PUMP, "health", "sound", "vibration", episode.seen_at)
    assert again == (episode,)


class _Post(BaseHTTPRequestHandler):
    got: list[dict[str, str]] = []
    status = 200

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if type(self).status == 200:
            type(self).got.append(json.loads(body))
        self.send_response(type(self).status)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def hook() -> Iterator[HTTPServer]:
    _Post.got, _Post.status = [], 200
    server = HTTPServer(("127.0.0.1", 0), _Post)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_a_webhook_is_told_once_and_what_it_refused_is_told_at_the_next_pass(hook: HTTPServer, tmp_path: Path):
    channels = Channels(webhook=f"http://127.0.0.1:{hook.server_port}/secret")
    _Post.status = 503
    [episode] = tell(course("alarm"), channels, START)
    assert (episode.told, episode.undelivered) == ({}, {"webhook": "the server answered 503"})
    storage = Storage(tmp_path)
    write_episodes(storage, PUMP, [episode])
    _Post.status = 200
    told = tell(read_episodes(storage, PUMP), channels, START)
    assert tell(told, channels, START) == told
    assert _Post.got == [{"text": "Alarm: PUMP_SMALL_001, since 2026-06-01 00:00 UTC. vibration"}]
    assert (told[0].told, told[0].undelivered) == ({"webhook": START}, {})


class _Mailbox:
    def __init__(self) -> None:
        self.got: list[tuple[list[str], str]] = []

    async def handle_DATA(self, server: object, session: object, envelope: Envelope) -> str:
        self.got.append((envelope.rcpt_tos, bytes(envelope.original_content or b"").decode()))
        return "250 OK"


def test_a_mail_server_gets_one_mail_to_everybody_and_no_password_in_the_clear():
    mailbox = _Mailbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Controller(mailbox, hostname="127.0.0.1", port=port)
    server.start()
    channels = Channels(
        smtp_url=f"smtp://127.0.0.1:{port}", sender="plant@example.org", recipients=("a@example.org", "b@example.org")
    )
    try:
        in_the_clear = replace(channels, smtp_url=f"smtp://me:pw@127.0.0.1:{port}")
        [refused] = tell(course("act"), in_the_clear, START)
        assert "offers no encryption" in refused.undelivered["e-mail"]
        assert mailbox.got == []
        tell(tell([refused], channels, START), channels, START)
    finally:
        server.stop()
    [(to, text)] = mailbox.got
    assert to == ["a@example.org", "b@example.org"]
    assert "Subject: [Millwright] act: PUMP_SMALL_001" in text


def test_a_closed_port_is_kept_for_the_next_pass():
    [episode] = tell(course("alarm"), Channels(webhook="http://127.0.0.1:9/"), START)
    assert "refused" in episode.undelivered["webhook"]


def test_channels_that_cannot_work_are_refused():
    with pytest.raises(BadChannel, match="ALARM_FROM"):
        Channels(smtp_url="smtp://localhost")
    with pytest.raises(BadChannel, match="http"):
        Channels(webhook="hooks.slack.com/x")
