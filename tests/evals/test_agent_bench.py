"""The agent benchmark times turns that really called the tool, and a process that really became ready."""

from pathlib import Path

import pytest

from evals.benchmarks.agent import bench
from evals.benchmarks.agent.ready import start_once
from models.storage import Storage
from models.telemetry import Telemetry
from settings import Settings
from tests.models.test_health import CATALOG, rows, serve
from tools.plant import open_plant

PUMP = CATALOG["PUMP_KSB_ETANORM_005"]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    Telemetry(Storage(tmp_path)).append(PUMP.id, rows(PUMP))
    serve(tmp_path, PUMP)
    return tmp_path


def test_each_round_times_the_tool_our_turn_and_a_plain_agents(home: Path):
    settings = Settings(home=home, model="offline")
    clocks, brain_s = bench._timed(open_plant(settings), settings, rounds=2)
    assert {name: len(clock.wall) for name, clock in clocks.items()} == {"tool": 2, "millwright": 2, "langchain": 2}
    assert all(0 < spent < cpu for spent, cpu in zip(brain_s, clocks["millwright"].cpu, strict=True))
    assert all(turn > tool > 0 for turn, tool in zip(clocks["millwright"].wall, clocks["tool"].wall, strict=True))


def test_a_turn_that_calls_another_tool_is_no_measurement(home: Path, monkeypatch: pytest.MonkeyPatch):
    settings = Settings(home=home, model="offline")
    monkeypatch.setattr(bench, "QUESTION", "which machines are there?")
    with pytest.raises(RuntimeError, match="without predict_health"):
        bench._timed(open_plant(settings), settings, rounds=1)


def test_a_fresh_process_is_ready_before_it_has_answered(home: Path):
    start = start_once(home, bench.QUESTION)
    assert start.ready_cpu > 0
    assert 0 < start.ready < start.answered
