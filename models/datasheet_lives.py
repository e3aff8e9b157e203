"""Lives simulated from a machine's profile: what its datasheet says of failures, before any has been recorded."""

import numpy as np
import pandas as pd

from machine_profiles.profile import Profile
from models.lives import Lives
from models.plant_simulator import generator, simulate_fleet

ASKED = ("load", "ambient temperature")  # operating quantities that the simulator can draw


def lives_from_profile(profile: Profile, count: int, seed: int) -> Lives | None:
    """`count` lives of machines that behave as the profile says, under names that no recorded life bears.

    None where the profile says too little for that: no failure modes, a sensor whose normal range or behaviour it does
    not state, rows that are not an hour apart. The draw has a seed of its own, so that a plant simulated with the same
    seed never shares a life with it.
    """
    if not _says_enough(profile):
        return None
    own = int(generator(seed, "datasheet lives", profile.id).integers(2**62))
    drawn, _ = simulate_fleet(profile, count, own)
    rows = drawn.rows.assign(life=_named(drawn.rows["life"])).drop(columns="at")
    ends = drawn.ends.assign(
        life=_named(drawn.ends["life"]), unit=_named(drawn.ends["unit"]), end_hours=np.round(drawn.ends["end_hours"], 3)
    )
    return Lives(rows, ends, drawn.sensors)


def _named(names: "pd.Series[str]") -> "pd.Series[str]":
    return "datasheet/" + names.astype(str)


def _says_enough(profile: Profile) -> bool:
    return (
        bool(profile.failure_modes)
        and profile.modelling.sample_hours == 1.0
        and all(
            sensor.quantity in ASKED
            if sensor.role == "operating"
            else sensor.behaviour is not None and sensor.normal is not None
            for sensor in profile.sensors
        )
    )
