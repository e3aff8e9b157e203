"""What the copilot claims of fresh plants, scored against what is really wrong with them, with controls beside it."""

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Literal, TypeVar

from evals.scoring import wilson_interval
from evals.truth_asking import Claims, Interview, MovingPlant
from evals.truth_claims import FROM_MODELS, MEANINGS, judge, lead_hours, shuffled
from evals.truth_controls import mistaught_models
from evals.truth_plants import Truth, draw_plant, lay_out
from models.jobs import Report
from models.results import Interval, Result
from settings import Settings

Control = Literal["shuffled_truth", "no_models", "shuffled_labels"]
Progress = Callable[[int, int, str], None]
T = TypeVar("T")

PROTOCOL = (
    "Each plant has four fresh machines, simulated from their profiles and seen by no model: one between P and F of a "
    "failure mode and showing it, with at least 24 operating hours left; one with a sensor that has been off for "
    "seven days (bias of 1.5 to 3 standard deviations, frozen, noisier, clipped, or two swapped, in turn); two sound "
    "ones. Over twenty plants in a row each shipped machine fails once. The models are those of the demo plant. "
    "Everything is asked in plain words, each question in a conversation of its own; a claim counts where the typed "
    "result and the answer's words both make it. An alarm is a state that needs attention (act, alarm), asked when "
    "the failing machine has its drawn hours left and again 96, 48, 24 and 12 h before it fails. Controls: "
    "shuffled_truth, the same answers against roles dealt anew, a mode drawn from the profile and another plant's "
    "remaining life; no_models, the plant with an empty registry; shuffled_labels, failure and RUL models trained on "
    "the labels of other lives."
)


class ClaimScore(Result):
    """`right` of `n`, with its Wilson interval; `controls` are the shares that the controls reach."""

    claim: str
    meaning: str
    right: int
    n: int
    share: float
    interval: Interval
    controls: dict[Control, float | None] = {}  # None: the claim does not rest on what the control takes away


class PlantRecord(Result):
    """`wrong`: the claims that are not true of this plant."""

    truth: Truth
    claims: Claims
    wrong: tuple[str, ...]


class TruthResult(Result):
    """`lead_hours`: median, over the plants whose alarm came in time, of how early the first one came.

    `interval_hours`: median width of the interval of the remaining life, of the copilot and of the controls; one that
    holds the truth says little where it is as wide as theirs.
    """

    model: str
    seed: int
    plants: int
    claims: tuple[ClaimScore, ...]
    lead_hours: float | None
    interval_hours: dict[str, float]
    protocol: str
    records: tuple[PlantRecord, ...]
    seconds: float
    cpu_seconds_per_plant: float


@dataclass(frozen=True)
class _Task:
    number: int
    seed: int
    settings: Settings
    models: Path | None  # the home whose models are in service; None: none are
    everything: bool  # also what rests on no model


