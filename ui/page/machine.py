"""One machine's page: condition, courses with limits, health before now, models, drift, pictures, log and report."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from agent.access import Person
from agent.answers.figures import say_figure, say_life, say_probability
from agent.answers.naming import sensor_name
from agent.service import Copilot
from machine_profiles.errors import MillwrightError
from machine_profiles.profile import Profile
from models import health
from models.gates import MAIN_METRIC
from models.health import RANKING_HORIZON_HOURS, HealthPrediction
from models.results import TASKS
from tools.plant import Plant
from ui.page import plot_style as style
from ui.page._templates import render
from ui.page.conversation import ago
from ui.page.naming import label, said_value
from ui.page.next_questions import short_name
from ui.page.plot_trend import trend

WINDOWS = (("7", "A week"), ("30", "A month"), ("90", "Three months"))
HISTORY_POINTS, HISTORY_DAYS = 15, 30
LOGGED, PICTURES = 12, 6


def page(plant: Plant, copilot: Copilot, machine_id: str, by: Person) -> str:
    """Raises UnknownMachine."""
    profile = plant.machines[machine_id]
    found, why = None, ""
    try:
        found = health.predict(
            plant.telemetry, plant.registry, profile, RANKING_HORIZON_HOURS, None, plant.now, attributed=False
        )
    except MillwrightError as error:
        why = str(error)
    return render(
        "machine",
        profile=profile,
        short=short_name(profile),
        state=found.state if found else "unknown",
        why=why,
        doubts=found.doubts if found else (),
        facts=_facts(profile, found) if found else (),
        sensors=_sensors(profile, found),
        windows=WINDOWS,
        models=_models(plant, profile),
        log=_log(plant, profile),
        reports=_reports(plant, profile),
        pictures=_pictures(copilot, profile.id, by),
        recorded=plant.telemetry.has(profile.id),
    )


def _facts(profile: Profile, found: HealthPrediction) -> list[tuple[str, str]]:
    unit, chance, anomaly = profile.modelling.time_unit, found.failure_probability, found.anomaly
    crossed = [f"{sensor_name(c.sensor)} {say_figure(c.value, c.unit)}" for c in found.limits_crossed]
    zones = [f"zone {zone.zone} ({sensor_name(zone.sensor)})" for zone in found.vibration_zones[:1]]
    return [
        ("Remaining life", say_life(found.rul, found.rul_at_cap, found.cap_hours, unit) if found.rul else "not known"),
        (f"Fails within {found.horizon_hours:g} h", say_probability(chance.value) if chance else "not known"),
        ("Anomaly score", f"{anomaly.value:.2f} of 1" if anomaly else "not known"),
        ("Beyond limits", ", ".join(crossed) or "none"),
        ("Vibration severity", zones[0] if zones else "no zones stated"),
        ("Latest reading", f"{found.at:%Y-%m-%d %H:%M} UTC"),
    ]


def figure(plant: Plant, machine_id: str, name: str, days: int) -> dict[str, Any]:
    """A sensor's course, or `health`: what the models in service say of moments in the past. As plotly takes it."""
    profile, end = plant.machines[machine_id], plant.now
    if name == "health":
        return _history(plant, profile)
    return trend(plant, profile, name, end - timedelta(days=min(max(days, 1), 365)), end)


