"""Which of a machine's sensors a text speaks of, by name or by everyday word."""

import re
from typing import get_args

from agent.brains.offline.text import Span
from machine_profiles.profile import Profile, Quantity, Sensor

# everyday words → the quantities they may mean, in the order they are tried
WORDS: dict[str, tuple[Quantity, ...]] = {
    "vibration": ("vibration",),
    "vibrations": ("vibration",),
    "vibes": ("vibration",),
    "shaking": ("vibration",),
    "vibration level": ("vibration",),
    "vibration velocity": ("vibration",),
    "vibrating": ("vibration",),
    "bearing temperature": ("bearing temperature",),
    "bearing temperatures": ("bearing temperature",),
    "bearings temperature": ("bearing temperature",),
    "bearing heat": ("bearing temperature",),
    "bearing temp": ("bearing temperature",),
    "temperature of the bearing": ("bearing temperature",),
    "temperature of the bearings": ("bearing temperature",),
    "oil temperature": ("oil temperature",),
    "oil temp": ("oil temperature",),
    "temperature of the oil": ("oil temperature",),
    "winding temperature": ("winding temperature",),
    "winding temp": ("winding temperature",),
    "stator temperature": ("winding temperature",),
    "windings": ("winding temperature",),
    "ambient temperature": ("ambient temperature",),
    "ambient": ("ambient temperature",),
    "room temperature": ("ambient temperature",),
    "outside temperature": ("ambient temperature",),
    "temperature": ("temperature", "winding temperature", "oil temperature", "bearing temperature"),
    "temperatures": ("temperature", "winding temperature", "oil temperature", "bearing temperature"),
    "temp": ("temperature", "winding temperature", "oil temperature", "bearing temperature"),
    "how hot": ("temperature", "winding temperature", "oil temperature", "bearing temperature"),
    "how warm": ("temperature", "winding temperature", "oil temperature", "bearing temperature"),
    "overheat": ("temperature", "winding temperature", "oil temperature", "bearing temperature"),
    "pressure": ("pressure",),
    "pressures": ("pressure",),
    "how much pressure": ("pressure",),
    "differential pressure": ("differential pressure",),
    "pressure drop": ("differential pressure",),
    "dp": ("differential pressure",),
    "delta p": ("differential pressure",),
    "pressure difference": ("differential pressure",),
    "flow": ("flow",),
    "flow rate": ("flow",),
    "throughput": ("flow",),
    "delivery": ("flow",),
    "current": ("current",),
    "currents": ("current",),
    "amps": ("current",),
    "amperage": ("current",),
    "amperes": ("current",),
    "motor current": ("current",),
    "current draw": ("current",),
    "draw": ("current", "power"),
    "draws": ("current", "power"),
    "drawing": ("current", "power"),
    "be drawing": ("current", "power"),
    "power draw": ("power", "current"),
    "power": ("power",),
    "power consumption": ("power",),
    "speed": ("speed",),
    "how fast": ("speed",),
    "revs": ("speed",),
    "rpm": ("speed",),
    "torque": ("torque",),
    "load": ("load",),
    "loading": ("load",),
    "utilisation": ("load",),
    "noise": ("noise",),
    "sound level": ("noise",),
    "oil condition": ("oil condition",),
    "oil quality": ("oil condition",),
    "oil cleanliness": ("oil condition",),
    "particle count": ("oil condition",),
    "particles": ("oil condition",),
    "tracking": ("position",),
    "position": ("position",),
    "level": ("level",),
}
# where "current" is no sensor: "the current state", "current champion"
_NO_SENSOR = re.compile(
    r"\bcurrent(?:ly)?\s+(?:state|status|health|condition|model|models|champion|version|one|situation|risk|prognosis|"
    r"readings?|values?|data|sensor|vibration|temperature|temperatures|pressure|bearing|oil|flow|speed|load|winding|"
    r"failure|rul|remaining|discharge|suction|anomaly|job|training|motor|superheat|noise)\b"
    r"|\bat current\b|\bpower (?:unit|pack|cycle|down|off|on|up)\b|\bflow ?chart\b|\b(?:full|half|part) load\b"
    r"|\b(?:the|an?|this|technical|dimensional|assembly|wiring) drawings?\b"
    r"|\bdrawing (?:up|of|no)\b|\bdraw (?:up|me|a|the)\b"
    r"|\bload (?:the |this |in |up |data|file|it)\b|\bspeed (?:up|it)\b|\bon load\b|\bnoise level\b(?=\x00)",
    re.I,
)
_UNHEARD_OF = (
    r"humidity|moisture|ph(?: value)?|viscosity|conductivity|voltage|acceleration|frequency|density|turbidity|"
    r"oxygen|co2|"
    r"weight|tension|strain|displacement|thrust|brightness|radiation|magnetic field|dew point|wind|gas|dust"
)
_LINKS = ("of", "in", *(f"{link} {the}" for link in ("of", "in", "at", "on") for the in ("the", "its")))
_OF_A_BEARING = ("", " temperature", " temp")
TOO_SHORT = {
    "bearing",
    "suction",
    "leakage",
    "iron",
    "accuracy",
    "inlet filter",
    "sound",
}  # synonyms that are also parts


