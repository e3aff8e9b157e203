"""What a model has to beat, on the same held-out lives: plain learners, and one taught labels of the wrong lives."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from models.examples import Examples
from models.lot import Lot
from models.teaching import plain_columns

ROUNDS = 60  # trees of the shuffled control
LEFT_OUT = "random forest, XGBoost and isolation forest left out, the training being quick"

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Figures = dict[str, float]


def more_baselines(
    lot: Lot, label: Array, judged: Examples, judge: Callable[[Array], Figures], binary: bool
) -> dict[str, Figures]:
    """`shuffled`, and where there is time `random_forest` and `xgboost`, all on the rolling means of the readings.

    label (n,): what `lot.examples` are taught, NaN where it is not known; `judge` gives the figures of answers for
    `judged`, which are probabilities where `binary`.
    """
    from models import _lightgbm  # heavy

    features, asked = plain_columns(lot, "features", lot.examples), plain_columns(lot, "features", judged)
    found: dict[str, Figures] = {}
    wrong = labels_of_other_lives(label, lot.examples.life, lot.seed)
    known = ~np.isnan(wrong)
    if known.any() and np.nanmin(wrong) < np.nanmax(wrong):
        recipe = _lightgbm.Recipe("binary" if binary else "regression", ROUNDS, _lightgbm.PLAIN)
        score = _lightgbm.scores(_lightgbm.fit(recipe, features[known], wrong[known], lot.seed), asked)
        found["shuffled"] = judge(1 / (1 + np.exp(-score)) if binary else score)
    if not lot.quick:
        from models import _plain_learners  # heavy: scikit-learn, xgboost

        known = ~np.isnan(label)
        for name, learner in (("random_forest", _plain_learners.forest), ("xgboost", _plain_learners.boosted)):
            found[name] = judge(learner(features[known], label[known], asked, binary, lot.seed))
    return found


def labels_of_other_lives(label: Array, life: NDArray[np.object_], seed: int) -> Array:
    """Each life's rows get the labels of another life, in their order, from a row drawn at random on and round again.

    What is left is how often a label occurs: where lives are about equally long, those of another life from its
    beginning on would still be nearly right.
    """
    random = np.random.default_rng(seed)
    names = random.permutation(np.unique(life.astype(str)))
    own = life.astype(str)
    dealt = np.full(len(label), np.nan)
    for place, name in enumerate(names):
        other = label[own == names[(place + 1) % len(names)]]
        rows = np.flatnonzero(own == name)
        dealt[rows] = other[(np.arange(len(rows)) + random.integers(len(other))) % len(other)]
    return dealt


def isolation_forest(lot: Lot, raw: Array, life: NDArray[np.object_], near: Mask, sound: Mask) -> dict[str, Figures]:
    """An isolation forest on standardised readings of sound rows; nothing where the training is quick.

    raw (n, S): the held-out rows' readings in standard deviations; `near`, `sound` (n,): what they are judged as.
    """
    if lot.quick:
        return {}
    from models import _plain_learners, anomaly  # heavy: scikit-learn

    rows = lot.kept.rows
    observed = rows["life"].map(lot.kept.ends.set_index("life")["end_hours"]).to_numpy(float) - rows["hours"]
    calm = rows[np.asarray(observed) >= lot.sound_hours]
    count = raw.shape[1]
    readings = calm[list(lot.profile.sensor_names)].to_numpy(float)
    taught = (readings - lot.scaling.centre[:count]) / lot.scaling.scale[:count]
    if len(taught) < anomaly.FEWEST_SOUND:
        return {}
    score = _plain_learners.isolation(np.nan_to_num(taught), np.nan_to_num(raw), lot.seed)
    return {"isolation_forest": anomaly.anomaly_figures(score, life, near, sound, lot.profile.modelling.sample_hours)}
