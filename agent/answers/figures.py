"""Figures as people read them: sensible rounding, the unit beside them, an interval where there is one."""

from datetime import UTC, datetime

from models.results import Interval, Quantity

_UNITS = {
    "degC": "°C", "percent": "%", "dimensionless": "", "m^3/h": "m³/h", "m^3/min": "m³/min", "m^3/s": "m³/s",
    "m/s^2": "m/s²", "kelvin": "K", "delta_degC": "K", "micrometer": "µm", "um": "µm", "decibel": "dB", "ohm": "Ω",
}  # fmt: skip


def say_unit(unit: str) -> str:
    return _UNITS.get(unit, unit.replace("^3", "³").replace("^2", "²").replace("*", "·"))


def say_number(value: float) -> str:
    """Three significant digits, more only for large whole numbers.

    >>> say_number(7.1234), say_number(2900.0), say_number(0.0421), say_number(71.04)
    ('7.12', '2900', '0.0421', '71')
    """
    size = abs(value)
    if size >= 100 or value == 0:
        return grouped(value)
    digits = 1 if size >= 10 else 2 if size >= 1 else 3 if size >= 0.1 else 4
    text = f"{value:.{digits}f}".rstrip("0").rstrip(".")
    return text if text not in ("0", "-0") else f"{value:.1g}"


def say_figure(value: float | None, unit: str) -> str:
    """A value and its unit; a missing one is not known."""
    if value is None:
        return "not known"
    return f"{say_number(value)} {say_unit(unit)}".rstrip()


def say_rounded(value: float, unit: str) -> str:
    """Two significant digits, for figures that are no surer than that.

    >>> say_rounded(0.8123, "mm/s"), say_rounded(12.3, "degC")
    ('0.81 mm/s', '12 °C')
    """
    size = abs(value)
    digits = 0 if size >= 10 else 1 if size >= 1 else 2 if size >= 0.1 else 3
    return f"{value:.{digits}f} {say_unit(unit)}".rstrip()


def say_probability(value: float) -> str:
    """
    >>> say_probability(0.1234), say_probability(0.002), say_probability(0.9971)
    ('12 %', 'less than 1 %', '99.7 %')
    """
    if value < 0.01:
        return "less than 1 %"
    return f"{100 * value:.1f} %" if value > 0.99 else f"{100 * value:.0f} %"


def grouped(number: float) -> str:
    """A whole number; its thousands are set apart from five digits on.

    >>> grouped(2900), grouped(35702)
    ('2900', '35,702')
    """
    return f"{number:,.0f}" if abs(number) >= 9999.5 else f"{number:.0f}"


def say_hours(hours: float, unit: str = "h") -> str:
    """Operating hours, or what the machine's data counts in place of them.

    >>> say_hours(24.2, "cycle")
    '24 cycles'
    """
    unit = unit if len(unit) <= 2 or unit.endswith("s") else f"{unit}s"
    return f"{grouped(hours)} {unit}" if hours >= 10 else f"{hours:.1f} {unit}".replace(".0 ", " ")


def say_life(rul: Quantity, at_cap: bool | None, cap: float | None, unit: str = "h") -> str:
    """Remaining life with its interval, or as a lower bound where labels end.

    >>> say_life(Quantity(value=361.2, unit="h"), True, 360.0)
    'at least 360 h (the labels it learnt from end there)'
    """
    if at_cap and cap is not None:
        end = "there" if rul.value >= cap else f"at {say_hours(cap, unit)}"
        return f"at least {say_hours(min(rul.value, cap), unit)} (the labels it learnt from end {end})"
    return f"about {say_hours(rul.value, unit)}{say_interval(rul.interval, unit)}"


def say_interval(interval: Interval | None, unit: str = "h") -> str:
    if interval is None:
        return ""
    low = say_hours(interval.low, unit).split()[0]
    return f" ({100 * interval.confidence:.0f} % interval {low} to {say_hours(interval.high, unit)})"


def say_seconds(seconds: float) -> str:
    """
    >>> say_seconds(42.3), say_seconds(300), say_seconds(0.4)
    ('42 s', '5 min', 'less than a second')
    """
    if seconds < 1:
        return "less than a second"
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def say_bytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{size / 1e3:.1f} kB"


def say_time(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def say_window(hours: float) -> str:
    """
    >>> say_window(168.0), say_window(24.0), say_window(36.0)
    ('7 days', '24 h', '36 h')
    """
    return f"{hours / 24:.0f} days" if hours >= 48 and hours % 24 == 0 else f"{hours:g} h"


def count(number: int, thing: str, things: str | None = None) -> str:
    """
    >>> count(1, "row"), count(5000, "row"), count(0, "life", "lives")
    ('1 row', '5000 rows', 'no lives')
    """
    word = thing if number == 1 else things or f"{thing}s"
    return f"no {word}" if number == 0 else f"{grouped(number)} {word}"
