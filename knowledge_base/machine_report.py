"""A machine's report: everything known of its condition, in one document to print and to sign."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from knowledge_base.explanation import Explanation, explain
from knowledge_base.index import Index
from machine_profiles.profile import Profile
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
        _readings(telemetry, profile, health),
        _life(health),
        _causes(profile, why),
        _actions(why),
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
            ("Remaining useful life with its 90 % interval", _report_plots.life_bar(health.rul, health.cap_hours))
        )
    for attribution in health.attributions:
        if attribution.of == "rul" and attribution.contributions and not health.rul_at_cap:
            pictures.append(("What the RUL comes from, by sensor", _report_plots.attribution_bars(attribution)))
    return Section("Remaining life", pictures=tuple(pictures))


def _causes(profile: Profile, why: Explanation) -> Section:
    if not why.causes:
        calm = "No sensor has left its usual course; there is no cause to name." if why.moved is False else ""
        return Section("Likely causes", lines=(calm,) if calm else ())
    lines = []
    for cause in why.causes:
        signs = (
            ", ".join(f"{_plain(s.sensor)} {s.moved.value:+.3g} {s.unit}" for s in cause.supporting[:4]) or "no sensor"
        )
        lines.append(
            f"{cause.title} ({100 * cause.probability:.0f} % of the explanations weighed): {signs} speak for it."
        )
        if cause.check:
            lines.append(f"To confirm or rule out: {cause.check}")
    if why.faulty_sensor and (why.sensor_fault or 0.0) > 0.2:
        lines.append(f"A fault of the {_plain(why.faulty_sensor)} sensor itself is possible too.")
    return Section("Likely causes", lines=tuple(lines))


def _actions(why: Explanation) -> Section:
    lines = []
    safety = next((each for each in why.citations if each.reference == why.safety), None)
    if safety is not None:
        lines.append(f"Safety first: {' '.join(safety.text.split())}")
    if why.urgency:
        lines.append(f"When: {why.urgency}.")
    first = why.causes[0] if why.causes else None
    if first and first.remedy:
        lines.append(f"If {first.title.lower()} is confirmed: {first.remedy}")
    return Section("What to do", lines=tuple(lines))


def _log(events: list[MaintenanceEvent]) -> Section:
    rows = [
        (
            f"{e.at:%Y-%m-%d %H:%M}",
            " · ".join(part for part in (e.action, _plain(e.failure_mode or ""), e.note, e.by) if part),
        )
        for e in events
    ]
    return Section("Maintenance log", rows=tuple(rows))


def _basis(registry: Registry, profile: Profile, health: HealthPrediction) -> Section:
    rows = [("Data version", health.data_version), ("Samples used", str(health.rows_used))]
    for task, version in registry.in_service(profile.id).items():
        card = registry.card(profile.id, task, version)
        figures = ", ".join(f"{name} {value:.3g}" for name, value in list(card.metrics.items())[:4])
        rows.append((f"{task} model", f"version {version}, {card.created_at:%Y-%m-%d}, on lives held out: {figures}"))
    return Section("What this rests on", rows=tuple(rows))


def _sources(why: Explanation) -> Section:
    used = [
        each
        for each in why.citations
        if each.reference == why.safety or each.reference in [c.citation for c in why.causes]
    ]
    return Section("Sources", lines=tuple(f"{each.reference}: {each.source}" for each in used))


def _plain(name: str) -> str:
    return name.replace("_", " ")
