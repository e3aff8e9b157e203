"""What a worker of the fleet does: fit one machine from lessons that came with the task, on a disk of its own."""

import platform
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from machine_profiles.errors import MillwrightError
from models.code_version import code_version
from models.model_card import GRAPH, ModelCard, champion_name
from models.results import Task

if TYPE_CHECKING:
    from models.fitting import FittedMachine, Lessons


@dataclass(frozen=True)
class Graph:
    """A model in memory: its card, the bytes of its graph, and pictures by file name."""

    card: ModelCard
    graph: bytes
    plots: dict[str, bytes]


@dataclass(frozen=True)
class Wish:
    """How a machine is to be trained; `code`: the version of the code that the asker runs."""

    tasks: tuple[Task, ...]
    time_limit_s: float
    seed: int
    quick: bool
    code: str


@dataclass(frozen=True)
class FittedParts:
    """What came of it; `error` where nothing did."""

    models: tuple[Graph, ...]
    skipped: dict[Task, str]
    seconds: float
    node: str
    error: str | None = None


def fit_parts(lessons: "Lessons", wish: Wish, champions: dict[Task, Graph]) -> FittedParts:
    """Fit the tasks, and score the models in service on the same held-out lives; nothing is registered."""
    from models.fitting import fit_machine  # heavy: onnx

    started, node = time.monotonic(), platform.node()
    try:
        _require_same_code(wish.code, node)
        with tempfile.TemporaryDirectory(prefix="fleet-") as folder:
            place = Path(folder)
            fitted = fit_machine(
                lessons, wish.tasks, wish.time_limit_s, wish.seed, lambda _done, _step: None, place / "new", wish.quick
            )
            cards = _beside_champions(fitted, champions, place / "champions")
            models = tuple(
                Graph(card.model_copy(update={"code": wish.code}), (each.folder / GRAPH).read_bytes(), each.plots)
                for card, each in zip(cards, fitted.models, strict=True)
            )
    except MillwrightError as error:
        return FittedParts((), {}, time.monotonic() - started, node, str(error))
    return FittedParts(models, fitted.skipped, time.monotonic() - started, node)


def _require_same_code(code: str, node: str) -> None:
    if code_version() != code:
        raise MillwrightError(
            f"The node {node} runs another version of Millwright ({code_version()}, here {code}). Install the same "
            f"version on every node of the cluster."
        )


def _beside_champions(fitted: "FittedMachine", champions: dict[Task, Graph], place: Path) -> list[ModelCard]:
    from models.rescoring import score_again  # heavy: onnx

    cards: list[ModelCard] = []
    for model in fitted.models:
        card, champion = model.card, champions.get(model.card.task)
        if champion is not None and fitted.lot is not None:
            folder = place / card.task
            folder.mkdir(parents=True)
            (folder / GRAPH).write_bytes(champion.graph)
            if figures := score_again(champion.card, folder, fitted.lot):
                beside = {**card.baselines, champion_name(champion.card.version): figures}
                card = card.model_copy(update={"baselines": beside})
        cards.append(card)
    return cards
