"""Units as texts and results write them, and what a figure in one reads in another."""

TIME = frozenset(("s", "min", "h", "d", "w", "month", "y", "ms", "us"))

# dimension → its units, each with what one of it is of the first; a temperature's zero stands beside it
_DIMENSIONS: dict[str, dict[str, float]] = {
    "time": {"h": 1.0, "s": 1 / 3600, "min": 1 / 60, "d": 24.0, "w": 168.0, "month": 730.0, "y": 8760.0,
             "ms": 1 / 3.6e6, "us": 1 / 3.6e9},
    "data": {"byte": 1.0, "kb": 1e3, "mb": 1e6, "gb": 1e9},
    "temperature": {"°c": 1.0, "k": 1.0, "°f": 5 / 9},
    "pressure": {"bar": 1.0, "mbar": 1e-3, "kpa": 1e-2, "mpa": 10.0, "pa": 1e-5, "psi": 0.0689475729},
    "speed": {"mm/s": 1.0, "m/s": 1e3, "in/s": 25.4, "m/min": 1e3 / 60, "km/h": 1e6 / 3600},
    "acceleration": {"m/s^2": 1.0, "mm/s^2": 1e-3},
    "flow": {"m3/h": 1.0, "m3/min": 60.0, "m3/s": 3600.0, "l/min": 0.06, "l/s": 3.6, "l/h": 1e-3, "gpm": 0.2271247,
             "cfm": 1.6990108},
    "power": {"kw": 1.0, "w_": 1e-3, "megawatt": 1e3, "hp": 0.745699872},
    "energy": {"kwh": 1.0, "wh": 1e-3, "megawatt_hour": 1e3},
    "current": {"a": 1.0, "ma": 1e-3, "ka": 1e3},
    "voltage": {"v": 1.0, "mv": 1e-3, "kv": 1e3},
    "frequency": {"hz": 1.0, "khz": 1e3},
    "rotation": {"rpm": 1.0, "rps": 60.0},
    "torque": {"nm": 1.0, "knm": 1e3},
    "force": {"n": 1.0, "kn": 1e3},
    "length": {"mm": 1.0, "um": 1e-3, "cm": 10.0, "metre": 1e3, "km": 1e6, "inch": 25.4, "ft": 304.8,
               "mile": 1609344.0},
    "mass": {"kg": 1.0, "gram": 1e-3, "t": 1e3, "lb": 0.45359237},
    "volume": {"l": 1.0, "ml": 1e-3, "gal": 3.785412},
}  # fmt: skip
_ZEROS = {"°c": 0.0, "k": -273.15, "°f": -160 / 9}  # of each scale, in °C
_BINARY = {"byte": 1.0, "kb": 2.0**10, "mb": 2.0**20, "gb": 2.0**30}
_DIMENSION_OF = {unit: name for name, units in _DIMENSIONS.items() for unit in units}

