"""Units as texts and results write them, and which figures in one may be said in another."""

_TIME = {"s": 1 / 3600, "min": 1 / 60, "h": 1.0, "d": 24.0, "w": 168.0, "month": 730.0, "y": 8760.0, "ms": 1 / 3.6e6,
         "us": 1 / 3.6e9}  # fmt: skip
TIME = frozenset(_TIME)
_DATA = {"byte": 1.0, "kb": 1e3, "mb": 1e6, "gb": 1e9}
_BINARY = {"byte": 1.0, "kb": 2.0**10, "mb": 2.0**20, "gb": 2.0**30}

_SPELLINGS = {
    "s": "s sec secs second seconds",
    "ms": "ms millisecond milliseconds",
    "us": "us µs μs microsecond microseconds",
    "min": "min mins minute minutes",
    "h": "h hr hrs hour hours",
    "d": "d day days",
    "w": "w wk week weeks",
    "month": "month months",
    "y": "year years yr",
    "byte": "byte bytes",
    "kb": "kb kib kilobyte kilobytes",
    "mb": "mb mib megabyte megabytes",
    "gb": "gb gib gigabyte gigabytes",
    "%": "% percent pct",
    "cycle": "cycle cycles",
    "°c": "°c degc celsius",
    "k": "k kelvin",
    "mm/s": "mm/s",
    "m/s^2": "m/s² m/s^2 m/s2",
    "bar": "bar",
    "mbar": "mbar millibar",
    "kpa": "kpa",
    "mpa": "mpa",
    "a": "a amp amps ampere amperes",
    "kw": "kw kilowatt kilowatts",
    "w_": "watt watts",
    "v": "v volt volts",
    "hz": "hz",
    "rpm": "rpm r/min",
    "nm": "nm",
    "m3/h": "m3/h m³/h m^3/h",
    "m3/min": "m3/min m³/min m^3/min",
    "l/min": "l/min",
    "l/s": "l/s",
    "mm": "mm",
    "um": "um µm μm",
    "kg": "kg",
    "db": "db",
    "probability": "probability",
    "score": "score",
}
_CANONICAL = {spelling: unit for unit, spellings in _SPELLINGS.items() for spelling in spellings.split()}


def canonical(unit: str) -> str | None:
    """The unit that a spelling means; None for a word that is no unit."""
    return _CANONICAL.get(unit.lower().rstrip("."))


def scales(of_source: str | None, shown: str | None) -> list[float]:
    """By what a source's figure may be multiplied to be the one shown; a source without a unit may have any.

    >>> scales("h", "d") == [1 / 24]
    True
    >>> scales("mm/s", "h")
    []
    """
    if of_source is not None and shown is not None and of_source == shown:
        return [1.0]
    if shown is None:
        return [1.0]
    if shown == "%":
        return {None: [1.0, 100.0], "probability": [100.0], "score": [100.0]}.get(of_source, [])
    if of_source in ("probability", "score"):
        return []
    if shown in _TIME:
        if of_source in _TIME:
            return [_TIME[of_source] / _TIME[shown]]
        return [1.0] if of_source is None else []
    if shown == "cycle" and of_source == "h":  # fields count a profile's time unit as hours
        return [1.0]
    if shown in _DATA:
        if of_source in _DATA:
            return [_DATA[of_source] / _DATA[shown], _BINARY[of_source] / _BINARY[shown]]
        return [1.0] if of_source is None else []
    return [1.0] if of_source is None else []
