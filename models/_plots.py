"""Pictures of telemetry, drawn by matplotlib without a display."""

import io
from datetime import datetime

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, DateFormatter
from matplotlib.figure import Figure

from machine_profiles.profile import Limit, Sensor

INK, WARNING, ALARM = "#1f4e79", "#d98200", "#c0262d"
DRAWN_GAP = 3  # median steps; a longer gap breaks the line
UNITS = {"percent": "%", "degC": "°C", "delta_degC": "K", "m^3/h": "m³/h", "dimensionless": "–", "N*m": "N·m"}


def sensor_panels(
    title: str, sensors: list[Sensor], readings: pd.DataFrame, window: tuple[datetime, datetime]
) -> bytes:
    """A PNG with one panel a sensor, its warning and alarm limits as lines.

    readings: a float column for each sensor, indexed by time.
    """
    columns = 1 if len(sensors) <= 3 else 2
    lines = -(-len(sensors) // columns)
    figure = Figure(figsize=(5.2 * columns + 1.2, 2.1 * lines + 0.9), dpi=110, layout="constrained")
    panels = figure.subplots(lines, columns, sharex=True, squeeze=False).ravel()
    for axes, sensor in zip(panels, sensors, strict=False):
        _panel(axes, sensor, readings[sensor.name])
        axes.set_xlim(*window)
    for axes in panels[len(sensors) :]:
        axes.set_visible(False)
    for axes in panels[max(0, len(sensors) - columns) : len(sensors)]:
        axes.xaxis.set_major_locator(AutoDateLocator(minticks=3, maxticks=6))
        axes.xaxis.set_major_formatter(DateFormatter(_date_form(window)))
        axes.tick_params(labelbottom=True)
        axes.set_xlabel(f"to {window[1]:%d %B %Y %H:%M} UTC", fontsize=8)
    figure.suptitle(title, fontsize=11, x=0.01, ha="left")
    picture = io.BytesIO()
    figure.savefig(picture, format="png", metadata={"Software": None})
    return picture.getvalue()


def _panel(axes: Axes, sensor: Sensor, readings: "pd.Series[float]") -> None:
    known = readings.dropna()
    times = pd.DatetimeIndex(known.index)
    steps = times.to_series().diff()
    breaks = times[(steps > DRAWN_GAP * steps.median()).to_numpy()] - pd.Timedelta(microseconds=1)
    line = known.reindex(times.union(breaks))
    axes.plot(
        line.index, line.to_numpy(), color=INK, linewidth=1.1, marker="." if len(known) < 60 else None, markersize=4
    )
    low, high = float(known.min()), float(known.max())
    for limit, colour, name in ((sensor.warning, WARNING, "warning"), (sensor.alarm, ALARM, "alarm")):
        for value in _sides(limit):
            # a limit far from the readings would flatten them; the nearer ones are drawn
            if low - 3 * max(high - low, 0.05 * abs(high)) <= value <= high + 3 * max(high - low, 0.05 * abs(high)):
                axes.axhline(value, color=colour, linewidth=1, linestyle="--")
                axes.annotate(
                    f"{name} {value:g}", (0, value), xycoords=("axes fraction", "data"), xytext=(3, 1),
                    textcoords="offset points", ha="left", va="bottom", fontsize=7, color=colour,
                    bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.7, "pad": 0.5},
                )  # fmt: skip
    axes.set_title(sensor.description or sensor.name, fontsize=9, loc="left")
    axes.set_ylabel(UNITS.get(sensor.unit, sensor.unit), fontsize=8)
    axes.tick_params(labelsize=8)
    axes.margins(y=0.15)
    axes.grid(alpha=0.25)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def _date_form(window: tuple[datetime, datetime]) -> str:
    days = (window[1] - window[0]).total_seconds() / 86400
    return "%H:%M" if days <= 1 else "%d %b %H:%M" if days <= 4 else "%d %b" if days <= 330 else "%b %Y"


def _sides(limit: Limit | None) -> list[float]:
    return [] if limit is None else [value for value in (limit.low, limit.high) if value is not None]
