"""The model registry: versions, which one is in service, gates, rollback; recorded in MLflow."""

import shutil
from collections.abc import Iterable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from machine_profiles.errors import MillwrightError
from models.gates import MAIN_METRIC, Gate, best_of, judge
from models.inference import try_graph
from models.locks import locked
from models.model_card import GRAPH, ModelCard, read_card, write_card
from models.registry_errors import GateFailed, NoModel, NothingToRollBackTo, UnknownVersion
from models.results import TASKS, Preview, Result, Task
from models.service_state import ServiceState, read_state, write_state
from models.storage import Storage, whole_folder

if TYPE_CHECKING:
    from models._mlflow import Recorder


class ModelVersion(Result):
    machine_id: str
    task: Task
    version: int
    alias: str | None  # champion, challenger, or None
    engine: str
    created_at: datetime
    metrics: dict[str, float]
    baselines: dict[str, dict[str, float]]
    datasets: tuple[str, ...]
    gates: tuple[Gate, ...] = ()  # beside the model in service


class ModelComparison(Result):
    """The versions of one task side by side, newest first. `better` is by `main_metric` on held-out lives."""

    machine_id: str
    task: Task
    main_metric: str
    higher_is_better: bool
    champion: int | None
    challenger: int | None
    best: int | None
    versions: tuple[ModelVersion, ...]


class ServiceChange(Result):
    """What is in service now, after a promotion or a rollback."""

    machine_id: str
    task: Task
    version: int
    replaced: int | None
    gates: tuple[Gate, ...]


@dataclass(frozen=True)
class NewModel:
    """A trained model not registered yet: `folder` holds model.onnx; `plots` are pictures by file name."""

    card: ModelCard
    folder: Path
    plots: dict[str, bytes] = field(default_factory=dict)


