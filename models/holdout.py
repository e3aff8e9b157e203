"""Which lives are held out: whole lives, by a draw that stays the same when lives are added."""

import hashlib
from collections.abc import Iterable

from machine_profiles.errors import MillwrightError
from models.lives import Lives

SHARE = 0.25
FEWEST_FAILED = 4  # two to learn from, one to check while learning, one to hold out


class TooFewLives(MillwrightError):
    """Nothing could be held out; the text says what there is and what would be needed."""


def held_out(lives: Lives, seed: int, share: float = SHARE) -> list[str]:
    """The names of the lives held out, about `share` of the failed and of the others.

    A life's lot depends on its name and the seed alone; only where chance would hold out less than four fifths of the
    share of the failed lives (and at least one) are the next in line added. Two failed lives are always kept.
    """
    failed = set(lives.failed)
    held: list[str] = []
    for group in (failed, set(lives.names) - failed):
        fewest = max(1, int(0.8 * share * len(group))) if group is failed else 0
        order = sorted(group, key=lambda name: _lot(seed, name))
        count = max(sum(_lot(seed, name) < share for name in order), min(fewest, len(order)))
        if group is failed:
            count = min(count, max(len(order) - 2, 0))
        elif not failed:
            count = min(count, len(order) - 1)
        held += order[:count]
    return [name for name in lives.names if name in set(held)]


def learnable(lives: Lives, seed: int) -> Lives:
    """The lives that are not held out."""
    out = set(held_out(lives, seed))
    return lives.only([name for name in lives.names if name not in out])


def folds(lives: Iterable[str], failed: Iterable[str], count: int, seed: int) -> dict[str, int]:
    """Assign each life to one of `count` folds, failed and other lives spread evenly."""
    failed = set(failed)
    fold: dict[str, int] = {}
    for group in (failed, set(lives) - failed):
        for place, name in enumerate(sorted(group, key=lambda name: _lot(seed + 1, name))):
            fold[name] = place % count
    return fold


def _lot(seed: int, name: str) -> float:
    digest = hashlib.sha256(f"{seed}/{name}".encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2**48