_SPELLINGS = {
    "s": "s sec secs second seconds",
    "ms": "ms millisecond milliseconds",
    "us": "us µs μs microsecond microseconds",
    "min": "min mins minute minutes",
    "h": "h hr hrs hour hours",
    "d": "d day days",
    "w": "w wk wks week weeks",
    "month": "month months",
    "y": "year years yr yrs",
    "byte": "byte bytes",
    "kb": "kb kib kilobyte kilobytes",
    "mb": "mb mib megabyte megabytes",
    "gb": "gb gib gigabyte gigabytes",
    "%": "% percent pct percentage",
    "cycle": "cycle cycles",
    "°c": "°c degc celsius centigrade",
    "°f": "°f degf fahrenheit",
    "k": "k kelvin kelvins",
    "mm/s": "mm/s",
    "m/s": "m/s",
    "in/s": "in/s ips",
    "m/min": "m/min",
    "km/h": "km/h kph",
    "m/s^2": "m/s² m/s^2 m/s2",
    "mm/s^2": "mm/s² mm/s^2 mm/s2",
    "bar": "bar bars",
    "mbar": "mbar millibar",
    "kpa": "kpa",
    "mpa": "mpa",
    "pa": "pa pascal pascals",
    "psi": "psi psig psia",
    "a": "amp amps ampere amperes",
    "ma": "ma milliamp milliamps",
    "ka": "ka",
    "kw": "kw kilowatt kilowatts",
    "w_": "watt watts",
    "megawatt": "megawatt megawatts",
    "hp": "hp horsepower",
    "kwh": "kwh",
    "wh": "wh",
    "megawatt_hour": "mwh",
    "v": "v volt volts",
    "mv": "mv millivolt millivolts",
    "kv": "kv kilovolt kilovolts",
    "hz": "hz hertz",
    "khz": "khz kilohertz",
    "rpm": "rpm r/min 1/min",
    "rps": "rps",
    "nm": "nm n·m",
    "knm": "knm kn·m",
    "n": "newton newtons",
    "kn": "kn kilonewton kilonewtons",
    "m3/h": "m3/h m³/h m^3/h",
    "m3/min": "m3/min m³/min m^3/min",
    "m3/s": "m3/s m³/s m^3/s",
    "l/min": "l/min",
    "l/s": "l/s",
    "l/h": "l/h",
    "gpm": "gpm",
    "cfm": "cfm",
    "mm": "mm millimetre millimetres millimeter millimeters",
    "um": "um µm μm micron microns",
    "cm": "cm centimetre centimetres centimeter centimeters",
    "metre": "metre metres meter meters",
    "km": "km kilometre kilometres kilometer kilometers",
    "inch": "inch inches",
    "ft": "ft foot feet",
    "mile": "mile miles",
    "kg": "kg kilo kilos kilogram kilograms",
    "gram": "gram grams",
    "t": "tonne tonnes ton tons",
    "lb": "lb lbs pound pounds",
    "l": "l litre litres liter liters",
    "ml": "ml",
    "gal": "gal gallon gallons",
    "db": "db dba decibel decibels",
    "ppm": "ppm",
    "ohm": "ohm ohms ω kω mω",
    "cst": "cst mm²/s",
    "eur": "€ eur euro euros",
    "usd": "$ usd dollar dollars",
    "gbp": "£ gbp",
    "times": "times occasions",
    "probability": "probability",
    "score": "score",
}
_CANONICAL = {spelling: unit for unit, spellings in _SPELLINGS.items() for spelling in spellings.split()}
_IN_CAPITALS = {"A": "a", "W": "w_", "N": "n", "MW": "megawatt", "F": "°f", "C": "°c"}  # mean other things when small
MONEY = frozenset(("eur", "usd", "gbp"))


def canonical(unit: str) -> str | None:
    """The unit that a spelling means; None for a word that is no unit.

    >>> canonical("W"), canonical("w"), canonical("Hours"), canonical("bearings")
    ('w_', 'w', 'h', None)
    """
    plain = unit.rstrip(".")
    return _IN_CAPITALS.get(plain) or _CANONICAL.get(plain.lower())


def scales(of_source: str | None, shown: str | None) -> list[float]:
    """By what a source's figure may be multiplied to be the one shown; a source without a unit may have any but money.

    >>> scales("h", "d") == [1 / 24]
    True
    >>> scales("mm/s", "h")
    []
    """
    if shown is None or (of_source is not None and of_source == shown):
        return [1.0]
    if shown == "%":
        return {None: [1.0, 100.0], "probability": [100.0], "score": [100.0]}.get(of_source, [])
    if of_source in ("probability", "score"):
        return []
    if shown == "cycle" and of_source == "h":  # fields count a profile's time unit as hours
        return [1.0]
    if of_source is None:
        return [] if shown in MONEY else [1.0]
    dimension = _DIMENSION_OF.get(shown)
    if dimension is None or _DIMENSION_OF.get(of_source) != dimension:
        return []
    units = _DIMENSIONS[dimension]
    found = [units[of_source] / units[shown]]
    return [*found, _BINARY[of_source] / _BINARY[shown]] if dimension == "data" else found


def readings(value: float, of_source: str | None, shown: str | None) -> list[float]:
    """What a source's figure may read in the unit shown: a temperature by its zero, or as a difference.

    >>> [round(each, 1) for each in readings(100.0, "°c", "°f")]
    [180.0, 212.0]
    """
    found = [value * scale for scale in scales(of_source, shown)]
    if of_source in _ZEROS and shown in _ZEROS and of_source != shown:
        units = _DIMENSIONS["temperature"]
        celsius = value * units[of_source] + _ZEROS[of_source]
        found.append((celsius - _ZEROS[shown]) / units[shown])
    return found
