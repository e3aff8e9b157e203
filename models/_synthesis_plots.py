"""Pictures of a synthetic data set beside the record, as SVG whose colours the page sets."""

import io
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from models.lives import Lives

# Drawn in these colours and handed to the page's own, so that one picture does in the dark and in the light
INK, FAINT, REAL, MADE = "#010101", "#020202", "#030303", "#040404"
VARIABLES = {INK: "var(--ink)", FAINT: "var(--faint)", REAL: "var(--real)", MADE: "var(--made)"}
STYLE: Any = {
    "svg.fonttype": "none", "svg.hashsalt": "millwright", "font.family": "sans-serif", "font.size": 8.5,
    "text.color": INK, "axes.labelcolor": INK, "axes.edgecolor": FAINT, "xtick.color": INK, "ytick.color": INK,
    "axes.spines.top": False, "axes.spines.right": False,
}  # fmt: skip
BINS = 28
COLUMNS = 3
LIVES_SHOWN = 3


def distributions(real: pd.DataFrame, made: pd.DataFrame, scores: dict[str, float], units: dict[str, str]) -> str:
    """One panel a column: recorded rows filled, synthetic ones as a line, the shape score in the title."""
    with rc_context(STYLE):
        figure, panels = _panels(len(scores))
        for axes, (column, score) in zip(panels, scores.items(), strict=False):
            left, right = (part[column].dropna().to_numpy(float) for part in (real, made))
            low, high = np.quantile(np.concatenate([left, right]), [0.002, 0.998])
            edges = np.linspace(low, high if high > low else low + 1.0, BINS + 1)
            shares = [
                np.histogram(part.clip(edges[0], edges[-1]), edges)[0] / max(len(part), 1) for part in (left, right)
            ]
            axes.stairs(100 * shares[0], edges, fill=True, color=REAL, alpha=0.55)
            axes.stairs(100 * shares[1], edges, color=MADE, linewidth=1.6)
            axes.set_title(f"{column.replace('_', ' ')}   {score:.2f}", fontsize=9, loc="left")
            axes.set_xlabel(units.get(column, ""))
            axes.set_ylabel("% of rows")
        return _svg(figure, "Distribution of each column, recorded and synthetic")


def courses(real: Lives, made: Lives, sensor: str, unit: str, time_unit: str, lead_hours: float) -> str:
    """A sensor's way to failure in a few recorded lives and in a few synthetic ones of one mode, on the same axes."""
    with rc_context(STYLE):
        figure = Figure(figsize=(9.6, 2.9), layout="constrained")
        pair = figure.subplots(1, 2, sharex=True, sharey=True)
        for axes, lives, colour, title in ((pair[0], real, REAL, "recorded"), (pair[1], made, MADE, "synthetic")):
            ends = lives.ends.set_index("life")["end_hours"]
            for number, life in enumerate(lives.failed[:LIVES_SHOWN]):
                rows = lives.rows[lives.rows["life"] == life]
                left = (rows["hours"] - float(ends[life])).to_numpy()
                values = rows[sensor].astype(float).to_numpy().copy()
                values[1:][np.diff(left) > 3 * np.median(np.diff(left))] = np.nan  # a hole is not drawn over
                axes.plot(left, values, color=colour, linewidth=0.9, alpha=1.0 - 0.28 * number)
            mode = str(lives.ends["failure_mode"].iloc[0] or "failure").replace("_", " ")
            axes.set_title(f"{title}, ended by {mode}", fontsize=9, loc="left")
            axes.set_xlabel(f"{time_unit} to failure")
        pair[0].set_xlim(-2.5 * lead_hours, 0)
        pair[0].set_ylabel(f"{sensor.replace('_', ' ')}, {unit}")
        return _svg(figure, f"Courses of {sensor} to failure, recorded and synthetic")


def lengths(real: Lives, made: Lives, time_unit: str) -> str:
    """How long failed lives were followed: shares of lives at most so long."""
    with rc_context(STYLE):
        figure = Figure(figsize=(4.6, 2.6), layout="constrained")
        axes = figure.subplots()
        for lives, colour, name in ((real, REAL, "recorded"), (made, MADE, "synthetic")):
            spans = lives.rows[lives.rows["life"].isin(lives.failed)].groupby("life")["hours"].agg(np.ptp)
            axes.ecdf(spans.to_numpy(float), color=colour, linewidth=1.8, label=name)
        axes.set_xlabel(f"{time_unit} from the first row to the last")
        axes.set_ylabel("share of failed lives")
        axes.legend(frameon=False, loc="lower right")
        return _svg(figure, "Lengths of failed lives, recorded and synthetic")


def losses(loss: pd.DataFrame) -> str:
    """The loss of each epoch, a line for each network."""
    with rc_context(STYLE):
        figure = Figure(figsize=(6.4, 2.7), layout="constrained")
        axes = figure.subplots()
        for name, colour in zip([c for c in loss if "loss" in str(c).lower()], (MADE, REAL), strict=False):
            axes.plot(loss["Epoch"].to_numpy() + 1, loss[name].to_numpy(float), color=colour, label=str(name).lower())
        axes.set_xlabel("epoch")
        axes.set_ylabel("loss")
        axes.legend(frameon=False)
        return _svg(figure, "Loss by epoch")


def _panels(count: int) -> tuple[Figure, NDArray[np.object_]]:
    lines = -(-count // COLUMNS)
    figure = Figure(figsize=(3.2 * COLUMNS, 1.9 * lines), layout="constrained")
    panels: NDArray[np.object_] = figure.subplots(lines, COLUMNS, squeeze=False).ravel()
    for axes in panels[count:]:
        _hide(axes)
    return figure, panels


def _hide(axes: Axes) -> None:
    axes.set_visible(False)


def _svg(figure: Figure, said: str) -> str:
    picture = io.StringIO()
    figure.patch.set_alpha(0.0)
    for axes in figure.axes:
        axes.patch.set_alpha(0.0)
    figure.savefig(picture, format="svg", metadata={"Date": None, "Creator": None})
    text = picture.getvalue()
    text = text[text.index("<svg") :]
    for colour, variable in VARIABLES.items():
        text = text.replace(colour, variable)
    return text.replace("<svg ", f'<svg role="img" aria-label="{said}" ', 1)
