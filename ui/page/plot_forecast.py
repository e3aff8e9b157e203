"""A forecast as a fan: what was read, where it is going, and the limits ahead."""

from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from agent.answers.figures import say_unit
from tools.plant import Plant
from ui.page import plot_style as style
from ui.page.plot_trend import course

HIGH = 280


def fan(plant: Plant, found: dict[str, Any]) -> dict[str, Any]:
    """A SensorForecast after as much of the record as it looks ahead, twice over."""
    at, profile = datetime.fromisoformat(found["at"]), plant.machines[found["machine_id"]]
    back = timedelta(hours=max(24.0, 2 * found["horizon_hours"]))
    before = course(plant, profile, found["sensor"], at - back, at, found["unit_name"])
    ahead = [at + timedelta(hours=point["after_hours"]) for point in found["points"]]
    times = [f"{moment:%Y-%m-%d %H:%M}" for moment in ahead]
    unit = say_unit(found["unit"])
    values = [v for p in found["points"] for v in (p["low"], p["high"])] + [float(v) for v in before.dropna()]
    low, high = min(values), max(values)
    shapes, notes = [], []
    for limit in found["limits"]:
        colour = style.ALARM if limit["level"] == "alarm" else style.WARNING
        if abs(limit["limit"] - (high + low) / 2) > 2.2 * (high - low or 1):
            continue
        low, high = min(low, limit["limit"]), max(high, limit["limit"])
        shapes.append(
            {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": limit["limit"], "y1": limit["limit"],
             "line": {"color": colour, "width": 1.4, "dash": "dash"}}
        )  # fmt: skip
        notes.append(
            {"xref": "paper", "x": 0.005, "y": limit["limit"], "text": f"{limit['level']} {limit['limit']:g}",
             "showarrow": False, "xanchor": "left", "yanchor": "bottom", "font": {"size": 10, "color": colour}}
        )  # fmt: skip
    room = 0.08 * (high - low or 1.0)
    shapes.append(
        {"type": "line", "yref": "paper", "x0": f"{at:%Y-%m-%d %H:%M}", "x1": f"{at:%Y-%m-%d %H:%M}", "y0": 0, "y1": 1,
         "line": {"color": style.MUTED, "width": 1, "dash": "dot"}}
    )  # fmt: skip
    line = {"type": "scatter", "mode": "lines", "hovertemplate": f"%{{y:.4g}} {unit}"}
    return {
        "data": [
            {**line, "x": times, "y": [p["high"] for p in found["points"]], "line": {"width": 0}, "hoverinfo": "skip",
             "hovertemplate": None},
            {**line, "x": times, "y": [p["low"] for p in found["points"]], "line": {"width": 0}, "fill": "tonexty",
             "fillcolor": style.BAND, "hoverinfo": "skip", "hovertemplate": None},
            {**line, "x": [f"{m:%Y-%m-%d %H:%M}" for m in before.index], "name": "recorded",
             "y": [None if pd.isna(v) else round(float(v), 5) for v in before],
             "line": {"color": style.MUTED, "width": 1.3}},
            {**line, "x": times, "y": [p["value"] for p in found["points"]], "name": "forecast",
             "line": {"color": style.LINE, "width": 2.2}},
        ],
        "layout": style.layout(
            HIGH, shapes=shapes, annotations=notes, xaxis=style.axis("", type="date"),
            yaxis=style.axis(style.in_unit(found["sensor"], found["unit"]), range=[low - room, high + room]),
        ),
    }  # fmt: skip
