"""Model versions, aliases, figures and lineage as MLflow records them."""

import json
import logging
import os.path
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from math import isfinite
from pathlib import Path

from mlflow import MlflowClient
from mlflow.entities import Dataset, DatasetInput, Metric, Param, RunTag
from mlflow.entities.model_registry import ModelVersion
from mlflow.environment_variables import MLFLOW_DISABLE_TELEMETRY
from mlflow.exceptions import MlflowException
from mlflow.telemetry import set_telemetry_client
from sqlalchemy.exc import SQLAlchemyError

from machine_profiles.errors import MillwrightError
from models.datasets import DatasetInfo
from models.model_card import CURVES, ModelCard
from models.results import Task
from models.service_state import ServiceState
from models.storage import Storage

MLFLOW_DISABLE_TELEMETRY.set(True)  # for a process that never read our settings, which do the same before the import
set_telemetry_client()
for noisy in ("mlflow.store.db.utils", "alembic"):
    logging.getLogger(noisy).setLevel(logging.WARNING)

EXPERIMENT = "millwright"
_METRIC = re.compile(r"[^\w\-. /:]")  # what MLflow takes in a metric's name
PATHS = (
    ("experiments", "artifact_location"), ("runs", "artifact_uri"),
    ("model_versions", "source"), ("model_versions", "storage_location"),
)  # fmt: skip
VERSION, FOLDER, KEY = "millwright.version", "millwright.folder", "millwright.key"


class RecordFailed(MillwrightError):
    def __init__(self, where: str, error: Exception) -> None:
        reason = str(error).strip().splitlines()[0][:300] if str(error).strip() else type(error).__name__
        super().__init__(f"MLflow ({where}) did not take the record: {reason}. What is in service was not changed.")