class SensorWords:
    """The sensors of one machine, by every name they have."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile

    def found(self, text: str) -> list[tuple[Span, Sensor]]:
        """In the order they stand, each sensor once, longest wording first."""
        plain = _NO_SENSOR.sub(lambda found: _blank_current(found[0]), text)
        taken: list[tuple[Span, Sensor]] = []
        for words, sensor in sorted(self._names().items(), key=lambda item: -len(item[0])):
            for match in re.finditer(rf"(?<![\w-]){_spaced(words)}(?![\w-])", plain, re.I):
                span = Span(match.start(), match.end())
                if not any(span.overlaps(other) for other, _ in taken):
                    taken.append((span, sensor))
        unique: dict[str, tuple[Span, Sensor]] = {}
        for span, sensor in sorted(taken, key=lambda item: item[0].start):
            unique.setdefault(sensor.name, (span, sensor))
        return list(unique.values())

    def _names(self) -> dict[str, Sensor]:
        names: dict[str, Sensor] = {}
        for words, quantities in WORDS.items():
            sensor = next((s for quantity in quantities if (s := self.profile.primary(quantity))), None)
            if sensor is not None:
                names[words] = sensor
        for sensor in self.profile.sensors:
            spoken = sensor.name.replace("_", " ")
            own = {spoken, sensor.name, spoken.replace("temperature", "temp"), *sensor.synonyms}
            names |= {
                word.lower(): sensor
                for word in own - TOO_SHORT
                if word.lower() not in get_args(Quantity) or sensor.primary
            }
        for sensor in self.profile.sensors:
            if sensor.name.endswith("_nde"):
                names |= {f"{end} bearing{more}": sensor for end in ("non-drive-end", "nde") for more in _OF_A_BEARING}
        return {turned: sensor for words, sensor in names.items() for turned in (words, *_turned(words))}


def _spaced(words: str) -> str:
    """As a pattern; where a machine's name stood between two of them there are several blanks now."""
    return r"\s+".join(map(re.escape, words.split(" ")))


def _turned(words: str) -> list[str]:
    """ "oil temperature" → "temperature of the oil", "oil water" → "water in the oil" """
    what, _, quantity = words.rpartition(" ")
    if not what:
        return []
    return [f"{quantity} {link} {what}" for link in _LINKS]


def speaks_of_a_sensor(text: str) -> str | None:
    """The first everyday sensor word of a text, whatever the machine."""
    plain = _NO_SENSOR.sub(lambda found: _blank_current(found[0]), text)
    hits = [
        (match.start(), -len(words), words)
        for words in WORDS
        for match in re.finditer(rf"(?<![\w-]){re.escape(words)}(?![\w-])", plain, re.I)
    ]
    return min(hits)[2] if hits else None


def strange_sensor(text: str) -> str | None:
    """A measured quantity that the text asks for, to be called where the machine has no such sensor."""
    found = re.search(rf"\b(?:{_UNHEARD_OF})\b", text, re.I)
    return found[0] if found else speaks_of_a_sensor(text)


def _blank_current(words: str) -> str:
    return re.sub(
        r"^(?:.*\bdrawings?\b.*|draw|"
        r"current(?:ly)?|at current|power|flow|load|speed|on load|full load|half load|part load)",
        lambda m: " " * len(m[0]),
        words,
        flags=re.I,
    )
