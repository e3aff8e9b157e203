"""A sensor's course with its limits and the zones of ISO 20816 behind it."""

from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from agent.answers.figures import say_unit
from machine_profiles.profile import Profile, Sensor
from tools.plant import Plant
from ui.page import plot_style as style

MOST_POINTS = 420
DAYS_BEFORE = 14
HIGH = 260


def recorded(plant: Plant, found: dict[str, Any], sensor: str) -> dict[str, Any]:
    """The window of a TelemetrySummary."""
    start, end = datetime.fromisoformat(found["start"]), datetime.fromisoformat(found["end"])
    return trend(plant, plant.machines[found["machine_id"]], sensor, start, end, found["unit"])


def moved(plant: Plant, found: dict[str, Any]) -> dict[str, Any]:
    """The weeks before a HealthPrediction, of the sensor that moved most."""
    end = datetime.fromisoformat(found["at"])
    profile, sensor = plant.machines[found["machine_id"]], found["moved"][0]["sensor"]
    return trend(plant, profile, sensor, end - timedelta(days=DAYS_BEFORE), end, found["unit"])


def trend(
    plant: Plant, profile: Profile, sensor: str, start: datetime, end: datetime, unit: str = "main"
) -> dict[str, Any]:
    """Raises NoTelemetry where nothing lies between the times, UnknownSensor."""
    about = profile.sensor(sensor)
    readings = course(plant, profile, sensor, start, end, unit)
    values = readings.dropna()
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
    shapes, notes, low, high = _limits(about, low, high)
    room = 0.08 * (high - low or 1.0)
    data = [
        {
            "type": "scatter", "mode": "lines", "x": [f"{at:%Y-%m-%d %H:%M}" for at in readings.index],
            "y": [None if pd.isna(v) else round(float(v), 5) for v in readings], "name": about.name.replace("_", " "),
            "line": {"color": style.LINE, "width": 1.6}, "connectgaps": False,
            "hovertemplate": f"%{{y:.4g}} {say_unit(about.unit)}<extra></extra>",
        }
    ]  # fmt: skip
    return {
        "data": data,
        "layout": style.layout(
            HIGH,
            margin={"l": 56, "r": 52 if about.vibration_zones else 16, "t": 12, "b": 28},
            shapes=shapes,
            annotations=notes,
            xaxis=style.axis("", type="date"),
            yaxis=style.axis(style.in_unit(about.name, about.unit), range=[low - room, high + room]),
        ),
    }


def course(
    plant: Plant, profile: Profile, sensor: str, start: datetime, end: datetime, unit: str = "main"
) -> "pd.Series[float]":
    """Readings by time, thinned to MOST_POINTS by means, so that a long window stays light."""
    rows = plant.telemetry.window(profile.id, start, end, unit).set_index("at")
    readings = rows.reindex(columns=[sensor])[sensor].astype(float)
    if len(readings) > MOST_POINTS:
        step = (readings.index[-1] - readings.index[0]) / MOST_POINTS
        readings = readings.resample(step).mean()
    return readings


def _limits(sensor: Sensor, low: float, high: float) -> tuple[list[dict[str, Any]], list[dict[str, Any]], float, float]:
    """Lines and bands, their words, and the range that shows the nearest limits beside the readings."""
    shapes: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    zones = sensor.vibration_zones
    tops = [zones.a_b, zones.b_c, zones.c_d] if zones else []
    for limit, colour, words in ((sensor.warning, style.WARNING, "warning"), (sensor.alarm, style.ALARM, "alarm")):
        for side, value in (("low", limit.low), ("high", limit.high)) if limit else ():
            if value is None:
                continue
            shapes.append(
                {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": value, "y1": value,
                 "line": {"color": colour, "width": 1.4, "dash": "dash"}}
            )  # fmt: skip
            notes.append(_note(f"{words} {value:g}", value, colour, "bottom" if side == "high" else "top"))
            near = high - low or abs(value) or 1.0
            if side == "high" and value - high < 2.5 * near:
                high = max(high, value)
            if side == "low" and low - value < 2.5 * near:
                low = min(low, value)
    if zones:
        low = min(low, 0.0)
        edges = [low, *tops, max(high, zones.c_d) * 1.08]
        for name, bottom, top in zip("ABCD", edges, edges[1:], strict=False):
            shapes.insert(
                0,
                {"type": "rect", "xref": "paper", "x0": 0, "x1": 1, "y0": bottom, "y1": top, "layer": "below",
                 "fillcolor": style.ZONES[name], "line": {"width": 0}},
            )  # fmt: skip
            if bottom < 0.92 * high:
                middle = (bottom + min(top, high)) / 2
                notes.append(
                    {"xref": "paper", "x": 1.005, "y": middle, "text": f"zone {name}", "showarrow": False,
                     "xanchor": "left", "font": {"size": 10, "color": style.MUTED}}
                )  # fmt: skip
    return shapes, notes, low, high


def _note(text: str, at: float, colour: str, side: str) -> dict[str, Any]:
    return {
        "xref": "paper", "x": 0.005, "y": at, "text": text, "showarrow": False, "xanchor": "left", "yanchor": side,
        "font": {"size": 10, "color": colour},
    }  # fmt: skip
