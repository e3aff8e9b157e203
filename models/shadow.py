"""Two versions of a model on the same later rows: how often they agree, and which is nearer the outcomes known."""

from datetime import datetime

import numpy as np
import onnx
import pandas as pd
from numpy.typing import NDArray

from machine_profiles.errors import MillwrightError
from machine_profiles.profile import Profile
from models import metrics
from models.datasets import Datasets
from models.examples import sorted_lives
from models.features import answers_over
from models.lives import Lives
from models.model_card import GRAPH, ModelCard
from models.registry import Registry
from models.results import Result, Task
from models.rul import label_lives
from models.telemetry import Telemetry

OUTPUT: dict[str, str] = {"failure": "probability", "rul": "rul_hours", "anomaly": "score"}
AT_TRAINING: dict[str, str] = {"failure": "brier", "rul": "rmse_hours"}


class Shadow(Result):
    """`agreement`: share of rows on which both decide alike (rul: differ by less than a tenth of the cap).

    Errors (failure: Brier score; rul: RMSE in hours, at most the cap) are of lives that failed since; None: none did.
    """

    task: Task
    champion: int
    challenger: int
    since: datetime
    rows: int
    agreement: float
    lives: int
    champion_error: float | None
    challenger_error: float | None


def learnt_until(datasets: Datasets, card: ModelCard) -> datetime:
    """The last reading a version may have learnt from; when it was made, where its data set is not kept here."""
    try:
        rows = datasets.rows(datasets.find(card.machine_id, card.datasets[0]))
    except (MillwrightError, IndexError):
        return card.created_at
    return rows["at"].max().to_pydatetime() if "at" in rows and len(rows) else card.created_at


def error_since(
    telemetry: Telemetry, registry: Registry, profile: Profile, card: ModelCard, since: datetime
) -> tuple[int, float | None]:
    """How many lives failed after `since`, and the version's error over them; None where none did or task has none."""
    failed = _failed_since(telemetry.lives(profile), since)
    if failed is None or card.task not in AT_TRAINING:
        return 0, None
    return len(failed.names), _error_over(registry, profile, card, failed)


def run_beside(
    telemetry: Telemetry, registry: Registry, profile: Profile, champion: ModelCard, challenger: ModelCard,
    since: datetime,
) -> Shadow | None:  # fmt: skip
    """Both versions on every row recorded after `since`; None where none was."""
    lives = telemetry.lives(profile)
    last = lives.rows.groupby("life")["at"].max()
    seen = sorted_lives(lives.only([name for name in lives.names if last[name] > pd.Timestamp(since)]))
    if not len(seen.rows):
        return None
    (one, _), (other, _) = (_answers(registry, profile, card, seen) for card in (champion, challenger))
    later = (seen.rows["at"] > pd.Timestamp(since)).to_numpy()
    failed = _failed_since(lives, since)
    return Shadow(
        task=champion.task,
        champion=champion.version,
        challenger=challenger.version,
        since=since,
        rows=int(later.sum()),
        agreement=float(_alike(champion, challenger, one[later], other[later]).mean()),
        lives=0 if failed is None else len(failed.names),
        champion_error=_error_over(registry, profile, champion, failed),
        challenger_error=_error_over(registry, profile, challenger, failed),
    )


def _failed_since(lives: Lives, since: datetime) -> Lives | None:
    last = lives.rows.groupby("life")["at"].max()
    names = [name for name in lives.failed if last[name] > pd.Timestamp(since)]
    return sorted_lives(lives.only(names)) if names else None


def _error_over(registry: Registry, profile: Profile, card: ModelCard, failed: Lives | None) -> float | None:
    if failed is None or card.task not in AT_TRAINING:
        return None
    return _error(card, failed, *_answers(registry, profile, card, failed))


def _answers(
    registry: Registry, profile: Profile, card: ModelCard, lives: Lives
) -> tuple[NDArray[np.float64], pd.DataFrame]:
    graph = onnx.load(str(registry.folder(card.machine_id, card.task, card.version) / GRAPH))
    answers, keys = answers_over(profile, lives, graph, 1, card.failure_horizon_hours)
    return answers[OUTPUT[card.task]][:, 0].astype(np.float64), keys


def _error(card: ModelCard, lives: Lives, said: NDArray[np.float64], keys: pd.DataFrame) -> float:
    cap = card.cap_hours or np.inf
    labelled = keys.merge(label_lives(lives, cap_hours=np.inf), on=["life", "hours"], how="left")
    left = labelled["observed_for_hours"].to_numpy(float)
    if card.task == "failure":
        return metrics.brier((left <= (card.failure_horizon_hours or np.inf)).astype(float), said)
    return metrics.rmse(np.minimum(left, cap), np.minimum(said, cap))


def _alike(
    one: ModelCard, other: ModelCard, said: NDArray[np.float64], there: NDArray[np.float64]
) -> NDArray[np.bool_]:
    if one.task == "rul":
        return np.asarray(np.abs(said - there) <= 0.1 * (one.cap_hours or np.nanmax(said)), bool)
    yes, its = (0.5 if card.threshold is None else card.threshold for card in (one, other))
    return np.asarray((said >= yes) == (there >= its), bool)
