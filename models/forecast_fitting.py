"""The forecast task of one machine: fitted on the lives kept, scored beside its baselines on those held out."""

from models import forecasting
from models.lot import Fitted, Lot
from models.training_plots import forecast_plots


def fit(lot: Lot, deadline: float) -> Fitted:
    every = rows_apart(lot)
    model = forecasting.fit_forecast(lot.profile, lot.kept, lot.fold, every)
    figures = forecasting.forecast_figures(lot.profile, model, lot.held, max(1, every // 2))
    return Fitted(
        model.write().model(),
        f"linear in the last {model.weights.shape[1]} rows, {model.steps} steps at once",
        figures.pop("model"),
        figures,
        plots=forecast_plots(lot, model),
    )


def rows_apart(lot: Lot) -> int:
    """How far apart the windows learnt from stand; those judged stand twice as close."""
    return max(1, round(len(lot.kept.rows) / 3000))
