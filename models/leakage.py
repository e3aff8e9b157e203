"""Leaks a training is refused for: what would let a model know the answer, or be judged on what it has learnt.

After Kaufman, Rosset, Perlich and Stitelman, "Leakage in data mining: formulation, detection, and avoidance", ACM
TKDD 6, 2012: an input is legitimate if it could have been known when the answer is wanted.
"""

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from machine_profiles.errors import MillwrightError
from machine_profiles.profile import Profile
from models.lives import Lives
from models.telling_columns import columns_that_tell
from models.windows import ModelInput, life_inputs, window_rows

RUN_ROWS = 12  # so many rows alike, one after the other, do not come about twice by chance
RUN_DISTINCT = 6  # of which so many differ: a machine at rest reads the same for hours
PROBED_LIVES = 2
NAMED = 3

Windows = Callable[[Profile, Lives], Iterator[tuple[ModelInput, pd.DataFrame]]]


class Leakage(MillwrightError):
    """A training was refused; the text says which leaks were found, and what to do about each."""

    def __init__(self, machine_id: str, found: list[str]) -> None:
        super().__init__(
            f"Training of {machine_id} is refused, because its figures would not be true on lives to come: "
            f"{' '.join(found)} Nothing was trained."
        )


def refuse_leaks(
    profile: Profile,
    kept: Lives,
    held: Lives,
    synthetic: Lives | None = None,
    synthetic_from: tuple[str, ...] = (),
    windows: Windows = life_inputs,
) -> None:
    """Raise Leakage where the lives learnt from (`kept`, `synthetic`) and those held out would give the answer away.

    `synthetic_from`: the recorded lives that the synthetic ones were made from; `windows`: what a model is shown.
    """
    found = [
        *shared_lives(kept, held, synthetic, synthetic_from),
        *rows_after_the_end([kept, held, *([synthetic] if synthetic else [])]),
        *repeated_rows([kept, held, *([synthetic] if synthetic else [])]),
        *columns_that_tell(kept.joined(held.only([name for name in held.names if name not in set(kept.names)]))),
        *windows_that_look_ahead(profile, kept, windows),
    ]
    if found:
        raise Leakage(profile.id, found)


def shared_lives(kept: Lives, held: Lives, synthetic: Lives | None, synthetic_from: tuple[str, ...]) -> list[str]:
    """Lives that are both learnt from and held out, by name or through the synthetic lives made from them."""
    out = set(held.names)
    both = sorted(out & set(kept.names))
    found = []
    if both:
        found.append(f"{_named('life', both)} would be learnt from and held out at once; give each life its own name.")
    copied = sorted(out & {_part_of(name) for name in synthetic_from} | out & set(synthetic_from))
    if synthetic is not None and copied:
        found.append(
            f"The synthetic lives were made from {_named('life', copied)}, which this training holds out; make them "
            f"again with synthesize_data, which leaves the held-out lives aside."
        )
    return found


def rows_after_the_end(parts: list[Lives]) -> list[str]:
    """Rows later than their life's end: readings of what was found or repaired afterwards."""
    found = []
    for lives in parts:
        end = lives.rows["life"].map(lives.ends.set_index("life")["end_hours"]).to_numpy(float)
        late = lives.rows["hours"].to_numpy(float) > end + 1e-6
        if late.any():
            names = sorted(set(lives.rows["life"][late]))
            found.append(
                f"{int(late.sum())} rows of {_named('life', names)} lie after its end; readings after a failure belong "
                f"to the next life, so correct the end or move the rows."
            )
    return found


def repeated_rows(parts: list[Lives]) -> list[str]:
    """Runs of RUN_ROWS rows with the very same readings in two lives."""
    rows = pd.concat([part.rows[["life", *part.sensors]] for part in parts], ignore_index=True)
    sensors = list(parts[0].sensors)
    code = pd.factorize(rows["life"])[0]
    row = _hashes(rows[sensors].to_numpy(np.float32))
    if len(row) < RUN_ROWS:
        return []
    run, last = np.zeros(len(row) - RUN_ROWS + 1, np.uint64), len(row) - RUN_ROWS + 1
    for place in range(RUN_ROWS):
        run = run * np.uint64(0x9E3779B97F4A7C15) + row[place : place + last]
    starts = np.concatenate([[True], (row[1:] != row[:-1])])  # the row differs from the one before
    changes = np.cumsum(starts)
    varied = changes[RUN_ROWS - 1 :] - changes[:last] >= RUN_DISTINCT - 1
    whole = code[RUN_ROWS - 1 :] == code[:last]
    run, life = run[varied & whole], code[:last][varied & whole]
    order = np.argsort(run, kind="stable")
    again = np.flatnonzero((run[order][1:] == run[order][:-1]) & (life[order][1:] != life[order][:-1]))
    if not len(again):
        return []
    names = pd.factorize(rows["life"])[1]
    pairs = sorted({tuple(sorted((str(names[life[order[at]]]), str(names[life[order[at + 1]]])))) for at in again})
    said = ", ".join(f"{one} and {other}" for one, other in pairs[:NAMED])
    more = f" and {len(pairs) - NAMED} pairs more" if len(pairs) > NAMED else ""
    return [
        f"The same rows stand in more than one life ({said}{more}: {RUN_ROWS} readings in a row alike); remove the "
        f"copies, so that no life held out has been learnt from."
    ]


def windows_that_look_ahead(profile: Profile, lives: Lives, windows: Windows) -> list[str]:
    """Whether what a model is shown of a row changes when the rows after it are taken away."""
    probed = lives.rows["life"].value_counts().index[:PROBED_LIVES]
    for name in map(str, probed):
        life = lives.only([name])
        seen = life.rows.sort_values("hours", kind="stable").head(2 * window_rows(profile) + 50)
        cut = len(seen) // 2
        if cut < 1:
            continue
        early = Lives(seen.head(cut), life.ends, life.sensors)
        whole = next(windows(profile, Lives(seen, life.ends, life.sensors)))[0]
        cropped = next(windows(profile, early))[0]
        for what, value in cropped.feeds().items():
            if not np.array_equal(value, whole.feeds()[what][:cut], equal_nan=True):
                return [
                    f"The model's {what} of a row changes with the rows after it (life {name}); a window may only "
                    f"look back."
                ]
    return []


def _hashes(values: NDArray[np.float32]) -> NDArray[np.uint64]:
    """One number a row; rows alike, missing readings included, get the same."""
    bits = np.where(np.isnan(values), np.float32(np.nan), values + np.float32(0.0)).view(np.uint32)
    factors = np.random.default_rng(0).integers(1, 2**63, values.shape[1], dtype=np.uint64) | np.uint64(1)
    mixed = bits.astype(np.uint64) * factors
    return np.asarray((mixed ^ (mixed >> np.uint64(29))).sum(axis=1, dtype=np.uint64))


def _part_of(name: str) -> str:
    """A machine's only life is cut in two in time; its later part is held out under this name."""
    return f"{name}#2"


def _named(what: str, names: list[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"{what if len(names) == 1 else 'lives'} {', '.join(map(str, names[:NAMED]))}{more}"
