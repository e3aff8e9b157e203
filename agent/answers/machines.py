"""What machines there are, and what one is, in words."""

from agent.answers.asked import Asked
from agent.answers.figures import count, say_figure, say_hours, say_number, say_unit
from agent.answers.naming import TASK_NAMES, machine_name, say_list, sensor_name
from agent.answers.said import Said
from models.onboarding import OnboardedMachine
from tools.machines import MachineDescription, MachineList, MachineSummary, RatedFigure, SensorDescription

SHOWN = 6  # rated figures in an overview


def say_machines(found: MachineList, asked: Asked) -> Said:
    what = f"{found.kind} machine" if found.kind in ("cnc", "hydraulic") else found.kind or "machine"
    silent = [each for each in found.machines if not each.recorded]
    return Said(
        finding=f"The plant has {count(len(found.machines), what)}{':' if found.machines else '.'}",
        figures=tuple(_listed(each, asked) for each in found.machines),
        doubts=(f"Nothing has been recorded yet of {say_list(_names(silent, asked))}.",)
        if 0 < len(silent) < len(found.machines)
        else ("Nothing has been recorded of them yet.",) if silent else (),
    )  # fmt: skip


def say_description(found: MachineDescription, asked: Asked) -> Said:
    """The part of the profile that was asked about; the overview where it was the machine itself."""
    machine = machine_name(found.machine_id, asked.catalog)
    if asked.topic == "ratings":
        return _ratings(found, machine, asked.rating)
    if asked.topic in ("limits", "sensors"):
        return _sensors(found, machine, asked)
    if asked.topic == "failure_modes":
        return _failure_modes(found, machine)
    if asked.topic == "maintenance":
        return _maintenance(found, machine)
    return _overview(found, machine)


def _listed(each: MachineSummary, asked: Asked) -> str:
    missing = [TASK_NAMES[task] for task in TASK_NAMES if task not in each.in_service]
    without = f", no {say_list(missing)} model in service" if missing else ""
    return f"{machine_name(each.machine_id, asked.catalog)}, {each.machine_id}{without}"


def _names(machines: list[MachineSummary], asked: Asked) -> list[str]:
    return [machine_name(each.machine_id, asked.catalog) for each in machines]


def _overview(found: MachineDescription, machine: str) -> Said:
    rated = [f"{_rating_name(each.name)} {_value(each)}" for each in found.rated[:SHOWN]]
    measured = say_list(sensor_name(each.name) for each in found.sensors)
    figures = [f"Rated: {say_list(rated)}"] if rated else []
    figures.append(f"{count(len(found.sensors), 'sensor')}: {measured}")
    if found.derived:
        worked_out = say_list(f"{sensor_name(each.name)} ({each.formula})" for each in found.derived)
        figures.append(f"Worked out from them: {worked_out}")
    if found.failure_modes:
        titles = say_list(mode.title[:1].lower() + mode.title[1:] for mode in found.failure_modes)
        figures.append(f"Can fail by {titles}")
    if not found.recorded:
        figures.append("Nothing has been recorded of it yet")
    return Said(
        finding=f"{machine}, {found.machine_id}: {found.description.rstrip('.')}.",
        figures=tuple(figures),
        rests_on="From its profile; ask for its ratings, limits, failure modes or maintenance for more.",
    )


def _ratings(found: MachineDescription, machine: str, wanted: str | None) -> Said:
    chosen = [each for each in found.rated if each.name == wanted] if wanted else list(found.rated)
    if not chosen:
        have = say_list(_rating_name(each.name) for each in found.rated)
        missing = f"Its profile states no {_rating_name(wanted)}" if wanted else "Its profile states no rated figures"
        return Said(finding=f"{machine}: not known. {missing}" + (f"; it has {have}." if have else "."))
    if len(chosen) == 1:
        each = chosen[0]
        return Said(
            finding=f"The rated {_rating_name(each.name)} of {machine} is {_value(each)}.",
            rests_on=f"Basis: {each.basis} ({each.source}).",
        )
    estimates = [_rating_name(each.name) for each in chosen if each.basis == "estimate"]
    return Said(
        finding=f"Rated figures of {machine}:",
        figures=tuple(f"{_rating_name(each.name)}: {_value(each)} ({each.basis})" for each in chosen),
        rests_on=f"Sources: {'; '.join(dict.fromkeys(each.source for each in chosen if each.basis != 'estimate'))}.",
        doubts=(f"Estimated, not from a document: {say_list(estimates)}.",) if estimates else (),
    )


