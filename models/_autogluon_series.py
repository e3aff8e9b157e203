"""AutoGluon's time series models on plain series, in a process of its own that can be stopped on time."""

import json
import logging
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from autogluon.timeseries import TimeSeriesDataFrame, TimeSeriesPredictor
from numpy.typing import NDArray

ANY_HOUR = pd.Timestamp("2000-01-01")  # rows are equally far apart; AutoGluon wants a date to each


def forecast(
    taught: list[NDArray[np.float64]],
    asked: list[NDArray[np.float64]],
    steps: int,
    season: int,
    seconds: float,
    seed: int,
    chronos: tuple[str, str] | None,
) -> tuple[NDArray[np.float64], str, list[str]]:
    """The next `steps` rows of each series `asked`, (n, steps), what the chosen forecast is made of, and all
    models that came to an answer.

    Models and their weights are chosen on the last `steps` rows of each series taught; none needs weights of a hub.
    """
    local = {"n_jobs": 1, "seasonal_period": season}
    models: dict[str, dict[str, Any]] = {
        "SeasonalNaive": local, "Theta": local, "DirectTabular": {"date_features": []}, "NPTS": {"n_jobs": 1},
        "AutoETS": local,
    }  # fmt: skip
    if chronos is not None:
        kind, folder = chronos
        models[kind] = {"model_path": folder, "device": "cpu"}
    with tempfile.TemporaryDirectory(prefix="autogluon-") as folder:
        predictor = TimeSeriesPredictor(
            prediction_length=steps, path=folder, freq="h", eval_metric="MAE", quantile_levels=[0.5], verbosity=0
        )
        predictor.fit(
            _frame(taught), hyperparameters=models, time_limit=max(int(seconds), 1), random_seed=seed,
            enable_ensemble=True,
        )  # fmt: skip
        found = predictor.predict(_frame(asked), random_seed=seed)
        answers = np.stack([found.loc[str(number)]["mean"].to_numpy(np.float64) for number in range(len(asked))])
        return answers, _made_of(predictor), predictor.model_names()


def _frame(series: list[NDArray[np.float64]]) -> TimeSeriesDataFrame:
    """Items are numbered in their order here, a row an hour."""
    parts = [
        pd.DataFrame(
            {
                "item_id": str(number),
                "timestamp": ANY_HOUR + pd.to_timedelta(np.arange(len(values)), unit="h"),
                "target": values,
            }
        )
        for number, values in enumerate(series)
    ]
    return TimeSeriesDataFrame.from_data_frame(pd.concat(parts, ignore_index=True))


def _made_of(predictor: TimeSeriesPredictor) -> str:
    best = str(predictor.model_best)
    weights = getattr(predictor._trainer.load_model(best), "model_to_weight", {})
    made = ", ".join(f"{name} {weight:.2f}" for name, weight in weights.items())
    return f"{best} ({made})" if made else best


def main(work: Path) -> None:
    """Read work/in.npz and work/how.json, forecast, write work/out.npz."""
    logging.disable(logging.WARNING)
    how = json.loads((work / "how.json").read_text())
    with np.load(work / "in.npz") as given:
        taught, asked = (np.split(given[name], given[f"{name}_cuts"]) for name in ("taught", "asked"))
    chronos = (how["chronos"][0], how["chronos"][1]) if how["chronos"] else None
    answers, name, compared = forecast(taught, asked, how["steps"], how["season"], how["seconds"], how["seed"], chronos)
    np.savez(work / "out.tmp.npz", answers=answers, name=np.array(name), compared=np.array(compared))
    (work / "out.tmp.npz").replace(work / "out.npz")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
