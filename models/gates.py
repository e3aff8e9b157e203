"""Gates a model passes before it goes into service, each with the figure it was judged by."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt
from pathlib import Path

from machine_profiles.errors import MillwrightError
from models.inference import try_graph
from models.model_card import GRAPH, ModelCard, champion_name
from models.results import Result, Task

NO_WORSE = 0.01  # of the champion's figure: less is noise of the lives held out
LARGEST_ECE = 0.05
ECE_LIVES = 8  # held-out lives that this bound is meant for; with fewer it grows as the noise does
COVERS = (0.85, 0.97)
LIFE_SPREAD = 0.14  # standard deviation of one life's coverage, as the demo plant's RUL models have it
ONE_SIDED = 1.645  # so that a sound model fails one side by chance one time in twenty


@dataclass(frozen=True)
class Metric:
    name: str
    higher_is_better: bool

    def better(self, one: float, other: float) -> bool:
        return one > other if self.higher_is_better else one < other

    def no_worse(self, one: float, other: float) -> bool:
        """Not worse than the other by more than NO_WORSE of it."""
        slack = NO_WORSE * abs(other)
        return not self.better(other - slack if self.higher_is_better else other + slack, one)


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
    if card.task == "failure":
        gates.append(_calibrated(card))
    if card.task == "rul":
        gates.append(_covers(card))
    answers = _answers(card, folder)
    return (*gates, *([_fits_the_edge(folder)] if answers.passed else []), answers)


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


def coverage_allowed(lives: int | None) -> tuple[float, float]:
    """The share of truths a 90 % interval may hold, given the number of held-out lives it was measured on.

    COVERS, wider by what the mean of so many lives varies by.

    >>> [round(bound, 3) for bound in coverage_allowed(100)]
    [0.827, 0.993]
    """
    slack = ONE_SIDED * LIFE_SPREAD / sqrt(max(lives or 1, 1))
    return COVERS[0] - slack, min(COVERS[1] + slack, 1.0)


def ece_allowed(lives: int | None) -> float:
    """
    >>> ece_allowed(20), ece_allowed(2)
    (0.05, 0.1)
    """
    return LARGEST_ECE * sqrt(max(1.0, ECE_LIVES / max(lives or ECE_LIVES, 1)))


def _beats_constant(card: ModelCard) -> Gate:
    metric = MAIN_METRIC[card.task]
    own, constant = card.metrics.get(metric.name), card.baselines.get("constant", {}).get(metric.name)
    if own is None or constant is None:
        return Gate(name="beats the constant", passed=False, figure=f"{metric.name} was not measured for both")
    figure = f"{metric.name} {own:.4g} against the constant's {constant:.4g}"
    return Gate(name="beats the constant", passed=metric.better(own, constant), figure=figure)


def _no_worse_than(champion: ModelCard, card: ModelCard) -> Gate:
    name, metric = "at least as good as the champion", MAIN_METRIC[card.task]
    on_same = card.baselines.get(champion_name(champion.version), {}).get(metric.name)
    own, theirs = card.metrics.get(metric.name), champion.metrics.get(metric.name) if on_same is None else on_same
    if own is None:
        return Gate(name=name, passed=False, figure=f"{metric.name} was not measured")
    if theirs is None:
        return Gate(name=name, passed=True, figure=f"{metric.name} {own:.4g}; version {champion.version} has no figure")
    lives = "the same held-out lives"
    if on_same is None and (card.data_hash, card.seed) != (champion.data_hash, champion.seed):
        lives = "held-out lives of its own data"
    figure = f"{metric.name} {own:.4g} against {theirs:.4g} of version {champion.version}, on {lives}"
    return Gate(name=name, passed=metric.no_worse(own, theirs), figure=figure)


def _calibrated(card: ModelCard) -> Gate:
    name, ece, allowed = "calibrated", card.metrics.get("ece"), ece_allowed(card.held_lives)
    if ece is None:
        return Gate(name=name, passed=False, figure="ece was not measured")
    return Gate(name=name, passed=ece <= allowed, figure=f"ece {ece:.3f}, at most {allowed:.3f}{_on(card.held_lives)}")


def _covers(card: ModelCard) -> Gate:
    name, covered = "its interval covers", card.metrics.get("coverage_90")
    low, high = coverage_allowed(card.held_failed)
    if covered is None:
        return Gate(name=name, passed=False, figure="coverage_90 was not measured")
    figure = f"coverage_90 {covered:.3f}, from {low:.3f} to {high:.3f}{_on(card.held_failed)}"
    return Gate(name=name, passed=low <= covered <= high, figure=figure)


def _on(lives: int | None) -> str:
    return "" if lives is None else f" on {lives} held-out {'life' if lives == 1 else 'lives'}"


def _fits_the_edge(folder: Path) -> Gate:
    import onnx  # heavy

    from models.edge import LARGEST_BYTES  # it imports the registry
    from models.edge_manifest import opsets
    from models.edge_platforms import PLATFORMS

    name, path = "fits the edge", folder / GRAPH
    size, needs = path.stat().st_size, opsets(onnx.load(str(path), load_external_data=False))
    foreign = sorted(set(needs) - {"ai.onnx", "ai.onnx.ml", "ir"})
    targets = [each for each, takes in PLATFORMS.items() if needs["ai.onnx"] <= takes.opset and needs["ir"] <= takes.ir]
    figure = (
        f"{size / 1e6:.2f} MB, at most {LARGEST_BYTES / 1e6:.0f} MB; operator set {needs['ai.onnx']}, IR {needs['ir']}"
        f"{f', and {foreign[0]}' if foreign else ''}: for {', '.join(targets) or 'no target'}"
    )
    return Gate(name=name, passed=size <= LARGEST_BYTES and bool(targets) and not foreign, figure=figure)


def _answers(card: ModelCard, folder: Path) -> Gate:
    try:
        figure = try_graph(folder, card)
    except MillwrightError as error:
        return Gate(name="graph loads and answers", passed=False, figure=str(error))
    return Gate(name="graph loads and answers", passed=True, figure=figure)
