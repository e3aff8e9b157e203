"""Gates a model passes before it goes into service, each with the figure it was judged by."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from machine_profiles.errors import MillwrightError
from models.inference import try_graph
from models.model_card import ModelCard
from models.results import Result, Task


@dataclass(frozen=True)
class Metric:
    name: str
    higher_is_better: bool

    def better(self, one: float, other: float) -> bool:
        return one > other if self.higher_is_better else one < other


MAIN_METRIC: dict[Task, Metric] = {
    "failure": Metric("average_precision", True),
    "rul": Metric("rmse_hours", False),
    "anomaly": Metric("auroc", True),
    "forecast": Metric("mase", False),
}


class Gate(Result):
    name: str
    passed: bool
    figure: str


def judge(card: ModelCard, folder: Path, champion: ModelCard | None) -> tuple[Gate, ...]:
    """Every gate for the model in `folder`, passed or not, beside the champion it would replace."""
    gates = [_beats_constant(card)]
    if champion is not None and champion.version != card.version:
        gates.append(_no_worse_than(champion, card))
    return (*gates, _answers(card, folder))


def best_of(cards: Iterable[ModelCard]) -> ModelCard | None:
    """The best by its task's main metric, the older one of two alike; None where none has that figure."""
    best: ModelCard | None = None
    for card in sorted(cards, key=lambda card: card.version):
        metric = MAIN_METRIC[card.task]
        if (value := card.metrics.get(metric.name)) is None:
            continue
        if best is None or metric.better(value, best.metrics[metric.name]):
            best = card
    return best


def _beats_constant(card: ModelCard) -> Gate:
    metric = MAIN_METRIC[card.task]
    own, constant = card.metrics.get(metric.name), card.baselines.get("constant", {}).get(metric.name)
    if own is None or constant is None:
        return Gate(name="beats the constant", passed=False, figure=f"{metric.name} was not measured for both")
    figure = f"{metric.name} {own:.4g} against the constant's {constant:.4g}"
    return Gate(name="beats the constant", passed=metric.better(own, constant), figure=figure)


def _no_worse_than(champion: ModelCard, card: ModelCard) -> Gate:
    name, metric = "at least as good as the champion", MAIN_METRIC[card.task]
    on_same = card.baselines.get(f"champion_v{champion.version}", {}).get(metric.name)
    own, theirs = card.metrics.get(metric.name), champion.metrics.get(metric.name) if on_same is None else on_same
    if own is None:
        return Gate(name=name, passed=False, figure=f"{metric.name} was not measured")
    if theirs is None:
        return Gate(name=name, passed=True, figure=f"{metric.name} {own:.4g}; version {champion.version} has no figure")
    lives = "the same held-out lives"
    if on_same is None and (card.data_hash, card.seed) != (champion.data_hash, champion.seed):
        lives = "held-out lives of its own data"
    figure = f"{metric.name} {own:.4g} against {theirs:.4g} of version {champion.version}, on {lives}"
    return Gate(name=name, passed=not metric.better(theirs, own), figure=figure)


def _answers(card: ModelCard, folder: Path) -> Gate:
    try:
        figure = try_graph(folder, card)
    except MillwrightError as error:
        return Gate(name="graph loads and answers", passed=False, figure=str(error))
    return Gate(name="graph loads and answers", passed=True, figure=figure)
