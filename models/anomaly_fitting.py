"""The anomaly task of one machine: fitted on the lives kept, scored beside its baselines on those held out."""

import numpy as np

from models import anomaly, metrics
from models.baselines import isolation_forest
from models.features import answers_over
from models.lot import Fitted, Lot
from models.training_plots import anomaly_plots


def fit(lot: Lot, deadline: float) -> Fitted:
    profile, every = lot.profile, max(1, lot.every // 2)
    model = anomaly.fit_anomaly(profile, lot.scaling, lot.kept, lot.sound_hours, every)
    graph = model.write().model()
    answers, keys = answers_over(profile, lot.held, graph)
    score = answers["score"][:, 0].astype(np.float64)
    life = keys["life"].to_numpy(object)
    observed = (keys["life"].map(lot.held.ends.set_index("life")["end_hours"]) - keys["hours"]).to_numpy(float)
    failed = keys["life"].isin(lot.held.failed).to_numpy()
    near = failed & (observed <= profile.modelling.failure_horizon_hours)
    sound = observed >= lot.sound_hours
    latest = lot.held.rows.sort_values(["life", "hours"], kind="stable")[list(profile.sensor_names)].to_numpy(float)
    count = latest.shape[1]
    standard = (latest - lot.scaling.centre[:count]) / lot.scaling.scale[:count]
    raw = np.nanmax(np.abs(np.nan_to_num(standard)), axis=1)
    judged = near | sound
    return Fitted(
        graph,
        f"Mahalanobis distance of {model.window}-row means of residuals from the life's own baseline",
        anomaly.anomaly_figures(score, life, near, sound, profile.modelling.sample_hours),
        {
            "constant": {"auroc": 0.5, "alarms_per_month": 0.0},
            "raw_readings": {"auroc": metrics.auroc(near[judged], raw[judged])},
            **isolation_forest(lot, standard, life, near, sound),
        },
        anomaly.THRESHOLD,
        plots=anomaly_plots(lot, keys, score, anomaly.THRESHOLD),
    )
