"""One task of one machine: fit it on the lives kept, score it and its baselines on the lives held out."""

from collections.abc import Callable

from models import anomaly_fitting, failure_fitting, forecast_fitting, rul_fitting
from models.lot import Fitted, Lot
from models.results import Task


def fit(task: Task, lot: Lot, deadline: float) -> Fitted:
    """`deadline` (monotonic seconds): AutoGluon is stopped, and what comes after it left out, when it nears."""
    return FITTING[task](lot, deadline)


FITTING: dict[Task, Callable[[Lot, float], Fitted]] = {
    "failure": failure_fitting.fit,
    "rul": rul_fitting.fit,
    "anomaly": anomaly_fitting.fit,
    "forecast": forecast_fitting.fit,
}
