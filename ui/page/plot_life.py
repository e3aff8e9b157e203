"""Remaining life on its axis, with its interval as a band: of one machine, and of many."""

from typing import Any

from tools.plant import Plant
from ui.page import plot_style as style


def life(plant: Plant, found: dict[str, Any]) -> dict[str, Any]:
    """The RUL of a HealthPrediction beside the horizon that was asked about."""
    rul, cap, horizon = found["rul"], found["cap_hours"], found["horizon_hours"]
    low, high = _ends(rul)
    top = max(high, rul["value"], horizon) * 1.12
    if cap:
        top = min(max(top, 0.35 * cap), max(cap * 1.02, high * 1.05))
    return {
        "data": [
            {"type": "bar", "orientation": "h", "y": [""], "x": [high - low], "base": [low], "width": [0.42],
             "marker": {"color": style.BAND}, "hoverinfo": "skip"},
            {"type": "scatter", "mode": "markers", "y": [""], "x": [rul["value"]],
             "marker": {"symbol": "line-ns", "size": 38, "line": {"width": 4, "color": style.LINE}},
             "hovertemplate": f"%{{x:.0f}} {rul['unit']}<extra>remaining life</extra>"},
        ],
        "layout": style.layout(
            150,
            hovermode="closest",
            margin={"l": 16, "r": 16, "t": 28, "b": 44},
            xaxis=style.axis(f"operating hours left [{rul['unit']}]", range=[0, top]),
            yaxis=style.axis("", showticklabels=False),
            shapes=[{"type": "line", "yref": "paper", "x0": horizon, "x1": horizon, "y0": 0, "y1": 1,
                     "line": {"color": style.ALARM, "width": 1.4, "dash": "dot"}}],
            annotations=[
                {"yref": "paper", "x": horizon, "y": 1.0, "yanchor": "bottom", "text": f"asked about: {horizon:g} h",
                 "showarrow": False, "font": {"size": 11, "color": style.ALARM}},
                {"yref": "paper", "x": rul["value"], "y": 1.0, "yanchor": "bottom",
                 "text": f"<b>{rul['value']:.0f} {rul['unit']}</b>", "showarrow": False,
                 "font": {"size": 12, "color": style.INK}},
            ] if abs(rul["value"] - horizon) > 0.16 * top else [
                {"yref": "paper", "x": horizon, "y": 1.0, "yanchor": "bottom", "text": f"asked about: {horizon:g} h",
                 "showarrow": False, "font": {"size": 11, "color": style.ALARM}},
            ],
        ),
    }  # fmt: skip


def ranking(plant: Plant, found: dict[str, Any]) -> dict[str, Any]:
    """The machines of a FleetRanking, worst on top."""
    machines = [each for each in found["machines"] if each["rul"]]
    names = [each["name"] for each in machines]
    ends = [_ends(each["rul"]) for each in machines]
    marks = {"sound": "circle", "watch": "diamond", "act": "triangle-up", "alarm": "square"}
    colours = {"sound": style.SOUND, "watch": style.WARNING, "act": "--act", "alarm": style.ALARM}
    return {
        "data": [
            {"type": "bar", "orientation": "h", "y": names, "x": [high - low for low, high in ends],
             "base": [low for low, _ in ends], "width": 0.34, "marker": {"color": style.BAND}, "hoverinfo": "skip"},
            {"type": "scatter", "mode": "markers", "y": names, "x": [each["rul"]["value"] for each in machines],
             "marker": {"symbol": [marks[m["state"]] for m in machines], "size": 12,
                        "color": [colours[m["state"]] for m in machines]},
             "hovertemplate": "%{x:.0f} h<extra></extra>"},
        ],
        "layout": style.layout(
            90 + 34 * len(machines),
            hovermode="closest",
            margin={"l": 16, "r": 16, "t": 8, "b": 40},
            xaxis=style.axis("operating hours left", rangemode="tozero"),
            yaxis=style.axis("", autorange="reversed"),
        ),
    }  # fmt: skip


def _ends(rul: dict[str, Any]) -> tuple[float, float]:
    interval = rul.get("interval")
    return (interval["low"], interval["high"]) if interval else (rul["value"], rul["value"])
