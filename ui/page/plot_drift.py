"""Drift: how far each sensor has moved, and the course of the one that moved most."""

from datetime import datetime, timedelta
from typing import Any

from tools.plant import Plant
from ui.page import plot_style as style
from ui.page.plot_trend import trend

SHOWN_BEFORE = 3  # times the window, so that what came before is seen beside it


def shifts(plant: Plant, found: dict[str, Any]) -> dict[str, Any]:
    """The findings of a DriftReport in standard deviations of the readings before."""
    findings = [each for each in found["findings"] if each["deviations"]] or found["findings"]
    values = [each["deviations"] for each in findings]
    return {
        "data": [
            {"type": "bar", "orientation": "h", "y": [each["sensor"].replace("_", " ") for each in findings],
             "x": values, "marker": {"color": style.LINE}, "text": [f"{value:+.1f}" for value in values],
             "textposition": "auto", "hovertemplate": "%{x:+.2f} standard deviations<extra></extra>"},
        ],
        "layout": style.layout(
            80 + 34 * len(findings), hovermode="closest", margin={"l": 16, "r": 16, "t": 8, "b": 44},
            xaxis=style.axis("standard deviations of the readings before"), yaxis=style.axis("", autorange="reversed"),
        ),
    }  # fmt: skip


def course(plant: Plant, found: dict[str, Any]) -> dict[str, Any]:
    """The sensor that moved most, with the window shaded."""
    start, end = (datetime.fromisoformat(found[name]) for name in ("window_start", "window_end"))
    sensor = found["findings"][0]["sensor"]
    before = start - SHOWN_BEFORE * (end - start)
    plot = trend(plant, plant.machines[found["machine_id"]], sensor, before - timedelta(hours=1), end, found["unit"])
    plot["layout"]["shapes"].append(
        {"type": "rect", "yref": "paper", "x0": f"{start:%Y-%m-%d %H:%M}", "x1": f"{end:%Y-%m-%d %H:%M}", "y0": 0,
         "y1": 1, "layer": "below", "fillcolor": style.BAND, "line": {"width": 0}}
    )  # fmt: skip
    return plot