class Recorder:
    """Writes to the plant's own SQLite database, or to a server where an address is set.

    The model of a task is registered as `<machine>-<task>`. Versions are known by a tag of ours, not by MLflow's count,
    so that a lost or shared database does not mix them up.
    """

    def __init__(self, storage: Storage, tracking_uri: str | None) -> None:
        self._storage, self._local = storage, tracking_uri is None
        self._uri = tracking_uri or f"sqlite:///{storage.mlflow_database}"
        with self._failures_told():
            if self._local:
                self._follow_move()
            self._client = MlflowClient(tracking_uri=self._uri, registry_uri=self._uri)
            self._experiment = self._find_experiment()

    def sync(self, machine_id: str, task: Task, state: ServiceState, cards: list[ModelCard]) -> None:
        """Make MLflow agree with `state`: record what it lacks, take away what never came to be, set the aliases."""
        name = f"{machine_id}-{task}"
        with self._failures_told():
            recorded = self._recorded(name)
            for number in sorted(set(recorded) - set(state.versions)):  # of an interrupted registration
                self._client.delete_model_version(name, recorded[number].version)
                if run_id := recorded.pop(number).run_id:
                    self._client.set_terminated(run_id, "KILLED")
            for card in cards:
                if card.version in state.versions and card.version not in recorded:
                    recorded[card.version] = self._record(name, card)
            self._set_aliases(name, state, recorded)

    def record_export(self, machine_id: str, bundle: str, facts: dict[str, str], cards: list[ModelCard]) -> None:
        """A run for an edge bundle, tied to each model version in it."""
        with self._failures_told():
            lineage = {f"model.{card.task}": f"{machine_id}-{card.task} v{card.version}" for card in cards}
            hashes = {f"data_hash.{card.task}": card.data_hash for card in cards}
            tags = {"machine_id": machine_id, "millwright.bundle": bundle, **facts, **lineage, **hashes}
            run = self._client.create_run(self._experiment, run_name=f"{machine_id} export", tags=tags)
            for card in cards:
                name = f"{machine_id}-{card.task}"
                if (found := self._recorded(name).get(card.version)) is not None:
                    earlier = json.loads(found.tags.get("millwright.bundles", "[]"))
                    listed = json.dumps([*earlier, bundle][-20:])
                    self._client.set_model_version_tag(name, found.version, "millwright.bundles", listed)
            self._client.set_terminated(run.info.run_id)

    def sync_datasets(self, infos: list[DatasetInfo], folders: list[Path]) -> None:
        """A run for each synthetic data set and each set of labels: how it was made, of what, and how good it is."""
        with self._failures_told():
            for info, folder in zip(infos, folders, strict=True):
                if info.origin == "recorded" and info.content != "labels":
                    continue
                stated = {"rows": info.rows, "method": info.method, "seed": info.seed, "made_from": info.made_from}
                tags = {"machine_id": info.machine_id, "data_hash": info.data_hash, "content": info.content}
                self._record_once(
                    f"{info.machine_id} {info.reference}", info.data_hash, info.created_at,
                    params={name: str(value) for name, value in stated.items() if value is not None},
                    figures={"rows": float(info.rows), "lives": float(info.lives), **_numbers(info.details)},
                    tags=tags, folder=folder,
                )  # fmt: skip

    def sync_evaluations(self, results: list[Path]) -> None:
        """A run for each `result.json` of `millwright eval`, with its figures and where its report lies."""
        with self._failures_told():
            for path in results:
                result = json.loads(path.read_text(encoding="utf-8"))
                asked = {name: str(result[name]) for name in ("model", "seed", "repeat", "n") if name in result}
                at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
                self._record_once(
                    f"evaluation of {result['model']}", path.parent.name, at, asked, _numbers(result),
                    {"model": str(result["model"])}, path.parent,
                )  # fmt: skip

    def _record_once(
        self, name: str, key: str, at: datetime, params: dict[str, str], figures: dict[str, float],
        tags: dict[str, str], folder: Path,
    ) -> None:  # fmt: skip
        """A run known by its name and `key`; nothing where MLflow has it already."""
        known = f"tags.`{KEY}` = '{key}' AND attributes.run_name = '{name}'"
        if self._client.search_runs([self._experiment], known, max_results=1):
            return
        now = int(at.timestamp() * 1000)
        run = self._client.create_run(self._experiment, run_name=name, start_time=now)
        self._client.log_batch(
            run.info.run_id,
            metrics=[Metric(each, value, now, 0) for each, value in figures.items()],
            params=[Param(each, value[:5000]) for each, value in params.items()],
            tags=[RunTag(each, value) for each, value in {**tags, KEY: key}.items()],
        )
        self._show_artifacts(run.info.artifact_uri, run.info.run_id, folder)
        self._client.set_terminated(run.info.run_id, end_time=now)

    def _record(self, name: str, card: ModelCard) -> ModelVersion:
        folder = self._storage.models(card.machine_id, card.task) / f"v{card.version}"
        where = self._storage.relative(folder)
        now = int(card.created_at.timestamp() * 1000)
        start = now - int(1000 * card.seconds)
        run = self._client.create_run(self._experiment, run_name=f"{name} v{card.version}", start_time=start)
        run_id = run.info.run_id
        figures = {**card.metrics, **_flat(card.baselines), "seconds": card.seconds}
        self._client.log_batch(
            run_id,
            metrics=[*(Metric(key, value, now, 0) for key, value in figures.items()), *_curves(folder, now)],
            params=[Param(key, value) for key, value in _params(card).items()],
            tags=[RunTag(key, value) for key, value in {**_lineage(card), FOLDER: where}.items()],
        )
        self._client.log_inputs(run_id, [_input(card, dataset) for dataset in card.datasets])
        self._show_artifacts(run.info.artifact_uri, run_id, folder)
        self._client.set_terminated(run_id, end_time=now)
        tags = {VERSION: str(card.version), FOLDER: where, **_lineage(card)}
        description = f"{card.engine}. {card.protocol}"
        return self._client.create_model_version(
            name, source=folder.as_uri(), run_id=run_id, tags=tags, description=description[:4000]
        )

    def _recorded(self, name: str) -> dict[int, ModelVersion]:
        found = self._client.search_model_versions(f"name = '{name}'")
        if not found:
            self._register(name)
        return {int(each.tags[VERSION]): each for each in found if VERSION in each.tags}

    def _register(self, name: str) -> None:
        try:
            self._client.create_registered_model(name)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise

    def _set_aliases(self, name: str, state: ServiceState, recorded: dict[int, ModelVersion]) -> None:
        present = self._client.get_registered_model(name).aliases
        for alias, version in (("champion", state.champion), ("challenger", state.challenger)):
            wanted = str(recorded[version].version) if version is not None else None
            if wanted is None and alias in present:
                self._client.delete_registered_model_alias(name, alias)
            elif wanted is not None and present.get(alias) != wanted:
                self._client.set_registered_model_alias(name, alias, wanted)

    def _show_artifacts(self, artifact_uri: str, run_id: str, folder: Path) -> None:
        """A server is sent the files; the plant's own database gets a link to where they lie."""
        if not self._local:
            self._client.log_artifacts(run_id, str(folder))
            return
        place = Path(artifact_uri.removeprefix("file://"))
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(os.path.relpath(folder, place.parent), target_is_directory=True)

    def _follow_move(self) -> None:
        """MLflow keeps absolute paths; where the plant was moved or copied, make them those of this HOME."""
        if not self._storage.mlflow_database.exists():
            return
        here = self._storage.mlflow_artifacts.as_uri()
        with closing(sqlite3.connect(self._storage.mlflow_database)) as database, database:
            query = "SELECT artifact_location FROM experiments WHERE name = ? AND artifact_location != ?"
            if (found := database.execute(query, (EXPERIMENT, here)).fetchone()) is None:
                return
            homes = (found[0].removesuffix("/mlflow_artifacts"), here.removesuffix("/mlflow_artifacts"))
            for table, column in PATHS:
                database.execute(f"UPDATE {table} SET {column} = replace({column}, ?, ?)", homes)

    def _find_experiment(self) -> str:
        if (found := self._client.get_experiment_by_name(EXPERIMENT)) is not None:
            return found.experiment_id
        location = self._storage.mlflow_artifacts.as_uri() if self._local else None
        return self._client.create_experiment(EXPERIMENT, artifact_location=location)

    @contextmanager
    def _failures_told(self) -> Iterator[None]:
        try:
            yield
        except (MlflowException, SQLAlchemyError, sqlite3.Error) as error:
            raise RecordFailed("the plant's own database" if self._local else self._uri, error) from error


