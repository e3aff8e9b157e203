"""Evidently's own report on the residuals of a window, with thresholds that the machine's own past has set."""

from pathlib import Path

import pandas as pd
from evidently import DataDefinition, Dataset, Report
from evidently.metrics import ValueDrift
from evidently.presets import DataDriftPreset, DataSummaryPreset

from models.storage import whole_file


def write_report(reference: pd.DataFrame, window: pd.DataFrame, thresholds: dict[str, float], path: Path) -> None:
    """One column a sensor in both frames; the drift metric is the Wasserstein distance in standard deviations.

    `thresholds`: the distance from which a sensor counts as drifted, by sensor.
    """
    columns = list(thresholds)
    metrics = [ValueDrift(column=name, method="wasserstein", threshold=thresholds[name]) for name in columns]
    report = Report([*metrics, DataSummaryPreset()])
    definition = DataDefinition(numerical_columns=columns)
    found = report.run(
        Dataset.from_pandas(window[columns], data_definition=definition),
        Dataset.from_pandas(reference[columns], data_definition=definition),
    )
    with whole_file(path) as temporary:
        found.save_html(str(temporary))


def default_alarm(reference: pd.DataFrame, window: pd.DataFrame) -> bool:
    """Whether Evidently's defaults (Wasserstein distance of 0.1 on any column) would raise an alarm: the peer."""
    report = Report([DataDriftPreset(num_method="wasserstein", num_threshold=0.1)])
    found = report.run(window, reference).dict()
    return any(
        metric["config"]["type"].endswith("ValueDrift") and float(metric["value"]) > 0.1 for metric in found["metrics"]
    )
