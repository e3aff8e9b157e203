"""Which figures belong to a tool result, and how each is drawn: plotly's own JSON, made when the page asks for it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from agent.turns import ToolCall, Turn
from machine_profiles.errors import MillwrightError
from tools.plant import Plant
from ui.page import plot_bars, plot_drift, plot_forecast, plot_life, plot_trend

Plot = dict[str, Any]  # `data` and `layout` as plotly.js takes them
MOST_SENSORS = 4


class NoSuchFigure(MillwrightError):
    """The page asked for a figure that its turn does not have."""


@dataclass(frozen=True)
class Figure:
    """`address`: turn, call and name, by which draw finds it. `high`: pixels it needs."""

    address: str
    title: str
    high: int


Draw = Callable[[Plant, dict[str, Any]], Plot]
Wanted = tuple[str, str, int, Draw]  # name, title, height, how it is drawn


def figures_of(turn: Turn, number: int) -> list[Figure]:
    return [
        Figure(f"{number}/{place}/{name}", title, high)
        for place, call in enumerate(turn.calls)
        for name, title, high, _ in _wanted(call)
    ]


def draw(plant: Plant, turns: Sequence[Turn], address: str) -> Plot:
    """Raises NoSuchFigure, and what reading the record raises."""
    try:
        number, place, name = address.split("/")
        call = turns[int(number)].calls[int(place)]
        how = next(how for known, _, _, how in _wanted(call) if known == name)
    except (ValueError, IndexError, StopIteration):
        raise NoSuchFigure(f"No figure {address!r} in this conversation.") from None
    return how(plant, call.result or {})


def _wanted(call: ToolCall) -> list[Wanted]:
    found = call.result or {}
    if call.status != "done":
        return []
    if call.kind == "HealthPrediction":
        return _health(found)
    if call.kind == "TelemetrySummary":
        sensors = [each["sensor"] for each in found["sensors"] if each["readings"]][:MOST_SENSORS]
        return [
            (f"trend-{sensor}", f"{_plain(sensor)}, recorded", 260, _trend_of(sensor))
            for sensor in sensors
        ]  # fmt: skip
    if call.kind == "SensorForecast":
        return [("fan", f"Forecast of {_plain(found['sensor'])}", 280, plot_forecast.fan)]
    if call.kind == "DriftReport" and found["findings"]:
        return [
            ("drift", "How far each sensor has moved", 80 + 34 * len(found["findings"]), plot_drift.shifts),
            ("course", "Before and within the window", 260, plot_drift.course),
        ]
    if call.kind == "FleetRanking" and found["machines"]:
        return [("fleet", "Remaining life with its interval", 90 + 34 * len(found["machines"]), plot_life.ranking)]
    if call.kind == "ModelComparison" and len(found["versions"]) > 1:
        return [("versions", "Versions side by side", 240, plot_bars.versions)]
    return []


def _health(found: dict[str, Any]) -> list[Wanted]:
    wanted: list[Wanted] = []
    if found["rul"] and not found["rul_at_cap"]:
        wanted.append(("life", "Remaining life with its 90 % interval", 150, plot_life.life))
    for each in found["attributions"]:
        if each["of"] == "rul" and each["contributions"] and not found["rul_at_cap"]:
            high = 90 + 30 * min(len(each["contributions"]), plot_bars.MOST)
            wanted.append(("attribution", "What the remaining life comes from", high, plot_bars.attribution))
    if found["moved"]:
        sensor = found["moved"][0]["sensor"]
        wanted.append((f"trend-{sensor}", f"{_plain(sensor)}, the last two weeks", 260, plot_trend.moved))
    return wanted


def _trend_of(sensor: str) -> Draw:
    return lambda plant, found: plot_trend.recorded(plant, found, sensor)


def _plain(sensor: str) -> str:
    return sensor.replace("_", " ").capitalize()
