"""RUL labels: exact from failures, capped, with censored lives kept apart."""

from models.results import Result


class LabelResult(Result):
    """A new label set. A row of a life that has not failed is censored: its RUL is not known, only a lower bound."""

    machine_id: str
    dataset: str  # such as labels@1
    made_from: str  # such as history@1
    policy: str  # in words
    cap_hours: float
    cap_source: str  # argument, profile, or data (and how)
    rows: int
    labelled_rows: int
    censored_rows: int
    failed_lives: int
    censored_lives: int
    median_life_hours: float
    failures_by_mode: dict[str, int]
