"""SDV: learn the rows of a table and sample more of them, under constraints, reproducibly; and score them."""

import io
import logging
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from typing import Any

import joblib
import numpy as np
import pandas as pd
import torch
from ctgan.data_transformer import DataTransformer
from rdt.transformers import FloatFormatter
from scipy.special import ndtri
from sdmetrics.reports import QualityReport
from sdv.cag import Inequality, SingleTableProgrammableConstraint
from sdv.metadata import Metadata
from sdv.single_table import GaussianCopulaSynthesizer

from machine_profiles.errors import MillwrightError
from models._watching import WatchedCTGANSynthesizer, WatchedTVAESynthesizer
from models.constraints import Constraints

TABLE = "table"
EPOCH_STEPS = (2, 3, 5, 8, 12, 20, 30, 50, 75, 100, 150, 200, 300)  # round numbers: a run repeats on the same machine
KNOTS = 1000  # quantiles that a column's distribution is kept by
QUALITY_ROWS = 5000
EMPIRICAL_ROWS = 15  # from here on a figure's distribution is the one seen, below it a normal one


@dataclass(frozen=True)
class SampledRows:
    rows: pd.DataFrame
    epochs: int | None = None
    loss: pd.DataFrame | None = None
    note: str = ""


@dataclass(frozen=True)
class Quality:
    """SDV's QualityReport over all pairs of columns: each figure between 0 and 1.

    SDV's own default scores only pairs whose recorded correlation is above 0.5: of the demo machines' 28 to 55 pairs
    that leaves 0 to 7. `by_default` is that score, and `default_pairs` how many pairs are in it. Where no pair can be
    scored (one column, or constant ones), trends are None and `overall` is the score of the shapes.
    """

    overall: float
    column_shapes: float
    column_pair_trends: float | None
    by_column: dict[str, float]
    pairs: int
    by_default: float | None
    default_pairs: int


class Normalised(FloatFormatter):
    """A column as normal scores of its own empirical distribution: the copula then keeps every marginal as it is."""

    def _fit(self, data: pd.Series) -> None:
        super()._fit(data)
        values = np.sort(data.dropna().to_numpy(float))
        shares = np.linspace(0.0, 1.0, min(KNOTS, len(values)))
        self._quantiles = np.quantile(values, shares)
        self._scores = ndtri(np.clip(shares, 0.5 / len(values), 1 - 0.5 / len(values)))

    def _transform(self, data: pd.Series) -> Any:
        values = np.asarray(data, dtype=float)
        low = np.interp(values, self._quantiles, self._scores)
        high = -np.interp(-values, -self._quantiles[::-1], -self._scores[::-1])
        return super()._transform(pd.Series((low + high) / 2))  # ties stand at the middle of their ranks

    def _reverse_transform(self, data: Any) -> Any:
        scores = np.asarray(data, dtype=float).reshape(len(data), -1)[:, 0]
        values = np.interp(scores, self._scores, self._quantiles)
        return super()._reverse_transform(values)


class WithinBounds(SingleTableProgrammableConstraint):
    """Each bounded column lies within its range; SDV draws a row that does not anew."""

    def __init__(self, bounds: dict[str, tuple[float, float]]) -> None:
        self.bounds = bounds

    def transform(self, data: pd.DataFrame) -> pd.DataFrame:
        return data

    def get_updated_metadata(self, metadata: Metadata) -> Metadata:
        return metadata

    def reverse_transform(self, transformed_data: pd.DataFrame) -> pd.DataFrame:
        return transformed_data

    def is_valid(self, synthetic_data: pd.DataFrame) -> pd.Series:
        return ~Constraints(self.bounds).violated(synthetic_data)


def sample_rows(
    method: str,
    table: pd.DataFrame,
    groups: pd.Series,
    constraints: Constraints,
    rows: int,
    seed: int,
    time_limit_s: float,
) -> SampledRows:
    """Learn `table` (numbers, and text for categories; none missing) and draw `rows` new rows.

    method: gaussian_copula, ctgan or tvae. The first learns one copula for each of the `groups` (a label a row), as a
    single one would smooth over how differently sensors and RUL hang together early and late in a life. The others
    run as many epochs as the time allows, at most 300; loss holds one row an epoch. Raises Diverged, and
    MillwrightError where the time does not do for a few epochs.
    """
    started = time.monotonic()
    with quiet(seed):
        if method == "gaussian_copula":
            return SampledRows(_copulas(table, groups, constraints, rows, seed))
        kind = {"ctgan": WatchedCTGANSynthesizer, "tvae": WatchedTVAESynthesizer}[method]
        options: dict[str, Any] = {"enable_gpu": False, "batch_size": 500 if len(table) >= 2000 else 100}
        epochs = _epochs(kind, table, constraints, options, time_limit_s, started)
        torch.manual_seed(seed)
        np.random.seed(seed)
        synthesizer, processed = _prepared(kind, table, constraints, epochs=epochs, **options)
        synthesizer.fit_processed_data(processed)
        loss = synthesizer.get_loss_values()
        return SampledRows(_drawn(synthesizer, rows, seed), epochs, loss.groupby("Epoch", as_index=False).mean())


