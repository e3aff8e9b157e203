"""What the failure and the rul task have in common: AutoGluon as a teacher, and what plain rivals look at."""

import time

import numpy as np
from numpy.typing import NDArray

from models.examples import Examples
from models.folding import Array
from models.lot import Lot
from models.teacher import Teacher, ask_autogluon


def ask_teacher(lot: Lot, label: Array, judged: Examples, binary: bool, deadline: float) -> Teacher | None:
    """AutoGluon's answers for the rows taught (n,), NaN where no label is known, and for the rows judged."""
    if lot.quick:
        return None
    known = ~np.isnan(label)
    found = ask_autogluon(
        lot.examples.features[known], label[known], lot.fold_of_rows[known] % 3, judged.features, binary,
        deadline - time.monotonic(), lot.seed, lot.workers,
    )  # fmt: skip
    if found is None:
        return None
    own = np.full(len(label), np.nan)
    own[known] = found.own
    return Teacher(own, found.answers, found.name)


def said_of(lot: Lot, teacher: Teacher | None) -> str:
    if teacher is not None:
        return f"chosen on lives not learnt from, beside AutoGluon {teacher.name}"
    if lot.quick:
        return "fitted the quick way, without AutoGluon, and without random forest and XGBoost beside it"
    return "AutoGluon was left out, the time being short"


def said_of_profile(lot: Lot, lean: float) -> str:
    """How far a model rests on lives simulated from the profile rather than on recorded ones."""
    if lot.prior is None:
        return ""
    lives = len(set(lot.prior.life))
    if not lean:
        return f" ({lives} lives simulated from the profile did not help)"
    return f" and, for {lean:.0%} of the answer, a model of {lives} lives simulated from the profile"


def plain_columns(lot: Lot, of: str, examples: Examples) -> NDArray[np.float32]:
    """Latest raw readings; or the rolling means of all sensors, as thirty lines of LightGBM would take them."""
    if of == "latest":
        return examples.latest
    return examples.features[:, ["|mean|" in name for name in lot.names]]
