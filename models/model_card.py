"""What a trained model is: a folder with `model.onnx` and `card.json`, the same for every task.

The graph takes raw readings and gives the answer; features, scaling and calibration are inside it. Inputs, float32:
`window` (n, window_rows, sensors): the latest rows, oldest first, NaN where nothing was measured and before a short
history; `baseline` (n, sensors): the mean of the life's first `baseline_rows` rows, NaN where unknown;
`age_hours` (n, 1): operating hours since the life began, NaN where unknown; failure only: `horizon_hours` (n, 1).
Outputs, float32: failure `probability` (n, 1); rul `rul_hours`, `low`, `high` (n, 1 each; operating hours); anomaly
`score` (n, 1; 0 sound to 1) and `deviation` (n, sensors; in standard deviations of sound readings); forecast `path`
(n, steps, sensors) with `low` and `high`.
"""

from datetime import datetime
from pathlib import Path

from models.results import Result, Task

GRAPH, CARD = "model.onnx", "card.json"
TYPICAL = "typical_readings"  # what a graph states for a trial: a reading of each sensor, as JSON
CURVES = "curves.json"  # by figure: [[step, value], …], where the engine learns in steps


class ModelCard(Result):
    """All that is known of a model. `version` is 0 until the registry has given it one."""

    machine_id: str
    task: Task
    version: int = 0
    created_at: datetime
    seed: int
    engine: str  # what was fitted, such as "AutoGluon WeightedEnsemble_L2, distilled into LightGBM"
    sensors: tuple[str, ...]
    units: tuple[str, ...]
    window_rows: int
    baseline_rows: int
    sample_hours: float
    datasets: tuple[str, ...]  # references, such as history@1
    data_hash: str
    cap_hours: float | None = None
    failure_horizon_hours: float | None = None
    threshold: float | None = None  # at and above it the answer is yes
    protocol: str  # split, seed and numbers of lives, in words
    metrics: dict[str, float]
    baselines: dict[str, dict[str, float]]  # such as {"constant": {"r2": -0.02}, "lightgbm": {"r2": 0.4}}
    seconds: float
    held_lives: int | None = None  # how many whole lives the figures are of
    held_failed: int | None = None  # of which so many failed
    code: str | None = None  # code_version() of what fitted it, where that is known


def champion_name(version: int) -> str:
    """Under which the baselines hold the figures of the model in service when this one was trained."""
    return f"champion_v{version}"


def read_card(folder: Path) -> ModelCard:
    return ModelCard.model_validate_json((folder / CARD).read_text())


def write_card(folder: Path, card: ModelCard) -> None:
    (folder / CARD).write_text(card.model_dump_json(indent=1))
