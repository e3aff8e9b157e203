"""What a pass of the loop saw becomes an alarm episode; what nobody could tell becomes none."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from agent.alarming import look
from agent.metrics import exposition
from models.alarm_channels import Channels
from tests.agent.loop_world import CHANGE, MAIN, copilot_on, record
from tests.models.training_world import MACHINE
from ui.loop_command import BadInterval, schedule_command

NOW = datetime(2026, 5, 1, tzinfo=UTC)


def test_drift_is_one_open_episode_until_three_later_sound_looks(tmp_path: Path):
    talk = copilot_on(tmp_path, NOW)
    profile = talk.plant.storage.profiles / f"{MACHINE.id}.yaml"
    profile.write_text(yaml.safe_dump(MACHINE.model_dump(mode="json")))
    plant, random, nobody = talk.plant, np.random.default_rng(1), Channels()
    record(plant, MAIN, CHANGE, 48, random, fails=False)
    assert look(plant, MACHINE, None, nobody, NOW) == ()
    [opened] = look(plant, MACHINE, True, nobody, NOW)
    assert (opened.kind, opened.level) == ("drift", "act")
    assert look(plant, MACHINE, True, nobody, NOW) == (opened,)
    assert f'millwright_alarms_open{{kind="drift",level="act",machine="{MACHINE.id}"}}' in _metrics(tmp_path)

    for day in range(1, 4):
        record(plant, MAIN, CHANGE + pd.Timedelta(days=day), 24, random, fails=False)
        [episode] = look(plant, MACHINE, False, nobody, NOW)
        assert episode.open == (day < 3)
    assert f'machine="{MACHINE.id}"' not in _metrics(tmp_path)


def test_a_schedule_that_is_none_is_refused():
    with pytest.raises(BadInterval, match="24h"):
        schedule_command("often", [], 60, False)
    with pytest.raises(BadInterval, match="minute"):
        schedule_command("0.1 min", [], 60, False)


def _metrics(home: Path) -> str:
    return exposition(copilot_on(home, NOW)).decode()