def sample_figures(table: pd.DataFrame, rows: int, seed: int) -> pd.DataFrame:
    """Learn few rows of many figures (lives, described) with a Gaussian copula and draw new ones.

    With few rows the sample correlation is mostly chance: rows whose columns are shuffled apart are learnt along,
    as many as there are columns (at most twice the rows), which draws the correlations towards none. Ranges are
    those seen where 15 rows or more were, and a normal distribution's where fewer.
    """
    random = np.random.default_rng(seed)
    varying = [c for c in table if table[c].nunique() > 1]
    if not varying:
        return pd.concat([table.iloc[:1]] * rows, ignore_index=True)
    added = min(len(varying), 2 * len(table))
    shuffled = pd.DataFrame({c: random.choice(table[c].to_numpy(), added) for c in varying})
    learnt = pd.concat([table[varying], shuffled], ignore_index=True)
    with quiet(seed):
        synthesizer, processed = _prepared(
            GaussianCopulaSynthesizer,
            learnt,
            Constraints({}),
            default_distribution="norm",
            enforce_min_max_values=len(table) >= EMPIRICAL_ROWS,
            empirical=len(table) >= EMPIRICAL_ROWS,
        )
        synthesizer.fit_processed_data(processed)
        drawn = _drawn(synthesizer, rows, seed)
    for constant in set(table) - set(varying):
        drawn[constant] = table[constant].iloc[0]
    return drawn[list(table)]


def quality_of(real: pd.DataFrame, synthetic: pd.DataFrame, seed: int) -> Quality:
    """SDV's QualityReport of the columns both have, on at most 5000 rows of each."""
    columns = [c for c in real if c in synthetic and real[c].notna().any() and synthetic[c].notna().any()]
    left, right = (
        part[columns].sample(min(len(part), QUALITY_ROWS), random_state=seed).reset_index(drop=True)
        for part in (real, synthetic)
    )
    with quiet(seed):
        default, strict = QualityReport(), QualityReport()
        strict.real_correlation_threshold = strict.real_association_threshold = 0
        for report in (default, strict):
            report.generate({TABLE: left}, {TABLE: right}, _metadata(left).to_dict(), verbose=False)
        shapes = strict.get_details("Column Shapes")
        properties = strict.get_properties().set_index("Property")["Score"]
        trends = _finite(properties["Column Pair Trends"])
        return Quality(
            overall=float(properties["Column Shapes"] if trends is None else strict.get_score()),
            column_shapes=float(properties["Column Shapes"]),
            column_pair_trends=trends,
            by_column={str(c): float(s) for c, s in zip(shapes["Column"], shapes["Score"], strict=True)},
            pairs=int(strict.get_details("Column Pair Trends")["Score"].notna().sum()),
            by_default=_finite(default.get_score()),
            default_pairs=int(default.get_details("Column Pair Trends")["Score"].notna().sum()),
        )


def _finite(score: float) -> float | None:
    return float(score) if np.isfinite(score) else None