def _lineage(card: ModelCard) -> dict[str, str]:
    labels = [dataset for dataset in card.datasets if dataset.startswith("labels@")]
    return {
        "machine_id": card.machine_id,
        "task": card.task,
        "data_hash": card.data_hash,
        "datasets": ", ".join(card.datasets),
        "label_set": ", ".join(labels),
        "lineage": " → ".join([card.data_hash[:12], *card.datasets, f"{card.machine_id}-{card.task} v{card.version}"]),
    }


def _params(card: ModelCard) -> dict[str, str]:
    names = (
        "engine", "seed", "window_rows", "baseline_rows", "sample_hours", "cap_hours", "failure_horizon_hours",
        "threshold", "protocol",
    )  # fmt: skip
    stated = {name: str(getattr(card, name))[:5000] for name in names if getattr(card, name) is not None}
    return {**stated, "sensors": ", ".join(card.sensors)[:5000]}


def _curves(folder: Path, now: int) -> list[Metric]:
    """Learning curves, as metrics of many steps."""
    if not (folder / CURVES).is_file():
        return []
    curves = json.loads((folder / CURVES).read_text())
    return [Metric(name, float(value), now, int(step)) for name, pairs in curves.items() for step, value in pairs]


def _numbers(stated: dict[str, object], prefix: str = "") -> dict[str, float]:
    """The figures of a record, those of records in it by dotted name."""
    found: dict[str, float] = {}
    for name, value in stated.items():
        if isinstance(value, dict):
            found |= _numbers(value, f"{prefix}{name}.")
        elif isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value):
            found[_METRIC.sub("_", f"{prefix}{name}")[:250]] = float(value)
    return found


def _flat(baselines: dict[str, dict[str, float]]) -> dict[str, float]:
    return {f"{peer}.{name}": value for peer, figures in baselines.items() for name, value in figures.items()}


def _input(card: ModelCard, dataset: str) -> DatasetInput:
    source = json.dumps({"folder": f"datasets/{card.machine_id}/{dataset}"})
    return DatasetInput(Dataset(name=dataset, digest=card.data_hash[:32], source_type="local", source=source), [])
