"""The command line: exit codes, and nothing heavier than what was asked for."""

import json
import re
from pathlib import Path

import pytest

from settings import Settings
from ui.cli import main
from ui.serve_command import NotLocal, serve_command


def run(monkeypatch: pytest.MonkeyPatch, home: Path, *words: str) -> int:
    monkeypatch.setenv("MILLWRIGHT_HOME", str(home))
    monkeypatch.setattr("sys.argv", ["millwright", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


@pytest.mark.parametrize(
    "words",
    [("fly",), ("bench",), ("chat", "--colour"), ("serve", "--port", "0"), ("eval", "x.yaml", "--repeat", "0")],
    ids=["unknown command", "missing argument", "unknown option", "port out of range", "repeat out of range"],
)
def test_wrong_usage_is_exit_code_2(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, words: tuple[str, ...]):
    assert run(monkeypatch, tmp_path, *words) == 2


def test_work_that_fails_is_exit_code_1_and_says_what_would_be_right(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    assert run(monkeypatch, tmp_path, "bench", "cmaps") == 1
    assert re.search(r"No benchmark 'cmaps'. There are: .*cmapss", capsys.readouterr().err)


def test_a_bench_without_its_data_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    assert run(monkeypatch, tmp_path, "bench", "cmapss", "--data", str(tmp_path)) == 1
    assert "NASA" in capsys.readouterr().err


def test_a_plant_without_telemetry_answers_that_nothing_was_recorded(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    assert run(monkeypatch, tmp_path, "chat", "How is the Grundfos?", "--json") == 1
    turn = json.loads(capsys.readouterr().out)
    assert turn["outcome"] == "error"
    assert "import telemetry first" in turn["answer"]


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "example.org"])
def test_the_page_is_not_served_to_other_computers(host: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("MILLWRIGHT_HOME", str(tmp_path))
    with pytest.raises(NotLocal, match=r"127\.0\.0\.1"):
        serve_command(host, 7860)


def test_a_job_is_given_the_plant_its_starter_works_on(tmp_path: Path):
    settings = Settings(home=tmp_path / "plant", seed=11)
    given = settings.environment()
    assert (given["MILLWRIGHT_HOME"], given["MILLWRIGHT_SEED"]) == (str(tmp_path / "plant"), "11")