def run_truth(
    plants: int, settings: Settings, seed: int | None = None, controls: bool = True, workers: int = 2,
    report: Report | None = None, progress: Progress | None = None,
) -> TruthResult:  # fmt: skip
    """Ask about `plants` fresh plants; the same `seed` (the setting's by default) and brain give the same numbers.

    `report` hears how the demo plant and the mistaught models are prepared (once; both are kept under `settings.home`).
    """
    from models.demo_plant import cached_demo_plant

    started, seed = time.monotonic(), settings.seed if seed is None else seed
    heard, ran = report or (lambda done, step: None), progress or (lambda done, of, ended: None)
    cache = settings.home.resolve() / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    prepared = cached_demo_plant(cache, settings.seed, heard)
    truths = [draw_plant(number, seed).truth for number in range(plants)]
    versions: dict[Control | None, Path | None] = {None: prepared}
    if controls:
        machines = sorted({each for t in truths for each in (t.failing, t.off, *t.sound)})
        versions |= {
            "no_models": None,
            "shuffled_labels": mistaught_models(cache, prepared, machines, settings.seed, heard),
        }
    with tempfile.TemporaryDirectory(prefix="truth-", dir=cache) as folder:
        mine = settings.model_copy(update={"home": Path(folder)})
        tasks = [
            _Task(number, seed, mine, home, version is None)
            for version, home in versions.items()
            for number in range(plants)
        ]
        asked = _in_order(_each(ask_plant, tasks, workers), len(tasks), ran)
    claims = dict(zip(versions, (asked[n : n + plants] for n in range(0, len(asked), plants)), strict=True))
    told = [each for each, _ in claims[None]]
    scored = _score(truths, told)
    beside: dict[Control, dict[str, tuple[int, int]]] = {}
    if controls:
        beside["shuffled_truth"] = _score(shuffled(truths, seed), told)
        beside |= {v: _score(truths, [each for each, _ in claims[v]]) for v in versions if v is not None}
    leads = [lead for t, c in zip(truths, told, strict=True) if (lead := lead_hours(t, c)) is not None]
    return TruthResult(
        model=settings.model,
        seed=seed,
        plants=plants,
        claims=tuple(_claim(name, *scored[name], beside) for name in MEANINGS),
        lead_hours=median(leads) if leads else None,
        interval_hours={
            version or "copilot": median(widths)
            for version, answered in claims.items()
            if (widths := [c.life.high - c.life.low for c, _ in answered if c.life is not None])
        },
        protocol=PROTOCOL,
        records=tuple(
            PlantRecord(truth=t, claims=c, wrong=tuple(name for name, found in judge(t, c).items() if not all(found)))
            for t, c in zip(truths, told, strict=True)
        ),
        seconds=round(time.monotonic() - started, 1),
        cpu_seconds_per_plant=round(sum(spent for _, spent in claims[None]) / plants, 2),
    )


def ask_plant(task: _Task) -> tuple[Claims, float]:
    """The claims of one plant, which goes when they are made, and the CPU seconds that they took."""
    from agent.service import Copilot
    from evals.controls import control_brain

    begun = time.process_time()
    known = draw_plant(task.number, task.seed)
    with tempfile.TemporaryDirectory(dir=task.settings.home, ignore_cleanup_errors=True) as folder:
        settings = task.settings.model_copy(update={"home": Path(folder)})
        storage = lay_out(Path(folder), known.truth, task.models)
        plant = MovingPlant(storage, task.seed, settings.user, drift_pages=False, clock=[known.truth.now])
        copilot = Copilot(plant, settings, control_brain(settings.model, None))
        try:
            claims = Interview(plant, copilot.say, known, task.seed).hold(task.everything)
        finally:
            copilot.close()
    return claims, time.process_time() - begun


def _each(work: Callable[[_Task], T], tasks: Sequence[_Task], workers: int) -> Iterator[tuple[int, T]]:
    """Each task's place and result, as they come."""
    if workers == 1:
        yield from ((place, work(task)) for place, task in enumerate(tasks))
        return
    with ProcessPoolExecutor(min(workers, len(tasks)), mp_context=get_context("spawn")) as pool:
        waiting = {pool.submit(work, task): place for place, task in enumerate(tasks)}
        try:
            for done in as_completed(waiting):
                yield waiting[done], done.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _in_order(results: Iterator[tuple[int, T]], count: int, ran: Progress) -> list[T]:
    found: dict[int, T] = {}
    for place, result in results:
        found[place] = result
        ran(len(found), count, f"plant {place}")
    return [found[place] for place in range(count)]


def _score(truths: Sequence[Truth], claims: Sequence[Claims]) -> dict[str, tuple[int, int]]:
    """How many verdicts of each claim are right, and how many there are."""
    judged = [judge(truth, told) for truth, told in zip(truths, claims, strict=True)]
    verdicts = {name: [verdict for each in judged for verdict in each[name]] for name in MEANINGS}
    return {name: (sum(found), len(found)) for name, found in verdicts.items()}


def _claim(name: str, right: int, n: int, beside: dict[Control, dict[str, tuple[int, int]]]) -> ClaimScore:
    def share(control: Control) -> float | None:
        if control != "shuffled_truth" and name not in FROM_MODELS:
            return None
        reached, of = beside[control][name]
        return reached / of

    return ClaimScore(
        claim=name.strip(), meaning=MEANINGS[name], right=right, n=n, share=right / n,
        interval=wilson_interval(right, n), controls={control: share(control) for control in beside},
    )  # fmt: skip
