"""SDV's PAR: sequences learnt as wholes. Kept for comparison; lives rendered from their description are far better."""

import time

import numpy as np
import pandas as pd
import torch
from sdv.metadata import Metadata
from sdv.sequential import PARSynthesizer

from machine_profiles.errors import MillwrightError
from machine_profiles.profile import Profile
from models._sdv import EPOCH_STEPS, TABLE, quiet
from models.constraints import Constraints
from models.lives import Lives
from models.row_synthesis import LONGEST_GAP, NOT_STATED, TooFewRows

POINTS = 40  # a life is learnt as this many means in equal steps: PAR forgets longer ones
FEWEST_LIVES = 3


def sequences(
    recorded: Lives, profile: Profile, constraints: Constraints, rows: int, seed: int, time_limit_s: float
) -> tuple[Lives, int, pd.DataFrame]:
    """Sampled lives that end in failure, the epochs trained, and the loss of each.

    Each point of a life is a mean over some hours; `step` of them stand between two rows. A sequence ends at failure,
    so its RUL is the steps left. Raises TooFewRows, and MillwrightError where the time is too short.
    """
    table, mean_step = _condensed(recorded)
    steps = table.groupby("life")["step"].first()
    if len(steps) < FEWEST_LIVES:
        raise TooFewRows(
            f"Only {len(steps)} recorded lives of at least {POINTS} rows failed; par needs at least {FEWEST_LIVES}. "
            f"Use gaussian_copula or lives."
        )
    with quiet(seed):
        epochs = _epochs(table, time_limit_s)
        torch.manual_seed(seed)
        np.random.seed(seed)
        synthesizer = _synthesizer(table, epochs)
        synthesizer.fit({TABLE: table})
        sampled = synthesizer.sample_sequences(num_sequences=-(-rows // POINTS), sequence_length=POINTS)[TABLE]
        loss = synthesizer.get_loss_values()
    return _lives(sampled, profile, constraints, rows, mean_step), epochs, loss


def _condensed(recorded: Lives) -> tuple[pd.DataFrame, float]:
    failed = recorded.only(recorded.failed)
    modes = failed.ends.set_index("life")["failure_mode"].fillna(NOT_STATED)
    measured = [s for s in failed.sensors if failed.rows[s].notna().mean() > 0.5 and failed.rows[s].nunique() > 1]
    parts = []
    for life, rows in failed.rows.groupby("life", sort=False):
        if len(rows) < POINTS:
            continue
        values = rows[measured].ffill(limit=LONGEST_GAP).bfill().astype(float)
        point = np.arange(len(rows)) * POINTS // len(rows)
        means = values.groupby(point).mean()
        hours = float(rows["hours"].iloc[-1] - rows["hours"].iloc[0]) / POINTS
        parts.append(means.assign(life=str(life), failure_mode=str(modes[life]), step=hours))
    if not parts:
        raise TooFewRows(f"No recorded life of at least {POINTS} rows failed. Use gaussian_copula or lives.")
    table = pd.concat(parts, ignore_index=True).dropna()
    return table, float(table["step"].mean())


def _synthesizer(table: pd.DataFrame, epochs: int) -> PARSynthesizer:
    columns = {c: {"sdtype": "numerical"} for c in table if c not in ("life", "failure_mode")}
    columns |= {"life": {"sdtype": "id"}, "failure_mode": {"sdtype": "categorical"}}
    metadata = Metadata.load_from_dict({"tables": {TABLE: {"columns": columns, "sequence_key": "life"}}})
    return PARSynthesizer(metadata, context_columns=["failure_mode", "step"], epochs=epochs, cuda=False)


def _epochs(table: pd.DataFrame, limit_s: float) -> int:
    _synthesizer(table, 1).fit({TABLE: table})  # the first training of a process also loads torch's compiler
    began = time.monotonic()
    _synthesizer(table, 2).fit({TABLE: table})
    once = (time.monotonic() - began) / 2
    possible = int(0.7 * (limit_s - 3 * once) / once)
    fitting = [step for step in EPOCH_STEPS if step <= possible]
    if not fitting:
        raise MillwrightError(
            f"{limit_s:g} s is too short for par on {table['life'].nunique()} lives; allow about "
            f"{max(round(12 * once), round(limit_s) + 5)} s, or use lives, which takes seconds."
        )
    return fitting[-1]


def _lives(sampled: pd.DataFrame, profile: Profile, constraints: Constraints, rows: int, mean_step: float) -> Lives:
    sensors = profile.sensor_names
    table = sampled.iloc[:rows].reset_index(drop=True)
    codes = pd.factorize(table["life"])[0]
    name = pd.Series([f"sequence{code:05d}" for code in codes])
    step = table["step"].where(table["step"] > 0, mean_step).groupby(codes).transform("first")
    order = table.groupby(codes).cumcount()
    result = pd.DataFrame({"life": name, "hours": (order * step).astype(float)})
    for sensor in sensors:
        result[sensor] = table[sensor].astype(float) if sensor in table else np.nan
    result = constraints.kept(result)
    for sensor in sensors:
        result[sensor] = result[sensor].astype("float32")
    mode = table["failure_mode"].groupby(codes).first().to_numpy(object)
    ends = pd.DataFrame(
        {
            "life": [f"sequence{code:05d}" for code in range(len(mode))],
            "unit": [f"sequence{code:05d}" for code in range(len(mode))],
            "ended_by": "failure",
            "failure_mode": [None if m == NOT_STATED else m for m in mode],
            "end_hours": POINTS * step.groupby(codes).first().to_numpy(float),
        }
    )
    return Lives(result, ends, sensors)
