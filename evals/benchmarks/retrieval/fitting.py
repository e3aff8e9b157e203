"""`python -m evals.benchmarks.retrieval.fitting`: the weights by which a search tells an answer from a near miss.

Fitted on the tuning half of the question set alone; what it prints is written into knowledge_base/retrieval.py.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np

from evals.benchmarks.retrieval.questions import questions
from knowledge_base.index import Index
from knowledge_base.retrieval import FEATURES, search
from machine_profiles.reading import SHIPPED, load_catalog
from models.storage import Storage


def main() -> None:
    machines = load_catalog(SHIPPED)
    asked = questions()
    with tempfile.TemporaryDirectory() as home:
        index = Index(Storage(Path(home)), machines)
        seen = [search(index, q.question, machines[q.machine_id] if q.machine_id else None).features for q in asked]
    from sklearn.linear_model import LogisticRegression

    rows, answered = np.array(seen), np.array([q.about != "none" for q in asked])
    tuning = np.array([not q.held_out for q in asked])
    fitted = LogisticRegression(C=30.0, class_weight="balanced").fit(rows[tuning], answered[tuning])
    sys.stdout.write(f"{FEATURES}\n{np.round(fitted.coef_[0], 2).tolist()} {fitted.intercept_[0]:.2f}\n")
    probability = fitted.predict_proba(rows)[:, 1]
    for name, half in (("tuning", tuning), ("held out", ~tuning)):
        for cut in (0.3, 0.4, 0.5):
            none = np.mean(probability[half & ~answered] < cut)
            false = np.mean(probability[half & answered] < cut)
            sys.stdout.write(f"{name} at {cut}: recognised {none:.3f}, false {false:.3f}\n")


if __name__ == "__main__":
    main()
