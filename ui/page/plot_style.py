"""What all plots share. Colours are names; the page puts its own in their place, light or dark."""

from typing import Any

from agent.answers.figures import say_unit

# the page's script replaces these by the colours of its style sheet
INK, MUTED, GRID, LINE = "--ink", "--muted", "--line", "--accent"
WARNING, ALARM, SOUND, BAND = "--watch", "--alarm", "--sound", "--accent-band"
ZONES = {"A": "--zone-a", "B": "--zone-b", "C": "--zone-c", "D": "--zone-d"}


def layout(high: int, **changes: Any) -> dict[str, Any]:
    base: dict[str, Any] = {
        "height": high,
        "margin": {"l": 56, "r": 16, "t": 12, "b": 28},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": INK, "size": 12},
        "showlegend": False,
        "hovermode": "x unified",
        "xaxis": axis(""),
        "yaxis": axis(""),
        "dragmode": False,
    }
    return base | changes


def axis(title: str, **changes: Any) -> dict[str, Any]:
    return {
        "title": {"text": title, "standoff": 8}, "gridcolor": GRID, "zerolinecolor": GRID, "linecolor": GRID,
        "automargin": True, "fixedrange": True,
    } | changes  # fmt: skip


def in_unit(name: str, unit: str) -> str:
    """ "Vibration velocity [mm/s]" """
    shown = say_unit(unit)
    return f"{name.replace('_', ' ').capitalize()}{f' [{shown}]' if shown else ''}"