def _copulas(table: pd.DataFrame, groups: pd.Series, constraints: Constraints, rows: int, seed: int) -> pd.DataFrame:
    counts = groups.value_counts(sort=False).sort_index()
    wanted = (counts * rows // len(table)).to_dict()
    wanted[counts.idxmax()] += rows - sum(wanted.values())
    parts = []
    for number, (group, count) in enumerate(wanted.items()):
        if count == 0:
            continue
        part = table[groups == group].reset_index(drop=True)
        varying = [c for c in part if part[c].nunique() > 1]
        synthesizer, processed = _prepared(
            GaussianCopulaSynthesizer, part[varying], constraints, default_distribution="norm"
        )
        synthesizer.fit_processed_data(processed)
        drawn = _drawn(synthesizer, int(count), seed + number)
        for constant in set(part) - set(varying):
            drawn[constant] = part[constant].iloc[0]
        parts.append(drawn[list(table)])
    return pd.concat(parts).sample(frac=1.0, random_state=seed).reset_index(drop=True)


def _prepared(
    kind: Any, table: pd.DataFrame, constraints: Constraints, empirical: bool = True, **options: Any
) -> tuple[Any, dict]:
    """A synthesizer that knows the constraints, and the table as it will learn it."""
    synthesizer = kind(_metadata(table), **options)
    bounds = {c: limits for c, limits in constraints.bounds.items() if c in table}
    table = table.copy()  # SDV works in place
    rules: list[Any] = [WithinBounds(bounds)] if bounds else []  # first: it is undone last, with every column back
    rules += [Inequality(low, high) for low, high in constraints.inequalities if {low, high} <= set(table)]
    if rules:
        synthesizer.add_constraints(rules)
    synthesizer.auto_assign_transformers({TABLE: table})
    if not empirical:
        return synthesizer, synthesizer.preprocess({TABLE: table})
    numeric = {c: t for c, t in synthesizer.get_transformers().items() if isinstance(t, FloatFormatter)}
    synthesizer.update_transformers(
        {c: Normalised(learn_rounding_scheme=True, enforce_min_max_values=True) for c in numeric}
    )
    return synthesizer, synthesizer.preprocess({TABLE: table})


def _drawn(synthesizer: Any, rows: int, seed: int) -> pd.DataFrame:
    synthesizer._set_random_state(seed)  # SDV would start every sampling at the same fixed seed
    drawn = synthesizer.sample(num_rows=rows)[TABLE]
    if len(drawn) < rows:
        raise MillwrightError(
            f"Only {len(drawn)} of {rows} rows kept the machine's constraints; the profile's limits and the recorded "
            f"readings contradict each other. Correct the limits, or use the method lives."
        )
    return drawn.reset_index(drop=True)


def _epochs(
    kind: Any, table: pd.DataFrame, constraints: Constraints, options: dict[str, Any], limit_s: float, started: float
) -> int:
    """How many epochs fit into the time, from one that is timed; the fixed cost (finding modes) is paid again."""
    started += _warmed_up(kind)
    probe, processed = _prepared(kind, table, constraints, epochs=1, **options)
    began = time.monotonic()
    probe.fit_processed_data(processed)
    once = time.monotonic() - began
    discrete = [c for c in processed[TABLE] if processed[TABLE][c].dtype == object]
    began = time.monotonic()
    DataTransformer().fit(processed[TABLE], discrete)
    fixed = min(time.monotonic() - began, 0.95 * once)
    left = limit_s - (time.monotonic() - started) - 1.2 * fixed - 0.5
    possible = int(left / max(once - fixed, 0.005))
    fitting = [step for step in EPOCH_STEPS if step <= possible]
    if not fitting:
        name = kind.__name__.removeprefix("Watched").removesuffix("Synthesizer").lower()
        needed = round(2.5 * once + 5 * (once - fixed) + 3)
        raise MillwrightError(
            f"{limit_s:g} s is too short to train {name} on {len(table)} "
            f"rows; allow about {max(needed, round(limit_s) + 5)} s, or use gaussian_copula or lives (a few seconds)."
        )
    return fitting[-1]


def _warmed_up(kind: Any) -> float:
    """Seconds a process's first training of the kind takes: torch loads its compiler then, which is not learning."""
    began = time.monotonic()
    table = pd.DataFrame({"x": np.linspace(0.0, 1.0, 100)})
    kind(_metadata(table), epochs=1, batch_size=100, enable_gpu=False).fit({TABLE: table})
    return time.monotonic() - began


def _metadata(table: pd.DataFrame) -> Metadata:
    columns = {
        column: {"sdtype": "numerical" if pd.api.types.is_numeric_dtype(table[column]) else "categorical"}
        for column in table
    }
    return Metadata.load_from_dict({"tables": {TABLE: {"columns": columns}}})


@contextmanager
def quiet(seed: int) -> Iterator[None]:
    """SDV without its warnings and progress bars, under its own random state: the caller's is given back."""
    numpy_state, torch_state = np.random.get_state(), torch.get_rng_state()
    level = logging.root.manager.disable
    logging.disable(logging.WARNING)
    np.random.seed(seed)
    torch.manual_seed(seed)
    try:
        with (
            warnings.catch_warnings(),
            redirect_stderr(io.StringIO()),
            redirect_stdout(io.StringIO()),
            joblib.parallel_config(backend="sequential"),  # starting worker processes takes longer than the work
        ):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(level)
        np.random.set_state(numpy_state)
        torch.set_rng_state(torch_state)
