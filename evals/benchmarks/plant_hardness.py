"""How hard the demo plant is: LightGBM on the latest raw readings, judged on lives it has never seen.

`python -m evals.benchmarks.plant_hardness --seed 7`. An easy plant makes every later figure worthless: failure AP
should stay near 0.5 to 0.7 and RUL R² near 0.2 to 0.5 in the mean over the machines.
"""

import argparse
import json
import sys
import time
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from machine_profiles.profile import Profile
from machine_profiles.reading import SHIPPED, load_catalog
from models.demo_machine import SISTERS
from models.lives import Lives, split_lives
from models.plant_simulator import simulate_fleet

HELD_OUT = 0.3
PARAMETERS: dict[str, Any] = {
    "n_estimators": 200,
    "learning_rate": 0.05,
    "num_leaves": 15,
    "min_child_samples": 50,
    "verbose": -1,
}


@dataclass(frozen=True)
class Hardness:
    machine_id: str
    failure_ap: float
    failure_share: float  # AP of a constant
    rul_r2: float
    rul_rmse_hours: float
    rows: int
    lives: int


def measure(profile: Profile, seed: int) -> Hardness:
    """Train on 70 % of the sisters' lives and judge on the rest; raw readings of one hour, nothing before them."""
    import lightgbm
    from sklearn.metrics import average_precision_score, r2_score

    lives, _ = simulate_fleet(profile, SISTERS, seed)
    kept, held = split_lives(lives, HELD_OUT, seed)
    sensors, horizon = list(profile.sensor_names), profile.modelling.failure_horizon_hours
    cap = profile.modelling.rul_cap_hours or np.inf
    settings = {**PARAMETERS, "random_state": seed, "n_jobs": 1, "deterministic": True}

    train, test = _within(kept, horizon), _within(held, horizon)
    classifier = lightgbm.LGBMClassifier(**settings).fit(train[sensors], train["within"])
    probability = np.asarray(classifier.predict_proba(test[sensors]))[:, 1]

    train_, test_ = _failed(kept, cap), _failed(held, cap)
    regressor = lightgbm.LGBMRegressor(**settings).fit(train_[sensors], train_["rul"])
    predicted = np.asarray(regressor.predict(test_[sensors]))
    return Hardness(
        machine_id=profile.id,
        failure_ap=float(average_precision_score(test["within"], probability)),
        failure_share=float(test["within"].mean()),
        rul_r2=float(r2_score(test_["rul"], predicted)),
        rul_rmse_hours=float(np.sqrt(np.mean((test_["rul"] - predicted) ** 2))),
        rows=len(test),
        lives=len(held.names),
    )


def _within(lives: Lives, horizon_hours: float) -> pd.DataFrame:
    """Rows with `within`: failed in the next hours. Rows whose next hours nobody watched are left out."""
    rows = lives.rows.merge(lives.ends[["life", "ended_by", "end_hours"]], on="life")
    left = rows["end_hours"] - rows["hours"]
    failed = rows["ended_by"] == "failure"
    rows["within"] = failed & (left <= horizon_hours)
    return rows[failed | (left > horizon_hours)]


def _failed(lives: Lives, cap_hours: float) -> pd.DataFrame:
    rows = lives.only(lives.failed).rows.merge(lives.ends[["life", "end_hours"]], on="life")
    rows["rul"] = (rows["end_hours"] - rows["hours"]).clip(upper=cap_hours)
    return rows


def document(seed: int) -> dict[str, Any]:
    """The figures of every machine and their means, as the benchmarks print them."""
    begun = time.perf_counter()
    each = [measure(profile, seed) for profile in load_catalog(SHIPPED).values()]
    figures = {
        name: round(float(np.mean([getattr(h, name) for h in each])), 4)
        for name in ("failure_ap", "failure_share", "rul_r2", "rul_rmse_hours")
    }
    return {
        "name": "plant_hardness",
        "figures": figures,
        "machines": [asdict(h) for h in each],
        "protocol": f"LightGBM on the latest raw readings; {HELD_OUT:.0%} of {SISTERS} sister lives held out, by life",
        "seed": seed,
        "n": len(each),
        "seconds": round(time.perf_counter() - begun, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    arguments = parser.parse_args()
    found = document(arguments.seed)
    if arguments.json:
        sys.stdout.write(json.dumps(found, indent=1) + "\n")
        return
    table = pd.DataFrame(found["machines"]).drop(columns="rows").round(3)
    sys.stdout.write(f"{table.to_string(index=False)}\n\nmean: {found['figures']}\n{found['seconds']} s\n")


if __name__ == "__main__":
    main()
