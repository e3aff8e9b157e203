"""Pictures of how a model does on lives it has not seen, drawn by matplotlib without a display."""

import io
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from machine_profiles.profile import Sensor
from models._plots import ALARM, INK, UNITS, WARNING

GREY = "#7a7a7a"
BINS = 10
DRAWN_POINTS = 1500
DRAWN_INTERVALS = 120

Array = NDArray[np.float64]
Readings = NDArray[np.floating]
Course = tuple[str, Array, Array, bool]  # life, hours left, score, whether it failed
Fan = tuple[Sensor, Readings, Readings, Array, Array, Array]  # sensor, past, future, path, low, high


def precision_recall(title: str, true: Array, probability: Array, threshold: float) -> bytes:
    """true (n,) of 0 and 1; probability (n,)."""
    figure, axes = _one(title)
    order = np.argsort(-probability, kind="stable")
    hits = np.cumsum(true[order])
    recall, precision = hits / hits[-1], hits / np.arange(1, len(hits) + 1)
    axes.step(np.r_[0, recall], np.r_[precision[0], precision], where="post", color=INK, linewidth=1.5)
    rate = float(true.mean())
    axes.axhline(rate, color=GREY, linewidth=1, linestyle="--")
    axes.annotate(
        f"constant {rate:.2f}", (0.01, rate), xytext=(2, 3), textcoords="offset points", fontsize=8, color=GREY
    )
    yes = probability >= threshold
    if yes.any():
        at = (float(true[yes].sum() / true.sum()), float(true[yes].mean()))
        axes.plot(*at, "o", color=ALARM, markersize=7)
        left = at[0] > 0.6
        axes.annotate(
            f"threshold {threshold:.2f}: precision {at[1]:.2f}, recall {at[0]:.2f}", at, textcoords="offset points",
            xytext=(-8 if left else 8, -14), fontsize=8, color=ALARM, ha="right" if left else "left",
        )  # fmt: skip
    axes.set(xlim=(0, 1.01), ylim=(0, 1.04), xlabel="recall: share of rows before a failure that are found")
    axes.set_ylabel("precision: share of warnings that are right")
    return _png(figure)


def calibration(title: str, true: Array, probability: Array) -> bytes:
    """Observed against stated frequency in ten bins, the number of rows in each beneath."""
    figure = Figure(figsize=(7.2, 4.8), dpi=110, layout="constrained")
    figure.suptitle(title, fontsize=10, x=0.01, ha="left")
    axes, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    bins = np.minimum((probability * BINS).astype(int), BINS - 1)
    count = np.bincount(bins, minlength=BINS)
    there = count > 0
    stated = np.bincount(bins, probability, minlength=BINS)[there] / count[there]
    observed = np.bincount(bins, true, minlength=BINS)[there] / count[there]
    axes.plot([0, 1], [0, 1], color=GREY, linewidth=1, linestyle="--", label="as stated")
    axes.plot(stated, observed, "o-", color=INK, linewidth=1.5, markersize=5, label="model")
    axes.set(ylim=(-0.02, 1.02), ylabel="observed share of failures")
    axes.legend(frameon=False, fontsize=8, loc="upper left")
    below.bar((np.arange(BINS) + 0.5) / BINS, count, width=0.9 / BINS, color=INK, alpha=0.6)
    below.set_yscale("log")
    below.set(xlim=(0, 1), xlabel="stated probability", ylabel="rows")
    for each in (axes, below):
        _plain(each)
    return _png(figure)


def predicted_true(title: str, true: Array, predicted: Array, low: Array, high: Array, unit: str) -> bytes:
    figure, axes = _one(title)
    chosen = np.unique(np.linspace(0, len(true) - 1, DRAWN_POINTS).astype(int))
    some = np.unique(np.linspace(0, len(true) - 1, DRAWN_INTERVALS).astype(int))
    top = float(max(true.max(), high.max()))
    axes.vlines(true[some], low[some], high[some], color=WARNING, linewidth=0.8, alpha=0.5, label="90 % interval")
    axes.plot(true[chosen], predicted[chosen], ".", color=INK, markersize=3, alpha=0.6, label="prediction")
    axes.plot([0, top], [0, top], color=GREY, linewidth=1, linestyle="--", label="exact")
    axes.set(xlim=(0, 1.02 * top), ylim=(0, 1.02 * top))
    axes.set(xlabel=f"true remaining life, {unit} (flat above the cap)", ylabel=f"predicted remaining life, {unit}")
    axes.legend(frameon=False, fontsize=8, loc="upper left")
    return _png(figure)


