"""A machine's report: everything known of its condition, in one document to print and to sign."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from knowledge_base.explanation import Explanation, explain
from knowledge_base.index import Index
from machine_profiles.profile import Profile
from models.diagnosis import SensorSign
from models.health import HealthPrediction, predict
from models.registry import Registry
from models.results import Result
from models.storage import Storage, whole_file
from models.telemetry import MAIN, MaintenanceEvent, Telemetry

HORIZON_HOURS = 72.0
PLOTTED_DAYS = 30
LOGGED = 12


class WrittenReport(Result):
    """The same report as one HTML page and one PDF, both relative to HOME."""

    machine_id: str
    name: str
    state: str
    at: datetime
    html: str
    pdf: str
    sections: tuple[str, ...]
    left_out: tuple[str, ...]  # what could not be said, and why


@dataclass(frozen=True)
class Section:
    """`rows` are (name, value) pairs, `lines` sentences or list items, `pictures` PNGs with their captions."""

    title: str
    rows: tuple[tuple[str, str], ...] = ()
    lines: tuple[str, ...] = ()
    pictures: tuple[tuple[str, bytes], ...] = ()


@dataclass(frozen=True)
class ReportContent:
    title: str
    subtitle: str
    verdict: str
    state: str
    made: str
    sections: tuple[Section, ...]
    left_out: tuple[str, ...] = field(default=())


def write_report(
    storage: Storage, index: Index, telemetry: Telemetry, registry: Registry, profile: Profile, now: datetime, by: str
) -> WrittenReport:
    """Judge, explain and write. Raises as `models.health.predict` does where the machine cannot be judged at all."""
    from knowledge_base import _report_html, _report_pdf  # heavy: jinja2, reportlab

    content, health = collect(index, telemetry, registry, profile, now, by)
    name = f"{profile.id}-{health.at:%Y%m%d-%H%M}-{health.data_version}"
    folder = storage.reports(profile.id)
    html, pdf = folder / f"{name}.html", folder / f"{name}.pdf"
    with whole_file(html) as temporary:
        temporary.write_text(_report_html.page(content), encoding="utf-8")
    with whole_file(pdf) as temporary:
        _report_pdf.write(content, temporary)
    return WrittenReport(
        machine_id=profile.id, name=profile.name, state=health.state, at=health.at, html=storage.relative(html),
        pdf=storage.relative(pdf), sections=tuple(section.title for section in content.sections),
        left_out=content.left_out,
    )  # fmt: skip


def collect(
    index: Index, telemetry: Telemetry, registry: Registry, profile: Profile, now: datetime, by: str
) -> tuple[ReportContent, HealthPrediction]:
    health = predict(telemetry, registry, profile, HORIZON_HOURS, None, now)
    why = explain(
        index, telemetry, registry, profile, f"What is wrong with {profile.name}, and what should be done?", now
    )
    log = [event for event in telemetry.maintenance(profile.id) if event.unit == MAIN][-LOGGED:][::-1]
    left_out = [why.not_judged] if why.not_judged else []
    sections = [
        _condition(profile, health),
        _actions(why),
        _causes(profile, why),
        _readings(telemetry, profile, health),
        _life(health),
        _log(log),
        _basis(registry, profile, health),
        _sources(why),
    ]
    content = ReportContent(
        title=f"Condition report: {profile.name}",
        subtitle=f"{profile.id} · {profile.manufacturer} {profile.model}".strip(),
        verdict=_VERDICT[health.state],
        state=health.state,
        made=f"Readings up to {health.at:%Y-%m-%d %H:%M} UTC. Made for {by} on {now:%Y-%m-%d %H:%M} UTC by Millwright.",
        sections=tuple(section for section in sections if section.rows or section.lines or section.pictures),
        left_out=tuple(left_out),
    )
    return content, health


_VERDICT = {
    "alarm": "In alarm: look at it now.",
    "act": "Needs attention soon: plan a check.",
    "watch": "Can run on; keep an eye on it.",
    "sound": "Sound: no action beyond routine maintenance.",
}


def _condition(profile: Profile, health: HealthPrediction) -> Section:
    unit = profile.modelling.time_unit
    rows: list[tuple[str, str]] = [("State", health.state)]
    if health.failure_probability is not None:
        chance = 100 * health.failure_probability.value
        rows.append((f"Chance of failure within {health.horizon_hours:.0f} {unit}", f"{chance:.1f} %"))
    if health.rul is not None:
        least = "at least " if health.rul_at_cap else ""
        span = health.rul.interval
        between = f" (90 % interval {span.low:.0f} to {span.high:.0f})" if span else ""
        rows.append(("Remaining useful life (RUL)", f"{least}{health.rul.value:.0f} {unit}{between}"))
    if health.anomaly is not None:
        verdict = "unusual" if health.anomalous else "as usual"
        rows.append(("Anomaly score (0 sound to 1)", f"{health.anomaly.value:.2f}, {verdict}"))
    rows += [
        (f"{c.level.capitalize()} limit crossed: {_plain(c.sensor)}", f"{c.value:.3g} {c.unit}, {c.side} {c.limit:g}")
        for c in health.limits_crossed
    ]
    rows += [
        (f"Vibration zone: {_plain(z.sensor)}", f"{z.zone} ({z.standard}): {z.meaning}") for z in health.vibration_zones
    ]
    rows += [
        (
            f"Trend: {_plain(t.sensor)}",
            f"{t.per_day:+.3g} {t.unit} a day over {t.hours:.0f} h" + _meets(t.hours_to_alarm),
        )
        for t in health.trends[:4]
    ]
    return Section("Condition", rows=tuple(rows), lines=health.doubts)


def _meets(hours: float | None) -> str:
    return f"; meets its alarm limit in about {hours:.0f} h at that pace" if hours is not None else ""


def _readings(telemetry: Telemetry, profile: Profile, health: HealthPrediction) -> Section:
    from models import _plots  # heavy: matplotlib

    start = health.at - timedelta(days=PLOTTED_DAYS)
    rows = telemetry.latest(profile.id, 24 * PLOTTED_DAYS, until=health.at)
    readings = rows.set_index("at")
    readings = readings[readings.index >= start]
    shown = [sensor for sensor in profile.sensors if sensor.name in readings and readings[sensor.name].notna().any()]
    picture = _plots.sensor_panels(f"The last {PLOTTED_DAYS} days", shown, readings, (start, health.at))
    return Section(
        "Readings",
        pictures=((f"Readings with warning (orange) and alarm (red) limits, {len(readings)} samples", picture),),
    )


def _life(health: HealthPrediction) -> Section:
    from models import _report_plots  # heavy: matplotlib

    pictures = []
    if health.rul is not None and not health.rul_at_cap:
        pictures.append(
            ("Remaining useful life (RUL) with its 90 % interval", _report_plots.life_bar(health.rul, health.cap_hours))
        )
    for attribution in health.attributions:
        if attribution.of == "rul" and attribution.contributions and not health.rul_at_cap:
            pictures.append(
                (
                    "What each sensor takes off the remaining life, or adds to it",
                    _report_plots.attribution_bars(attribution),
                )
            )
    return Section("Remaining life", pictures=tuple(pictures))


def _causes(profile: Profile, why: Explanation) -> Section:
    if not why.causes:
        calm = {
            False: "No sensor has left its usual course; there is no cause to name.",
            True: "A sensor has left its usual course, but no failure mode of this machine explains it.",
            None: "",
        }[why.moved]
        return Section("Likely causes", lines=(calm,) if calm else ())
    lines = []
    for cause in why.causes:
        signs = ", ".join(_sign(sign) for sign in cause.supporting[:4]) or "no sensor"
        lines.append(f"{cause.title} ({100 * cause.probability:.0f} % of the explanations weighed). For it: {signs}.")
        if cause.against:
            silent = ", ".join(_plain(sign.sensor) for sign in cause.against[:3])
            lines.append(f"Against it: {silent} should have moved by now.")
        if cause.likely_cause:
            lines.append(f"Usual reasons: {cause.likely_cause}")
        if cause.check and cause is not why.causes[0]:
            lines.append(f"To confirm or rule it out: {cause.check}")
    cases = [each for each in why.citations if each.document.startswith("case-")]
    lines += [f"Past case: {each.text}" for each in cases[:2]]
    if why.faulty_sensor and (why.sensor_fault or 0.0) > 0.2:
        lines.append(f"A fault of the {_plain(why.faulty_sensor)} sensor itself is possible too.")
    return Section("Likely causes", lines=tuple(lines))


def _sign(sign: SensorSign) -> str:
    way = "up" if sign.moved.value > 0 else "down"
    return f"{_plain(sign.sensor)} {way} by {abs(sign.moved.value):.3g} {sign.unit}"


def _actions(why: Explanation) -> Section:
    lines = []
    safety = next((each for each in why.citations if each.reference == why.safety), None)
    if safety is not None:
        lines.append(f"Safety first: {' '.join(safety.text.split())}")
    if why.urgency:
        lines.append(f"When: {why.urgency}.")
    first = why.causes[0] if why.causes else None
    if first and first.check:
        lines.append(f"First confirm {first.title.lower()}: {first.check}")
    if first and first.remedy:
        lines.append(f"If {first.title.lower()} is confirmed: {first.remedy}")
    return Section("What to do", lines=tuple(lines))


def _log(events: list[MaintenanceEvent]) -> Section:
    rows = [
        (
            f"{e.at:%Y-%m-%d %H:%M}",
            " · ".join(part for part in (_did(e.action), _plain(e.failure_mode or ""), e.note, e.by) if part),
        )
        for e in events
    ]
    return Section("Maintenance log", rows=tuple(rows))


_TASKS = {
    "rul": "remaining life",
    "failure": "chance of failure",
    "anomaly": "unusual readings",
    "forecast": "forecasts",
}
_FIGURES = {
    "average_precision": "average precision", "f1": "F1", "brier": "Brier score", "ece": "calibration error",
    "rmse_hours": "RMSE in hours", "mae_hours": "mean error in hours", "r2": "share of variation explained",
    "coverage_90": "share inside the 90 % interval", "auroc": "AUROC", "alarms_per_month": "false alarms a month",
    "mase": "error against a naive forecast",
}  # fmt: skip


def _first(metrics: Mapping[str, float], most: int = 4) -> list[tuple[str, float]]:
    return list(metrics.items())[:most]


def _basis(registry: Registry, profile: Profile, health: HealthPrediction) -> Section:
    rows = [("Data version", health.data_version), ("Samples used", str(health.rows_used))]
    for task, version in registry.in_service(profile.id).items():
        card = registry.card(profile.id, task, version)
        figures = ", ".join(f"{_FIGURES.get(name, _plain(name))} {value:.3g}" for name, value in _first(card.metrics))
        rows.append(
            (
                f"Model for {_TASKS.get(task, task)}",
                f"version {version} of {card.created_at:%Y-%m-%d}. Held out: {figures}",
            )
        )
    return Section("What this rests on", rows=tuple(rows))


def _sources(why: Explanation) -> Section:
    used = [
        each
        for each in why.citations
        if each.reference == why.safety or each.reference in [c.citation for c in why.causes]
    ]
    return Section("Sources", lines=tuple(f"{each.reference}: {each.source} (passage {each.passage})" for each in used))


def _did(action: str) -> str:
    return "" if action == "other" else action


def _plain(name: str) -> str:
    return name.replace("_", " ")
