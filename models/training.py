"""Train a machine's models on whole lives and register them as challengers."""

from models.results import Result, Task


class TrainedModel(Result):
    task: Task
    version: int
    alias: str  # champion where the task had none in service before, else challenger
    engine: str
    metrics: dict[str, float]
    baselines: dict[str, dict[str, float]]
    main_metric: str
    champion_metrics: dict[str, float] | None  # the model in service, on the same held-out lives
    seconds: float


class TrainingResult(Result):
    machine_id: str
    models: tuple[TrainedModel, ...]
    datasets: tuple[str, ...]
    protocol: str
    skipped: dict[str, str]  # task → why it could not be trained
    seconds: float


class TrainingStarted(Result):
    """Training goes on in a job of its own; get_job tells how it stands."""

    job_id: str
    machine_id: str
    tasks: tuple[Task, ...]
    time_limit_s: int