class Registry:
    """`models/<machine>/<task>/`: v1/, v2/, … each written once, and in_service.json, which alone decides.

    A write runs in this order: the version's folder appears whole, MLflow records it, in_service.json is replaced.
    Stopped anywhere before the last step, what is in service is as it was, and the next write clears the rest away.
    """

    def __init__(self, storage: Storage, mlflow_tracking_uri: str | None = None) -> None:
        self._storage, self._uri = storage, mlflow_tracking_uri
        self._recorder: Recorder | None = None

    def in_service(self, machine_id: str) -> dict[Task, int]:
        """The version in service of each task that has one."""
        champions = {task: self._state(machine_id, task).champion for task in TASKS}
        return {task: version for task, version in champions.items() if version is not None}

    def folder(self, machine_id: str, task: Task, version: int) -> Path:
        """Raises UnknownVersion."""
        known = self._state(machine_id, task).versions
        if version not in known:
            raise UnknownVersion(machine_id, task, version, known)
        return self._folder(machine_id, task) / f"v{version}"

    def card(self, machine_id: str, task: Task, version: int) -> ModelCard:
        """Raises UnknownVersion."""
        return read_card(self.folder(machine_id, task, version))

    def versions(self, machine_id: str, task: Task) -> list[ModelCard]:
        """Every version's card, oldest first; empty where none was registered."""
        folder = self._folder(machine_id, task)
        return [read_card(folder / f"v{version}") for version in self._state(machine_id, task).versions]

    def alias(self, card: ModelCard) -> str | None:
        """Whether a version is the champion, the challenger, or neither."""
        return self._state(card.machine_id, card.task).alias(card.version)

    def compare(self, machine_id: str, task: Task) -> ModelComparison:
        """Raises NoModel where the task has no version."""
        cards, state = self.versions(machine_id, task), self._state(machine_id, task)
        if not cards:
            raise NoModel(machine_id, task)
        best, metric = best_of(cards), MAIN_METRIC[task]
        return ModelComparison(
            machine_id=machine_id,
            task=task,
            main_metric=metric.name,
            higher_is_better=metric.higher_is_better,
            champion=state.champion,
            challenger=state.challenger,
            best=best.version if best else None,
            versions=tuple(_version(card, state, self._judge(card, state)) for card in reversed(cards)),
        )

    def register(self, card: ModelCard, folder: Path, plots: dict[str, bytes] | None = None) -> tuple[ModelCard, str]:
        """Give a trained model its version; returns its card and alias: champion where none was in service.

        Raises UnusableGraph where its graph does not load or answer as the card says.
        """
        return self.register_many([NewModel(card, folder, plots or {})])[0]

    def register_many(self, models: list[NewModel]) -> list[tuple[ModelCard, str]]:
        """Register several, of any machines and tasks, all of them or none."""
        for model in models:
            try_graph(model.folder, model.card)
        cards: list[ModelCard] = []
        states: dict[tuple[str, Task], ServiceState] = {}
        with self._writing(), ExitStack() as undo:
            for model in models:
                key = (model.card.machine_id, model.card.task)
                state = states.get(key) or self._healed(*key)
                card = _finite(model.card, version=1 + max(state.versions, default=0))
                undo.callback(shutil.rmtree, self._place(card, model), ignore_errors=True)
                states[key] = state.registered(card.version)
                cards.append(card)
            for key, state in states.items():
                self._record(*key, state)
            for machine_id in dict.fromkeys(machine_id for machine_id, _ in states):
                self._record_datasets(machine_id)
            undo.pop_all()
            for key, state in states.items():
                write_state(self._folder(*key), state)
        return [(card, states[card.machine_id, card.task].alias(card.version) or "") for card in cards]

    def preview_promotion(self, machine_id: str, task: Task, version: int | Literal["best"]) -> Preview:
        """Says what promote would do, and what speaks against it."""
        state = self._state(machine_id, task)
        facts = {"in service": f"version {state.champion}" if state.champion else "none"}
        try:
            card = self._chosen(machine_id, task, version)
        except MillwrightError as error:
            return Preview(warnings=(str(error),), facts=facts)
        gates = self._judge(card, state)
        warnings = [f"It does not pass a gate: {gate.name}: {gate.figure}." for gate in gates if not gate.passed]
        if card.version == state.champion:
            warnings = [f"Version {card.version} is already in service; nothing would change."]
        return Preview(
            replaces=f"version {state.champion}" if state.champion not in (None, card.version) else None,
            expected_seconds=8.0,
            warnings=tuple(warnings),
            facts={"version": str(card.version), **facts, **{gate.name: _verdict(gate) for gate in gates}},
        )

    def promote(self, machine_id: str, task: Task, version: int | Literal["best"]) -> ServiceChange:
        """Put a version into service; the one there already stays as it is.

        Raises NoModel, UnknownVersion, or GateFailed with the gate and its figure.
        """
        with self._writing():
            card = self._chosen(machine_id, task, version)
            state = self._healed(machine_id, task)
            gates = self._judge(card, state)
            failed = [gate for gate in gates if not gate.passed]
            if failed and card.version != state.champion:
                raise GateFailed(card, failed)
            replaced = state.champion if state.champion != card.version else None
            self._commit(machine_id, task, state.promoted(card.version))
        return ServiceChange(
            machine_id=machine_id, task=task, version=card.version, replaced=replaced, gates=gates
        )  # fmt: skip

    def former(self, machine_id: str, task: Task) -> int | None:
        """The version that a rollback would bring back; None where there is none."""
        state = self._state(machine_id, task)
        return state.former[-1] if state.former else None

    def preview_rollback(self, machine_id: str, task: Task) -> Preview:
        state = self._state(machine_id, task)
        if not state.former:
            return Preview(warnings=(str(NothingToRollBackTo(machine_id, task, state.champion)),))
        return Preview(
            replaces=f"version {state.champion}",
            expected_seconds=8.0,
            facts={"in service": f"version {state.champion}", "version": str(state.former[-1])},
        )

    def rollback(self, machine_id: str, task: Task) -> ServiceChange:
        """Bring back the version that was in service before. Raises NothingToRollBackTo."""
        with self._writing():
            state = self._healed(machine_id, task)
            if not state.former:
                raise NothingToRollBackTo(machine_id, task, state.champion)
            back = state.rolled_back()
            version = state.former[-1]
            folder = self.folder(machine_id, task, version)
            figure = try_graph(folder, read_card(folder))
            self._commit(machine_id, task, back)
        gate = Gate(name="graph loads and answers", passed=True, figure=figure)
        return ServiceChange(
            machine_id=machine_id, task=task, version=version, replaced=state.champion, gates=(gate,)
        )  # fmt: skip

    def record_export(self, machine_id: str, bundle: str, facts: dict[str, str], cards: list[ModelCard]) -> None:
        """Note in MLflow which model versions went into an edge bundle."""
        with self._writing():
            for card in cards:
                self._record(machine_id, card.task, self._state(machine_id, card.task))
            self._record_datasets(machine_id)
            self._mlflow().record_export(machine_id, bundle, facts, cards)

    def record_everything(self, machine_ids: Iterable[str]) -> None:
        """Make MLflow's record agree with all that lies under HOME: models, data sets, evaluations."""
        with self._writing():
            for machine_id in machine_ids:
                for task in TASKS:
                    if (state := self._state(machine_id, task)).versions:
                        self._record(machine_id, task, state)
                self._record_datasets(machine_id)
            self._mlflow().sync_evaluations(sorted((self._storage.home / "evals").glob("*/result.json")))

    def _chosen(self, machine_id: str, task: Task, version: int | Literal["best"]) -> ModelCard:
        if version != "best":
            return self.card(machine_id, task, version)
        if (best := best_of(self.versions(machine_id, task))) is None:
            raise NoModel(machine_id, task)
        return best

    def _judge(self, card: ModelCard, state: ServiceState) -> tuple[Gate, ...]:
        champion = self.card(card.machine_id, card.task, state.champion) if state.champion else None
        return judge(card, self.folder(card.machine_id, card.task, card.version), champion)

    def _place(self, card: ModelCard, model: NewModel) -> Path:
        place = self._folder(card.machine_id, card.task) / f"v{card.version}"
        with whole_folder(place) as folder:
            shutil.copyfile(model.folder / GRAPH, folder / GRAPH)
            for name, picture in model.plots.items():
                (folder / name).write_bytes(picture)
            write_card(folder, card)
        return place

    def _healed(self, machine_id: str, task: Task) -> ServiceState:
        """The state, once the folders of versions that never came to be are gone."""
        state = self._state(machine_id, task)
        for path in self._folder(machine_id, task).iterdir():
            if path.is_dir() and path.name not in {f"v{version}" for version in state.versions}:
                shutil.rmtree(path)
        return state

    def _commit(self, machine_id: str, task: Task, state: ServiceState) -> None:
        self._record(machine_id, task, state)
        self._record_datasets(machine_id)
        write_state(self._folder(machine_id, task), state)

    def _record(self, machine_id: str, task: Task, state: ServiceState) -> None:
        folder = self._folder(machine_id, task)
        cards = [read_card(folder / f"v{version}") for version in state.versions]
        self._mlflow().sync(machine_id, task, state, cards)

    def _record_datasets(self, machine_id: str) -> None:
        from models.datasets import Datasets  # pandas, which serving does without

        datasets = Datasets(self._storage)
        infos = datasets.list(machine_id)
        self._mlflow().sync_datasets(infos, [datasets.folder(info) for info in infos])

    def _mlflow(self) -> "Recorder":
        if self._recorder is None:
            from models import _mlflow  # heavy: mlflow

            self._recorder = _mlflow.Recorder(self._storage, self._uri)
        return self._recorder

    def _writing(self) -> AbstractContextManager[None]:
        """One writer a plant: version numbers, the database and in_service.json change together."""
        return locked(self._storage.mlflow_database.with_suffix(".lock"), wait_s=120)

    def _state(self, machine_id: str, task: Task) -> ServiceState:
        return read_state(self._folder(machine_id, task))

    def _folder(self, machine_id: str, task: Task) -> Path:
        return self._storage.models(machine_id, task)


def _version(card: ModelCard, state: ServiceState, gates: tuple[Gate, ...]) -> ModelVersion:
    shared = card.model_dump(include=set(ModelVersion.model_fields) - {"alias", "gates"})
    return ModelVersion(**shared, alias=state.alias(card.version), gates=gates)


def _verdict(gate: Gate) -> str:
    return f"{'passed' if gate.passed else 'not passed'}: {gate.figure}"


def _finite(card: ModelCard, version: int) -> ModelCard:
    """With its version, and without figures that are no numbers: an unknown figure is absent."""
    known = {name: value for name, value in card.metrics.items() if isfinite(value)}
    peers = {
        peer: {name: value for name, value in figures.items() if isfinite(value)}
        for peer, figures in card.baselines.items()
    }
    return card.model_copy(update={"version": version, "metrics": known, "baselines": peers})