def _sensors(found: MachineDescription, machine: str, asked: Asked) -> Said:
    asked_for = [each for each in found.sensors if each.name in asked.sensors]
    shown = asked_for or list(found.sensors)
    if asked.topic == "sensors" and not asked_for:
        return Said(
            finding=f"{machine} has {count(len(shown), 'sensor')}:",
            figures=tuple(_sensor_line(each) for each in shown),
        )
    sources = dict.fromkeys(each.limit_source for each in shown if each.limit_source)
    bare = [sensor_name(each.name) for each in shown if _limits(each) == ""]
    limited = [each for each in shown if _limits(each)]
    if not limited:
        return Said(finding=f"{machine}: its profile states no limits for {say_list(bare)}, so they are not known.")
    finding = f"Limits of {machine}:"
    figures = tuple(f"{sensor_name(each.name)}: {_limits(each)}" for each in limited)
    if len(limited) == 1:
        finding, figures = f"{machine}, {sensor_name(limited[0].name)}: {_limits(limited[0])}.", ()
    return Said(
        finding=finding,
        figures=figures,
        rests_on=f"Source: {'; '.join(sources)}." if sources else "",
        doubts=(f"No limits are known for {say_list(bare)}.",) if bare and asked_for else (),
    )


def _sensor_line(each: SensorDescription) -> str:
    unit = say_unit(each.unit)
    mark = " (primary)" if each.primary else ""
    return f"{each.name}{f' [{unit}]' if unit else ''}: {each.description[:1].lower()}{each.description[1:]}{mark}"


def _limits(each: SensorDescription) -> str:
    parts = []
    if each.normal_low is not None and each.normal_high is not None:
        parts.append(f"normal {say_number(each.normal_low)} to {say_figure(each.normal_high, each.unit)}")
    for level, low, high in (
        ("warning", each.warning_low, each.warning_high), ("alarm", each.alarm_low, each.alarm_high)
    ):  # fmt: skip
        sides = [
            f"{side} {say_figure(value, each.unit)}"
            for side, value in (("below", low), ("above", high))
            if value is not None
        ]
        if sides:
            parts.append(f"{level} {' or '.join(sides)}")
    return ", ".join(parts)


def _failure_modes(found: MachineDescription, machine: str) -> Said:
    if not found.failure_modes:
        return Said(finding=f"The profile of {machine} states no failure modes, so they are not known.")
    return Said(
        finding=f"{machine} can fail in {count(len(found.failure_modes), 'known way')}:",
        figures=tuple(
            f"{mode.title} ({mode.iso14224_mode}, {mode.mechanism.lower()}): {mode.symptoms.rstrip('.')}. Seen on "
            f"{say_list(map(sensor_name, mode.sensors))}, typically {say_hours(mode.pf_hours)} before it fails"
            for mode in found.failure_modes
        ),
        rests_on="From its profile. For what causes one and how to remedy it, ask why.",
    )


def _maintenance(found: MachineDescription, machine: str) -> Said:
    if not found.maintenance:
        return Said(finding=f"The profile of {machine} states no maintenance tasks, so they are not known.")
    return Said(
        finding=f"Maintenance of {machine}, by operating hours:",
        figures=tuple(f"{task.action}: every {say_hours(task.interval_hours)}" for task in found.maintenance),
        rests_on="From its profile.",
    )


def _value(each: RatedFigure) -> str:
    return say_figure(each.value, each.unit)


def _rating_name(name: str) -> str:
    return name.replace("_", " ")


def say_onboarded(found: OnboardedMachine, asked: Asked) -> Said:
    done = "has a new profile" if found.replaced else "is now among the machines"
    return Said(
        finding=f"{found.name} ({found.kind} {found.number}) {done}, as {found.machine_id}.",
        figures=(
            f"Sensors: {say_list(map(sensor_name, found.sensors))}",
            *((f"Rated: {say_list(map(sensor_name, found.rated))}",) if found.rated else ()),
        ),
        advice=("Next: import its readings, and log its past failures; then its models can be trained.",),
        rests_on=f"Its profile is {found.profile_file}.",
        doubts=tuple(
            f"{word}: {'; '.join(items)}."
            for word, items in (("Guessed", found.guessed), ("Not known", found.missing))
            if items
        ),
    )
