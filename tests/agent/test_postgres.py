"""Conversations in a real PostgreSQL behave as those in a file."""

import os
import pwd
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.postgres import UnreachableDatabase
from agent.service import Copilot
from agent.turns import Decision
from settings import Settings
from tests.agent.scripted import PUMP, Scripted, call, plant_at, script

PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
LOG = {"machine_id": PUMP, "action": "lubrication", "note": "greased"}

pytestmark = pytest.mark.skipif(not PROGRAMS, reason="PostgreSQL's server programs are not installed")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of its own on a free port; PostgreSQL refuses to run as root, so root starts it as postgres."""
    folder = Path(subprocess.check_output(["mktemp", "-d", "/tmp/pg-XXXXXX"], text=True).strip())
    as_user: dict[str, object] = {}
    if os.getuid() == 0:
        who = pwd.getpwnam("postgres")
        os.chown(folder, who.pw_uid, who.pw_gid)
        as_user = {"user": who.pw_uid, "group": who.pw_gid, "extra_groups": []}

    def run(program: str, *arguments: str) -> None:
        with (folder / "out").open("ab") as out:
            subprocess.run([str(PROGRAMS[-1] / program), *arguments], check=True, cwd=folder, stdout=out, stderr=out,
                           env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}, **as_user)  # type: ignore[call-overload]  # fmt: skip

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    data = str(folder / "data")
    run("initdb", "-D", data, "-U", "millwright", "-A", "trust", "-E", "UTF8", "--no-sync")
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
    run("pg_ctl", "-D", data, "-w", "-o", options, "start")
    yield f"postgresql://millwright@127.0.0.1:{port}/postgres"
    run("pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")
    shutil.rmtree(folder)


def copilot(home: Path, url: str, brain: Scripted) -> Copilot:
    return Copilot(plant_at(home), Settings(home=home, user="anna", database_url=url), brain)


def test_a_conversation_a_card_and_a_rating_survive_a_restart(tmp_path, server):
    talk = copilot(tmp_path, server, script("Hello.", call("log_maintenance", **LOG), "It waits."))
    talk.say("one", "Grüß Gott")
    talk.say("one", "I greased pump 4")
    talk.rate("one", 1, up=True, comment="100% right?")
    card = talk.pending("one")
    talk.close()
    assert not plant_at(tmp_path).storage.conversations.exists()

    brain = script("Logged.")
    again = copilot(tmp_path, server, brain)
    assert again.pending("one") == card == again.waiting()[0]
    done = again.decide("one", [Decision(call_id=card.changes[0].call_id, verdict="edit", args={"note": "oiled"})])
    assert (done.calls[0].status, done.calls[0].args["note"]) == ("done", "oiled")
    assert "Grüß Gott" in str(brain.shown[-1])
    assert [info.title for info in again.threads()] == ["Grüß Gott"]
    assert [info.thread for info in again.search("GRÜSS GOTT".replace("SS", "ß"))] == ["one"]
    assert again.ratings()[0].comment == "100% right?"
    assert [event.note for event in plant_at(tmp_path).telemetry.maintenance(PUMP)] == ["oiled"]
    again.delete("one")
    assert (again.threads(), again.history("one"), again.ratings()) == ([], [], [])
    again.close()


def test_two_servers_share_a_database_and_only_one_answers_the_card(tmp_path, server):
    first = copilot(tmp_path, server, script(call("log_maintenance", **LOG), "It waits.", "Logged."))
    second = copilot(tmp_path, server, script("Logged."))
    card = first.say("two", "I greased pump 4").card
    decisions = [Decision(call_id=card.changes[0].call_id, verdict="approve")]
    assert second.decide("two", decisions).calls[0].status == "done"
    assert first.decide("two", decisions).outcome == "error"
    assert len(plant_at(tmp_path).telemetry.maintenance(PUMP)) == 1
    first.close()
    second.close()


def test_a_job_is_told_once_by_whichever_server_is_asked_first(tmp_path, server):
    talk = copilot(tmp_path, server, script())
    talk._threads.add_job("three", "train-004-abcdef")
    talk._threads.add_job("three", "train-004-abcdef")
    assert talk._threads.untold_jobs("three") == ["train-004-abcdef"]
    assert [talk._threads.tell_job("train-004-abcdef") for _ in range(2)] == [True, False]
    talk.close()


def test_a_database_out_of_reach_is_named_without_its_password(tmp_path):
    with pytest.raises(UnreachableDatabase, match="MILLWRIGHT_DATABASE_URL") as told:
        copilot(tmp_path, "postgresql://millwright:geheim@127.0.0.1:1/none", script())
    assert "geheim" not in str(told.value)
    assert "geheim" not in repr(Settings(database_url="postgresql://a:geheim@b/c"))
