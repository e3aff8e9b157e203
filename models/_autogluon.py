"""AutoGluon's search on a feature matrix, folded by life, in a process of its own that can be stopped on time."""

import logging
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from autogluon.tabular import TabularPredictor
from numpy.typing import NDArray

OURS = {
    "learning_rate": 0.05, "num_leaves": 15, "min_data_in_leaf": 40, "feature_fraction": 0.1, "bagging_fraction": 0.7,
    "bagging_freq": 1, "lambda_l2": 5.0, "num_boost_round": 400, "ag_args": {"priority": 99, "name_suffix": "Few"},
}  # fmt: skip
HYPERPARAMETERS = {
    "GBM": [OURS, {"extra_trees": True, "feature_fraction": 0.3, "ag_args": {"name_suffix": "XT"}}, {}],
    "XT": [{"n_estimators": 150, "min_samples_leaf": 5, "ag_args": {"priority": 95}}],
    "CAT": {"iterations": 400},
}  # trained on the rows at hand alone: nothing is downloaded
WITH_TIME = {"NN_TORCH": {"num_epochs": 30}, "XGB": {}}
PLENTY_S = 60.0


def search(
    features: NDArray[np.float32],
    label: NDArray[np.float64],
    fold: NDArray[np.int64],
    judged: NDArray[np.float32],
    binary: bool,
    seconds: float,
    seed: int,
    threads: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64], str]:
    """Fit an ensemble; give its answers for the rows taught (n,), each by models that saw no life of its fold, its
    answers for `judged`, and the names of the models it is made of.
    """
    names = [f"f{number}" for number in range(features.shape[1])]
    table = pd.DataFrame(features, columns=names).assign(label=label.astype(int) if binary else label, fold=fold)
    with tempfile.TemporaryDirectory(prefix="autogluon-") as folder:
        predictor = TabularPredictor(
            label="label",
            problem_type="binary" if binary else "regression",
            eval_metric="average_precision" if binary else "root_mean_squared_error",
            groups="fold",
            path=folder,
            verbosity=0,
        ).fit(
            table,
            hyperparameters={**HYPERPARAMETERS, **(WITH_TIME if seconds >= PLENTY_S else {})},
            num_bag_folds=len(np.unique(fold)),
            num_stack_levels=0,
            dynamic_stacking=False,
            time_limit=seconds,
            num_cpus=threads,
            num_gpus=0,
            ag_args_ensemble={"fold_fitting_strategy": "sequential_local"},
            raise_on_no_models_fitted=True,
        )
        asked = pd.DataFrame(judged, columns=names)
        if binary:
            own = predictor.predict_proba_oof(as_multiclass=False).to_numpy(np.float64)
            answers = predictor.predict_proba(asked, as_multiclass=False).to_numpy(np.float64)
        else:
            own = predictor.predict_oof().to_numpy(np.float64)
            answers = predictor.predict(asked).to_numpy(np.float64)
        return own, answers, _made_of(predictor)


def _made_of(predictor: TabularPredictor) -> str:
    best = predictor.model_best
    information: dict[str, Any] = predictor.info()["model_info"][best]
    children = list(information.get("children_info", {}).values())
    weights = children[0].get("model_weights", {}) if children else {}
    made = ", ".join(f"{name} {weight:.2f}" for name, weight in weights.items())
    return f"{best} ({made})" if made else best


def main(work: Path) -> None:
    """Read work/in.npz, search, write work/out.npz."""
    logging.disable(logging.WARNING)
    with np.load(work / "in.npz") as given:
        own, answers, name = search(
            given["features"], given["label"], given["fold"], given["judged"], bool(given["binary"]),
            float(given["seconds"]), int(given["seed"]), int(given["threads"]),
        )  # fmt: skip
    np.savez(work / "out.tmp.npz", own=own, answers=answers, name=np.array(name))
    (work / "out.tmp.npz").replace(work / "out.npz")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
