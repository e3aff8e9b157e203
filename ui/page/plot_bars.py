"""Bars: what each sensor adds to an answer, and versions of a model side by side."""

from typing import Any

from tools.plant import Plant
from ui.page import plot_style as style
from ui.page.naming import label

MOST = 7


def attribution(plant: Plant, found: dict[str, Any]) -> dict[str, Any]:
    """What each sensor's departure from its sound course adds to a HealthPrediction's RUL."""
    of = next(each for each in found["attributions"] if each["of"] == "rul")
    parts = of["contributions"][:MOST]
    values = [part["contribution"]["value"] for part in parts]
    return {
        "data": [
            {"type": "bar", "orientation": "h", "y": [part["sensor"].replace("_", " ") for part in parts], "x": values,
             "marker": {"color": [style.ALARM if value < 0 else style.SOUND for value in values]},
             "text": [f"{value:+.0f}" for value in values], "textposition": "outside", "cliponaxis": False,
             "textfont": {"size": 11}, "hovertemplate": f"%{{x:+.1f}} {of['unit']}<extra></extra>"},
        ],
        "layout": style.layout(
            90 + 30 * len(parts),
            hovermode="closest",
            margin={"l": 16, "r": 16, "t": 8, "b": 40},
            xaxis=style.axis(f"{of['unit']}, from a sound {of['reference']:.0f} {of['unit']}", range=_room(values)),
            yaxis=style.axis("", autorange="reversed"),
        ),
    }  # fmt: skip


def _room(values: list[float]) -> list[float]:
    """An axis that leaves room for the figures beside the bars."""
    low, high = min(0.0, *values), max(0.0, *values)
    room = 0.14 * (high - low or 1.0)
    return [low - room, high + room]


def versions(plant: Plant, found: dict[str, Any]) -> dict[str, Any]:
    """The main metric of each version of a ModelComparison, beside the constant control."""
    metric, listed = found["main_metric"], list(reversed(found["versions"]))
    names, values, colours = [], [], []
    constant = listed[-1]["baselines"].get("constant", {}).get(metric)
    if constant is not None:
        names, values, colours = ["a constant"], [constant], [style.MUTED]
    for each in listed:
        if metric in each["metrics"]:
            names.append(f"v{each['version']}{' (in service)' if each['alias'] == 'champion' else ''}")
            values.append(each["metrics"][metric])
            colours.append(style.LINE if each["alias"] == "champion" else style.BAND)
    better = "higher is better" if found["higher_is_better"] else "lower is better"
    return {
        "data": [
            {"type": "bar", "x": names, "y": values, "marker": {"color": colours}, "width": 0.5,
             "text": [f"{value:.3g}" for value in values], "textposition": "outside", "cliponaxis": False,
             "hovertemplate": "%{y:.4g}<extra>%{x}</extra>"},
        ],
        "layout": style.layout(
            240, hovermode="closest", margin={"l": 56, "r": 16, "t": 24, "b": 36},
            yaxis=style.axis(f"{label(metric)}, {better}", rangemode="tozero"), xaxis=style.axis("", type="category"),
        ),
    }  # fmt: skip
