"""One task of one machine: fit it on the lives kept, score it and its baselines on the lives held out."""

from collections.abc import Callable

from models import anomaly_fitting, failure_fitting, forecasting, rul_fitting
from models.lot import Fitted, Lot
from models.results import Task


def fit(task: Task, lot: Lot, deadline: float) -> Fitted:
    """`deadline` (monotonic seconds): AutoGluon is stopped, and what comes after it left out, when it nears."""
    return FITTING[task](lot, deadline)


def _forecast(lot: Lot, deadline: float) -> Fitted:
    every = max(1, round(len(lot.kept.rows) / 3000))
    model = forecasting.fit_forecast(lot.profile, lot.kept, lot.fold, every)
    figures = forecasting.forecast_figures(lot.profile, model, lot.held, max(1, every // 2))
    return Fitted(
        model.write().model(),
        f"linear in the last {model.weights.shape[1]} rows, {model.steps} steps at once",
        figures.pop("model"),
        figures,
    )


FITTING: dict[Task, Callable[[Lot, float], Fitted]] = {
    "failure": failure_fitting.fit,
    "rul": rul_fitting.fit,
    "anomaly": anomaly_fitting.fit,
    "forecast": _forecast,
}
