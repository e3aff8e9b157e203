"""The forecast task of one machine: fitted on the lives kept, scored beside its baselines on those held out."""

import time

from models import forecasting
from models.lot import Fitted, Lot
from models.series_rivals import SeriesRival, ask_series_rival
from models.training_plots import forecast_plots


def fit(lot: Lot, deadline: float) -> Fitted:
    """AutoGluon's time series models are asked beside it where there is time; what serves is the linear graph."""
    every = rows_apart(lot)
    model = forecasting.fit_forecast(lot.profile, lot.kept, lot.fold, every)
    figures = forecasting.forecast_figures(lot.profile, model, lot.held, max(1, every // 2))
    own, plots = figures.pop("model"), forecast_plots(lot, model)
    rival = None if lot.quick else ask_series_rival(lot, model, deadline - time.monotonic())
    if rival is not None:
        figures["autogluon_series"] = {
            "mase": rival.mase, "model_mase_same_windows": rival.model_mase, "windows": float(rival.windows),
        }  # fmt: skip
    return Fitted(
        model.write().model(),
        f"linear in the last {model.weights.shape[1]} rows, {model.steps} steps at once; {_said_of(lot, rival)}",
        own,
        figures,
        plots=plots,
    )


def _said_of(lot: Lot, rival: SeriesRival | None) -> str:
    if lot.quick:
        return "fitted the quick way, without AutoGluon's time series models beside it"
    if rival is None:
        return "AutoGluon's time series models were left out, the time being short"
    if lot.chronos is None:
        asked = "Chronos no candidate, as no path to its weights is set"
    elif any(name.startswith("Chronos") for name in rival.compared):
        asked = "Chronos among them"
    else:
        asked = f"Chronos failed with the weights in {lot.chronos}, or in time"
    outcome = "which it loses to" if rival.mase < rival.model_mase else "which it beats or equals"
    return (
        f"beside AutoGluon's time series models ({asked}; {rival.name}), {outcome} on {rival.windows} windows of lives "
        f"held out: MASE {rival.model_mase:.3f} against {rival.mase:.3f}"
    )


def rows_apart(lot: Lot) -> int:
    """How far apart the windows learnt from stand; those judged stand twice as close."""
    return max(1, round(len(lot.kept.rows) / 3000))
