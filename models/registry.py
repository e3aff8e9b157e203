"""The model registry: versions, which one is in service, gates, rollback; recorded in MLflow."""

from datetime import datetime

from models.results import Result, Task


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


class Gate(Result):
    name: str
    passed: bool
    figure: str


class ServiceChange(Result):
    """What is in service now, after a promotion or a rollback."""

    machine_id: str
    task: Task
    version: int
    replaced: int | None
    gates: tuple[Gate, ...]