def coverage_over_life(title: str, share: Array, inside: Array) -> bytes:
    """share (n,) of the life gone by; inside (n,): 1 where the interval held the truth."""
    figure, axes = _one(title)
    bins = np.clip((share * BINS).astype(int), 0, BINS - 1)
    count = np.bincount(bins, minlength=BINS)
    covered = np.bincount(bins, inside, minlength=BINS) / np.maximum(count, 1)
    middle = (np.arange(BINS) + 0.5) * 100 / BINS
    axes.bar(middle[count > 0], 100 * covered[count > 0], width=90 / BINS, color=INK, alpha=0.75)
    axes.axhline(90, color=ALARM, linewidth=1, linestyle="--")
    axes.annotate(
        "stated: 90 %", (1, 90), xytext=(0, 4), textcoords="offset points", fontsize=8, color=ALARM,
        bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 1.0},
    )  # fmt: skip
    axes.set(xlim=(0, 100), ylim=(0, 108), xlabel="share of life gone by, %")
    axes.set_ylabel("truths inside the interval, %")
    return _png(figure)


def scores(title: str, courses: Sequence[Course], threshold: float, unit: str) -> bytes:
    """Score of each life against the hours left to its failure, or to the end of its record."""
    figure = Figure(figsize=(7.2, 1.5 * len(courses) + 0.8), dpi=110, layout="constrained")
    figure.suptitle(title, fontsize=10, x=0.01, ha="left")
    panels = figure.subplots(len(courses), 1, squeeze=False).ravel()
    for axes, (life, left, score, failed) in zip(panels, courses, strict=True):
        axes.plot(-left, score, color=INK, linewidth=0.9)
        axes.axhline(threshold, color=ALARM, linewidth=1, linestyle="--")
        axes.set(ylim=(-0.03, 1.03), ylabel="score")
        axes.set_title(f"life {life}: {'failed at 0' if failed else 'did not fail'}", fontsize=8, loc="left")
        _plain(axes)
    panels[-1].set_xlabel(f"{unit}, counted from the end of the life", fontsize=8)
    panels[0].annotate(
        "alarm", (0.0, threshold), xycoords=("axes fraction", "data"), xytext=(3, 3), textcoords="offset points",
        fontsize=8, color=ALARM,
    )  # fmt: skip
    return _png(figure)


def fans(title: str, shown: Sequence[Fan], step: float, unit: str) -> bytes:
    figure = Figure(figsize=(7.2, 1.6 * len(shown) + 0.8), dpi=110, layout="constrained")
    figure.suptitle(title, fontsize=10, x=0.01, ha="left")
    panels = figure.subplots(len(shown), 1, sharex=True, squeeze=False).ravel()
    for axes, (sensor, past, future, path, low, high) in zip(panels, shown, strict=True):
        before, after = step * np.arange(1 - len(past), 1), step * np.arange(1, len(path) + 1)
        axes.fill_between(after, low, high, color=INK, alpha=0.18, linewidth=0, label="90 % interval")
        axes.plot(before, past, color=GREY, linewidth=1, label="measured before")
        axes.plot(after, future, color=ALARM, linewidth=1, label="measured after")
        axes.plot(after, path, color=INK, linewidth=1.5, label="forecast")
        axes.set_title(sensor.description or sensor.name, fontsize=8, loc="left")
        axes.set_ylabel(UNITS.get(sensor.unit, sensor.unit))
        _plain(axes)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, frameon=False, fontsize=8, ncols=4, loc="outside lower center")
    panels[-1].set_xlabel(f"{unit} from the forecast's beginning", fontsize=8)
    return _png(figure)


def curve(title: str, steps: Sequence[int], values: Sequence[float], x: str, y: str) -> bytes:
    figure, axes = _one(title)
    axes.plot(steps, values, "o-", color=INK, linewidth=1.5, markersize=4)
    axes.set(xlabel=x, ylabel=y)
    axes.margins(y=0.15)
    return _png(figure)


def _one(title: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(7.2, 4.3), dpi=110, layout="constrained")
    figure.suptitle(title, fontsize=10, x=0.01, ha="left")
    axes = figure.subplots()
    _plain(axes)
    return figure, axes


def _plain(axes: Axes) -> None:
    axes.grid(alpha=0.25)
    axes.tick_params(labelsize=8)
    axes.xaxis.label.set_fontsize(9)
    axes.yaxis.label.set_fontsize(9)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def _png(figure: Figure) -> bytes:
    picture = io.BytesIO()
    figure.savefig(picture, format="png", metadata={"Software": None})
    return picture.getvalue()
