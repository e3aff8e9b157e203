"""The clock: the bundle, bare ONNX Runtime and AutoGluon in turn within one loop, on one core."""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from machine_profiles.profile import Profile
from models.datasets import Datasets
from models.edge_runtime.run import Bundle
from models.examples import examples_of
from models.features import fit_scaling
from models.inference import answer, session
from models.model_card import GRAPH, ModelCard
from models.registry import Registry
from models.telemetry import Telemetry
from models.training import lessons_of
from models.windows import ModelInput

ONE_ROW, THOUSAND_ROWS = 2000, 40  # repetitions
ROWS_LEARNT = 4000


@dataclass
class Times:
    """Seconds of each answer to one row and to 1,000 rows."""

    name: str = ""
    one: list[float] = field(default_factory=list)
    thousand: list[float] = field(default_factory=list)


def timed(
    registry: Registry,
    datasets: Datasets,
    telemetry: Telemetry,
    profile: Profile,
    cards: list[ModelCard],
    bundle: Bundle,
    windows: ModelInput,
    autogluon_s: float,
    seed: int,
) -> dict[str, Times]:
    """`millwright` (the bundle, all tasks), `failure` (it alone), `answer` (the chat), `onnxruntime`, `autogluon`."""
    with tempfile.TemporaryDirectory(prefix="autogluon-") as folder:
        predict, name, features = _autogluon(datasets, telemetry, profile, folder, autogluon_s, seed)
        rivals: dict[str, Callable[[ModelInput], Any]] = {
            "millwright": lambda rows: bundle.answers(*_arrays(rows), 24.0, {card.task for card in cards}),
            "failure": lambda rows: bundle.answers(*_arrays(rows), 24.0, {"failure"}),
            "answer": _answering(registry, cards),
        }
        times = {rival: Times() for rival in (*rivals, "onnxruntime")} | {"autogluon": Times(name)}
        one, thousand = windows.rows(slice(-1, None)), windows.rows(np.arange(1000) % len(windows))
        with one_core():
            for rows, count, warm_up, every in ((one, ONE_ROW, 50, 40), (thousand, THOUSAND_ROWS, 2, 8)):
                asks: dict[str, Callable[[], Any]] = {rival: partial(ask, rows) for rival, ask in rivals.items()}
                asks["onnxruntime"] = _bare(registry, cards, rows)
                asked = features.iloc[np.arange(len(rows)) % len(features)]
                for turn in range(-warm_up, count):
                    # of two that run the same graphs, the second finds them in the processor's cache: they take turns
                    pair = ("answer", "onnxruntime") if turn % 2 else ("onnxruntime", "answer")
                    for rival in (*pair, "failure", "millwright"):
                        _clock(times[rival], rows, turn, asks[rival])
                    if turn % every == 0:
                        _clock(times["autogluon"], rows, turn, partial(predict, asked))
    return times


@contextmanager
def one_core() -> Iterator[None]:
    """This process on one core alone, where the system allows it."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _clock(times: Times, rows: ModelInput, turn: int, ask: Callable[[], Any]) -> None:
    begun = time.perf_counter()
    ask()
    took = time.perf_counter() - begun
    if turn >= 0:
        (times.one if len(rows) == 1 else times.thousand).append(took)


def _arrays(rows: ModelInput) -> tuple[Any, Any, Any]:
    return rows.window, rows.baseline, rows.age_hours


def _answering(registry: Registry, cards: list[ModelCard]) -> Callable[[ModelInput], None]:
    folders = [(card.task, registry.folder(card.machine_id, card.task, card.version)) for card in cards]

    def ask(rows: ModelInput) -> None:
        for task, folder in folders:
            answer(folder, rows, 24.0 if task == "failure" else None)

    return ask


def _bare(registry: Registry, cards: list[ModelCard], rows: ModelInput) -> Callable[[], None]:
    feeds = {**rows.feeds(), "horizon_hours": np.full((len(rows), 1), 24.0, np.float32)}
    graphs = [session(registry.folder(card.machine_id, card.task, card.version) / GRAPH) for card in cards]
    asked = [
        (graph, [put.name for put in graph.get_outputs()], {put.name: feeds[put.name] for put in graph.get_inputs()})
        for graph in graphs
    ]

    def ask() -> None:
        for graph, names, given in asked:
            graph.run(names, given)

    return ask


def _autogluon(
    datasets: Datasets, telemetry: Telemetry, profile: Profile, folder: str, seconds: float, seed: int
) -> tuple[Callable[[Any], Any], str, Any]:
    """An ensemble for the failure task, fitted as the teacher is: how to ask it, its name, and features to ask."""
    import pandas as pd
    from autogluon.tabular import TabularPredictor

    from models import _autogluon  # heavy

    lives = lessons_of(datasets, telemetry, profile).lives
    scaling = fit_scaling(profile, lives.rows)
    examples = examples_of(profile, lives, scaling, max(1, len(lives.rows) // ROWS_LEARNT))
    label = examples.fails_within(profile.modelling.failure_horizon_hours)
    known = ~np.isnan(label)
    names = [f"f{number}" for number in range(examples.features.shape[1])]
    features = pd.DataFrame(examples.features[known], columns=names)
    predictor = TabularPredictor(
        label="label", problem_type="binary", eval_metric="average_precision", path=folder, verbosity=0
    ).fit(
        features.assign(label=label[known].astype(int)),
        hyperparameters=_autogluon.HYPERPARAMETERS,
        num_bag_folds=3,
        num_stack_levels=0,
        dynamic_stacking=False,
        time_limit=seconds,
        num_cpus=1,
        num_gpus=0,
        ag_args_ensemble={"fold_fitting_strategy": "sequential_local"},
        raise_on_no_models_fitted=True,
    )
    predictor.persist()
    return lambda asked: predictor.predict_proba(asked, as_multiclass=False), _autogluon._made_of(predictor), features
