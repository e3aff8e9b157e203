"""The peer that knows too much: drawn lives rendered with the plant simulator's own equations."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pandas as pd

from machine_profiles.profile import Profile
from models.constraints import constraints_of
from models.degradation import draw_course
from models.life_drawing import Drawn
from models.life_synthesis import assembled, draw
from models.lives import Lives
from models.plant_simulator import running_times, simulate_rows

LAST = datetime(2025, 12, 1, tzinfo=UTC)


def simulated_lives_like(recorded: Lives, profile: Profile, rows: int, seed: int) -> Lives:
    """Lengths, modes and leads as drawn from the recorded lives' descriptions; readings by the profile's physics."""
    described, drawn = draw(recorded, profile, rows, seed)
    random = np.random.default_rng([seed, 77])
    modes = {mode.name: mode for mode in profile.failure_modes}

    def render(life: Drawn) -> pd.DataFrame:
        end = float(life.rows)
        course = draw_course(profile, random, modes.get(life.mode or ""))
        onset, failure = (end - life.lead, end) if life.mode else (end + 1e6, end + 2e6)
        hours = np.arange(1.0, life.rows + 1)
        times = running_times(profile.operating, LAST, life.rows, random)
        course = replace(course, onset_hours=onset, failure_hours=failure)
        return simulate_rows(profile, course, hours, times, random)[list(profile.sensor_names)].astype(float)

    return assembled(recorded, described, drawn, constraints_of(profile, recorded.rows), render)
