"""Models by fold: each is taught by the other folds' lives and asked about its own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Model = TypeVar("Model")
FitAndAsk = Callable[[NDArray[np.bool_], int], tuple[Model, Array] | None]


def by_fold(fit_and_ask: FitAndAsk[Model], fold: NDArray[np.int64], workers: int) -> tuple[list[Model], Array]:
    """A model a fold, and the answers (n,) for each row by the model that had not seen its life.

    `fit_and_ask(own, number)` is taught by the rows outside the mask `own` and answers for those inside; None where
    they teach nothing, and the rows then stay NaN. Folds run side by side, and come out the same however many do.
    """
    numbers = [int(number) for number in np.unique(fold)]
    with ThreadPoolExecutor(max(1, workers)) as pool:
        done = list(pool.map(lambda number: fit_and_ask(fold == number, number), numbers))
    answers = np.full(len(fold), np.nan)
    for number, found in zip(numbers, done, strict=True):
        if found is not None:
            answers[fold == number] = found[1]
    return [found[0] for found in done if found is not None], answers
