"""Pictures of a machine's report: what the RUL comes from, and where it lies."""

import io

from matplotlib.figure import Figure

from models.attribution import Attribution
from models.results import Quantity

INK, LOSS, GAIN, SPAN = "#1f4e79", "#c0262d", "#2e7d32", "#b9cde0"
MOST_BARS = 7


def attribution_bars(attribution: Attribution) -> bytes:
    """A PNG with one bar a sensor: what its departure from its sound course adds to the answer."""
    parts = list(attribution.contributions[:MOST_BARS])[::-1]
    figure = Figure(figsize=(6.4, 0.9 + 0.36 * max(len(parts), 1)), dpi=120, layout="constrained")
    axes = figure.subplots()
    values = [part.contribution.value for part in parts]
    axes.barh(
        [part.sensor.replace("_", " ") for part in parts], values, color=[LOSS if v < 0 else GAIN for v in values]
    )
    axes.axvline(0, color="black", linewidth=0.8)
    axes.set_xlabel(f"added to a sound machine's RUL of {attribution.reference:.0f} {attribution.unit}", fontsize=9)
    axes.tick_params(labelsize=9)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    return _png(figure)


def life_bar(rul: Quantity, cap_hours: float | None) -> bytes:
    """A PNG with the RUL on its axis, its interval as a band."""
    figure = Figure(figsize=(6.4, 1.3), dpi=120, layout="constrained")
    axes = figure.subplots()
    low, high = (rul.interval.low, rul.interval.high) if rul.interval else (rul.value, rul.value)
    axes.barh([0], [high - low], left=[low], height=0.5, color=SPAN, label="90 % interval")
    axes.plot([rul.value, rul.value], [-0.4, 0.4], color=INK, linewidth=3, label="RUL")
    axes.set_xlim(0, max(high, rul.value, cap_hours or 0.0) * 1.05)
    axes.set_ylim(-0.6, 0.6)
    axes.set_yticks([])
    axes.set_xlabel(f"operating hours left [{rul.unit}]", fontsize=9)
    axes.tick_params(labelsize=9)
    axes.legend(fontsize=8, loc="lower right", bbox_to_anchor=(1.0, 0.95), frameon=False, ncols=2)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    return _png(figure)


def _png(figure: Figure) -> bytes:
    picture = io.BytesIO()
    figure.savefig(picture, format="png", metadata={"Software": None})
    return picture.getvalue()
