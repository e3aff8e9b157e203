"""What was recorded, imported or logged, in words."""

from agent.answers.asked import Asked
from agent.answers.figures import count, say_figure, say_rounded, say_time, say_window
from agent.answers.naming import machine_name, say_list, sensor_name
from agent.answers.said import Said
from models.importing import ImportResult
from models.sensor_statistics import SensorStatistics, TelemetrySummary
from models.telemetry import MAIN, RENEWS, MaintenanceEvent

FLAT = 0.01  # of the mean a day; a slope below it is said to be steady


def say_telemetry(found: TelemetrySummary, asked: Asked, window_hours: float | None) -> Said:
    machine = machine_name(found.machine_id, asked.catalog)
    span = f"over the last {say_window(window_hours)}" if window_hours else "over that time"
    days = (found.end - found.start).total_seconds() / 86400
    lines = [_line(each, days) for each in found.sensors]
    finding = f"{machine} {span} ({count(found.rows, 'sample')}): {_crossed(found)}."
    if len(lines) == 1:
        sensor, told = lines[0].split(": ", 1)
        finding, lines = f"{machine}, {sensor} {span}: {told}.", []
    return Said(
        finding=finding,
        figures=tuple(lines),
        rests_on=f"Readings from {say_time(found.start)} to {say_time(found.end)}."
        + (f" Plot: {found.plot}." if found.plot else ""),
        doubts=tuple(_missing(found)),
    )


def _crossed(found: TelemetrySummary) -> str:
    alarm = [sensor_name(each.sensor) for each in found.sensors if each.beyond_alarm]
    warning = [sensor_name(each.sensor) for each in found.sensors if each.beyond_warning and not each.beyond_alarm]
    parts = [
        f"{say_list(names)} went beyond the {level} limit"
        for level, names in (("alarm", alarm), ("warning", warning))
        if names
    ]
    if parts:
        return " and ".join(parts)
    silent = not any(each.readings for each in found.sensors)
    return "nothing was measured" if silent else "no reading beyond a limit"


def say_import(found: ImportResult, asked: Asked) -> Said:
    machine = machine_name(found.machine_id, asked.catalog)
    figures = []
    if found.start and found.end:
        figures.append(f"They run from {say_time(found.start)} to {say_time(found.end)}")
    if found.units > 1:
        figures.append(f"They are of {count(found.units, 'unit')}")
    if found.rows_already_known or found.duplicates:
        figures.append(f"Passed over: {found.rows_already_known:,} already known, {found.duplicates:,} double")
    if found.rows_rejected:
        reasons = say_list(f"{reason} ({number:,})" for reason, number in found.rejected_reasons.items())
        figures.append(
            f"Set aside as impossible: {count(found.rows_rejected, 'row')}, {reasons}; see {found.rejected_file}"
        )
    if found.lives_ended:
        figures.append(f"{count(found.lives_ended, 'life', 'lives')} ended in failure")
    if found.dataset:
        figures.append(f"The data set is now {found.dataset}")
    verb = "would be" if found.dry_run else "are"
    return Said(
        finding=f"{count(found.rows_stored, 'new row')} of {found.rows_read:,} read from {found.file} {verb} stored "
        f"for {machine}.".replace("no new rows", "No new row"),
        figures=tuple(figures),
        doubts=(f"Not in the file, so not known: {say_list(map(sensor_name, found.sensors_missing))}.",)
        if found.sensors_missing
        else (),
    )


def say_logged(found: MaintenanceEvent, asked: Asked, machine_id: str | None) -> Said:
    machine = machine_name(machine_id, asked.catalog)
    unit = "" if found.unit == MAIN else f", unit {found.unit}"
    note = f": “{found.note}”" if found.note else ""
    return Said(
        finding=f"Logged for {machine}{unit}: {found.action} at {say_time(found.at)}{note}.",
        figures=(f"Failure mode: {found.failure_mode.replace('_', ' ')}",) if found.failure_mode else (),
        rests_on="It ends the present life; the models learn from it at the next training."
        if found.action in RENEWS
        else "",
    )


def _has_trend(each: SensorStatistics, days: float) -> bool:
    """A slope that makes up most of the range; less is the daily round of load and weather."""
    if each.change_per_day is None or each.mean is None or each.maximum is None or each.minimum is None:
        return False
    moved = abs(each.change_per_day) * days
    return abs(each.change_per_day) > FLAT * abs(each.mean) and moved > (each.maximum - each.minimum) / 2


def _line(each: SensorStatistics, days: float) -> str:
    if each.mean is None:
        return f"{sensor_name(each.sensor)}: not measured in that time, so not known"
    latest, mean, lowest, highest = (
        say_figure(value, each.unit) for value in (each.latest, each.mean, each.minimum, each.maximum)
    )
    text = f"{sensor_name(each.sensor)}: latest {latest}, mean {mean}, between {lowest} and {highest}"
    if _has_trend(each, days):
        slope = each.change_per_day or 0.0
        text += f", {'rising' if slope > 0 else 'falling'} by {say_rounded(abs(slope), each.unit)} a day"
    if each.beyond_alarm:
        return f"{text}; {count(each.beyond_alarm, 'reading')} beyond the alarm limit"
    return f"{text}; {count(each.beyond_warning, 'reading')} beyond the warning limit" if each.beyond_warning else text


def _missing(found: TelemetrySummary) -> list[str]:
    gaps = [
        f"{sensor_name(each.sensor)} ({each.missing:,})" for each in found.sensors if each.missing and each.readings
    ]
    return [f"Readings are missing: {say_list(gaps)}."] if gaps else []