def _history(plant: Plant, profile: Profile) -> dict[str, Any]:
    """RUL with its interval and the chance of failure, by today's models on the record up to each moment."""
    times, low, mid, high, chance = [], [], [], [], []
    for step in range(HISTORY_POINTS):
        at = plant.now - timedelta(days=HISTORY_DAYS * (1 - step / (HISTORY_POINTS - 1)))
        try:
            found = health.predict(
                plant.telemetry, plant.registry, profile, RANKING_HORIZON_HOURS, None, at, attributed=False
            )
        except MillwrightError:
            continue
        times.append(f"{at:%Y-%m-%d %H:%M}")
        interval = found.rul.interval if found.rul else None
        mid.append(found.rul.value if found.rul else None)
        low.append(interval.low if interval else None)
        high.append(interval.high if interval else None)
        chance.append(100 * found.failure_probability.value if found.failure_probability else None)
    if not times:
        raise MillwrightError("No moment of the last month can be judged: there is no record, or no model in service.")
    line: dict[str, Any] = {"type": "scatter", "mode": "lines", "x": times}
    return {
        "data": [
            {**line, "y": high, "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False},
            {**line, "y": low, "line": {"width": 0}, "fill": "tonexty", "fillcolor": style.BAND, "hoverinfo": "skip",
             "showlegend": False},
            {**line, "y": mid, "name": "remaining life", "line": {"color": style.LINE, "width": 2.2},
             "hovertemplate": "%{y:.0f} h"},
            {**line, "y": chance, "name": "fails within 24 h", "yaxis": "y2",
             "line": {"color": style.ALARM, "width": 1.6, "dash": "dot"}, "hovertemplate": "%{y:.0f} %"},
        ],
        "layout": style.layout(
            280, showlegend=True, legend={"orientation": "h", "y": 1.16, "x": 0},
            margin={"l": 56, "r": 56, "t": 30, "b": 36},
            xaxis=style.axis("", type="date"), yaxis=style.axis("Remaining life [h]", rangemode="tozero"),
            yaxis2=style.axis("Fails within 24 h [%]", overlaying="y", side="right", range=[0, 100], showgrid=False),
        ),
    }  # fmt: skip


def _sensors(profile: Profile, found: Any) -> list[tuple[str, str]]:
    """Every sensor, the one in question first."""
    first = [c.sensor for c in found.limits_crossed] + [m.sensor for m in found.moved] if found else []
    names = list(dict.fromkeys([*first, *profile.sensor_names]))
    return [(name, style.in_unit(name, profile.sensor(name).unit)) for name in names]


def _models(plant: Plant, profile: Profile) -> list[dict[str, str]]:
    rows = []
    for task, version in plant.registry.in_service(profile.id).items():
        card, metric = plant.registry.card(profile.id, task, version), MAIN_METRIC[task].name
        value = card.metrics.get(metric)
        figure = f"{label(metric)} {value:.3g}" if value is not None else "not measured"
        rows.append(
            {"task": said_value(task), "version": f"v{version}", "figure": figure, "at": f"{card.created_at:%Y-%m-%d}"}
        )
    missing = [task for task in TASKS if task not in plant.registry.in_service(profile.id)]
    return rows + [{"task": said_value(task), "version": "none", "figure": "", "at": ""} for task in missing]


def _log(plant: Plant, profile: Profile) -> list[dict[str, str]]:
    try:
        events = [e for e in plant.telemetry.maintenance(profile.id, "main") if e.at <= plant.now]
    except MillwrightError as error:
        return [{"when": "", "at": "", "what": str(error), "note": "", "by": ""}]
    return [
        {
            "when": ago(e.at, plant.now), "at": f"{e.at:%Y-%m-%d %H:%M}", "what": e.action, "by": e.by,
            "note": " · ".join(part for part in ((e.failure_mode or "").replace("_", " "), e.note) if part),
        }
        for e in reversed(events[-LOGGED:])
    ]  # fmt: skip


def _reports(plant: Plant, profile: Profile) -> list[tuple[str, str, str]]:
    """Title, PDF and HTML of each report, newest first."""
    pdfs = sorted(plant.storage.reports(profile.id).glob("*.pdf"), key=lambda path: path.stat().st_mtime, reverse=True)
    return [
        (_report_time(path), plant.storage.relative(path), plant.storage.relative(path.with_suffix(".html")))
        for path in pdfs[:5]
    ]


def _report_time(path: Path) -> str:
    parts = path.stem.split("-")
    try:
        return f"{parts[1][:4]}-{parts[1][4:6]}-{parts[1][6:]} {parts[2][:2]}:{parts[2][2:]} UTC"
    except IndexError:
        return path.stem


def _pictures(copilot: Copilot, machine_id: str, by: Person) -> list[dict[str, Any]]:
    """Pictures of this machine from the person's own conversations, newest first."""
    found = []
    for info in copilot.threads(by):
        for turn in reversed(copilot.history(info.thread, by)):
            for call in turn.calls:
                result = call.result or {}
                if call.kind == "ImageDiagnosis" and result.get("machine_id") == machine_id and turn.image:
                    found.append(
                        {"image": f"uploads/{Path(turn.image).name}", "thread": info.thread,
                         "said": turn.answer.strip().splitlines()[0], "at": turn.at}
                    )  # fmt: skip
        if len(found) >= PICTURES:
            break
    return found[:PICTURES]
