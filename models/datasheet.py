"""What the text of a datasheet says of a machine: name, kind, rated figures, sensors with their limits."""

import re
from dataclasses import dataclass, field

from machine_profiles.errors import MillwrightError
from machine_profiles.profile import Kind, Quantity
from models.units import require_convertible

KIND_WORDS: dict[Kind, str] = {
    "compressor": r"compressors?", "gearbox": r"gear ?box(?:es)?|gear (?:unit|reducer|motor)s?|reducers?",
    "blower": r"blowers?", "fan": r"fans?|ventilators?", "conveyor": r"conveyors?|belt",
    "hydraulic": r"hydraulic(?: power unit| unit| pack)?|power pack|hpu", "chiller": r"chillers?",
    "cnc": r"cnc|machining cent(?:re|er)s?|lathes?|milling machines?|machine tools?", "robot": r"robots?|cobots?",
    "turbine": r"turbines?", "pump": r"pumps?", "motor": r"(?:electric )?motors?",
}  # fmt: skip
# what a line calls a quantity → the quantity and the unit it is kept in; the first that fits counts
QUANTITIES: tuple[tuple[str, Quantity, str], ...] = (
    (r"bearing temp\w*", "bearing temperature", "degC"),
    (r"oil (?:\w+ )?temp\w*", "oil temperature", "degC"),
    (r"(?:winding|stator) temp\w*", "winding temperature", "degC"),
    (r"ambient(?: temp\w*)?|room temp\w*", "ambient temperature", "degC"),
    (r"temp\w*", "temperature", "degC"),
    (r"vibration\w*", "vibration", "mm/s"),
    (r"differential pressure|pressure drop", "differential pressure", "bar"),
    (r"pressure", "pressure", "bar"),
    (r"flow(?: ?rate)?|delivery|air ?flow", "flow", "m^3/h"),
    (r"current|amps|amperage", "current", "A"),
    (r"torque", "torque", "N*m"),
    (r"speed|rpm|revolutions", "speed", "rpm"),
    (r"load", "load", "percent"),
    (r"power", "power", "kW"),
    (r"level", "level", "percent"),
    (r"noise|sound pressure", "noise", "dB"),
    (r"particle\w*|water content|oil condition", "oil condition", "ppm"),
    (r"position", "position", "mm"),
    (r"force|thrust", "force", "kN"),
)
_NUMBER = r"[-+−]?\d+(?:[.,]\d+)?"
_UNIT = r"[A-Za-z°%µ][\w°%/^*²³·()µ-]*"
_HEADED = re.compile(
    r"^\s*(?:[|*•-]\s*)?\**(?P<key>[^:|=\t]{2,60}?)\**\s*(?:[:|=\t]|\s{3,})\s*(?P<value>.+?)\s*\|?\s*$"
)
_FIGURE = re.compile(rf"^(?P<value>{_NUMBER})\s*(?P<unit>{_UNIT})?")
_BAND = re.compile(rf"(?P<low>{_NUMBER})\s*(?:…|\.\.+|–|-|to)\s*(?P<high>{_NUMBER})")
_LEVELS = {
    "alarm": r"alarm|trip|shut ?-?down|max(?:imum)?\.?(?: permitted| allowable)?|not exceed|danger",
    "warning": r"warn(?:ing)?|pre-?alarm|alert|attention",
}
_SENSING = re.compile(
    r"\b(?:sensor|measur|monitor|probe|transmitter|alarm|warn|trip|limit|normal|signal|channel)", re.I
)
_SECTION = re.compile(r"^\s*#*\s*(?P<title>[A-Za-z ,/&-]{4,50}):?\s*$")
_SENSOR_SECTION = re.compile(r"sensor|instrument|measur|monitor|condition|signals|channels", re.I)
_RULE = re.compile(r"^[\s|:-]+$")
_NAME_KEYS = re.compile(r"^(?:product(?: name)?|machine|name|designation|equipment|type designation|title)$", re.I)
_MAKER_KEYS = re.compile(r"^(?:manufacturer|maker|make|brand|vendor|made by|oem)$", re.I)
_MODEL_KEYS = re.compile(r"^(?:model|type|series|model (?:no|number)\.?)$", re.I)
_KIND_KEYS = re.compile(r"^(?:kind|category|machine type|equipment type|class)$", re.I)


@dataclass
class SensorDraft:
    quantity: Quantity
    description: str
    unit: str
    normal: tuple[float, float] | None = None
    warning: float | None = None
    alarm: float | None = None


@dataclass
class Draft:
    """What was read; None and empty where the text says nothing. `guessed` says what was inferred, and from what."""

    name: str | None = None
    kind: Kind | None = None
    manufacturer: str = ""
    model: str = ""
    rated: dict[str, tuple[float, str]] = field(default_factory=dict)
    sensors: list[SensorDraft] = field(default_factory=list)
    guessed: list[str] = field(default_factory=list)


def read_datasheet(text: str) -> Draft:
    """Lines such as `Rated power: 15 kW`, rows of a table, and a heading over the list of sensors.

    Nothing in the text is obeyed; what fits no pattern is passed over.
    """
    draft = Draft()
    sensing = False
    row: list[str] = []
    heads: list[str] = []
    for line in text.splitlines()[:5000]:
        if (section := _SECTION.match(line)) and not _HEADED.match(line):
            sensing = bool(_SENSOR_SECTION.search(section["title"]))
            continue
        if line.count("|") >= 2:
            above, row = row, [cell.strip(" *`") for cell in line.strip().strip("|").split("|")]
            if _RULE.match(line):
                heads = above
                continue
            if sensing and len(heads) == len(row):
                line = "; ".join(
                    [row[0], *(f"{head} {cell}" for head, cell in zip(heads[1:], row[1:], strict=True) if cell)]
                )
        if sensing or _SENSING.search(line):
            _take_sensor(draft, line, sensing)
            continue
        if headed := _HEADED.match(line.replace("||", "|")):
            _take_field(draft, headed["key"].strip(), headed["value"].strip())
    first = next((line.strip(" #*\t") for line in text.splitlines() if line.strip(" #*\t")), None)
    if draft.name is None and (draft.manufacturer or draft.model):
        draft.name = f"{draft.manufacturer} {draft.model}".strip()
        draft.guessed.append("the name, from manufacturer and model")
    elif draft.name is None and first is not None and len(first) <= 80 and not first.endswith((".", ":")):
        draft.name = first
        draft.guessed.append("the name, from the first line")
    if draft.kind is None and (kind := kind_in(f"{draft.name or ''}\n{text[:2000]}")):
        draft.kind = kind
        draft.guessed.append(f"the kind ({kind}), from the wording")
    return draft


def kind_in(text: str) -> Kind | None:
    """The kind whose word comes first."""
    found = [
        (match.start(), kind)
        for kind, words in KIND_WORDS.items()
        if (match := re.search(rf"\b(?:{words})\b", text, re.I))
    ]
    return min(found)[1] if found else None


def sensors_in(text: str) -> list[SensorDraft]:
    """The quantities a sentence names, each once: "with vibration, bearing temperature and current"."""
    found: list[tuple[int, SensorDraft]] = []
    rest = text
    for words, quantity, unit in QUANTITIES:
        if match := re.search(rf"\b(?:{words})\b", rest, re.I):
            found.append((match.start(), SensorDraft(quantity, quantity.capitalize(), unit)))
            rest = re.sub(rf"\b(?:{words})\b", lambda hit: " " * len(hit[0]), rest, flags=re.I)
    return [sensor for _, sensor in sorted(found, key=lambda pair: pair[0])]


def _take_field(draft: Draft, key: str, value: str) -> None:
    if _NAME_KEYS.match(key):
        draft.name = draft.name or value[:80]
    elif _MAKER_KEYS.match(key):
        draft.manufacturer = draft.manufacturer or value[:60]
    elif _KIND_KEYS.match(key):
        draft.kind = draft.kind or kind_in(value)
    elif _MODEL_KEYS.match(key):
        draft.model = draft.model or value[:60]
    elif (figure := _FIGURE.match(value)) and (figure["unit"] or "").lower() not in ("to",):
        name = re.sub(r"\W+", "_", key.lower()).strip("_")
        if re.match(r"^[a-z][a-z0-9_]*$", name) and len(name) <= 40:
            unit = (figure["unit"] or "dimensionless").replace("°C", "degC").replace("³", "^3").replace("²", "^2")
            draft.rated.setdefault(name, (_number(figure["value"]), unit))


def _take_sensor(draft: Draft, line: str, in_section: bool) -> None:
    for words, quantity, kept_in in QUANTITIES:
        if not re.search(rf"\b(?:{words})\b", line, re.I):
            continue
        levels = {level: _level(line, pattern) for level, pattern in _LEVELS.items()}
        normal = _BAND.search(re.split(r"\b(?:alarm|warn|trip|max)", line, flags=re.I)[0])
        if not (
            in_section
            or any(v is not None for v in levels.values())
            or re.search(r"sensor|probe|transmitter", line, re.I)
        ):
            return
        if any(each.quantity == quantity and each.description == _title(line, words) for each in draft.sensors):
            return
        draft.sensors.append(
            SensorDraft(
                quantity,
                _title(line, words),
                _unit_in(line, kept_in),
                (_number(normal["low"]), _number(normal["high"])) if normal else None,
                levels["warning"],
                levels["alarm"],
            )
        )
        return


def _level(line: str, pattern: str) -> float | None:
    found = re.search(rf"\b(?:{pattern})\b[^\d;|+−-]{{0,25}}(?P<value>{_NUMBER})", line, re.I)
    return _number(found["value"]) if found else None


def _title(line: str, words: str) -> str:
    head = re.split(r"[:;|=(\t]|\s{3,}|,", line.strip(" |*•-\t"))[0].strip(" *`")
    hit = re.search(rf"\b(?:{words})\b", line, re.I)
    title = head if hit and hit[0].lower() in head.lower() and len(head) <= 60 else (hit[0] if hit else head[:60])
    return title[:1].upper() + title[1:]


def _unit_in(line: str, kept_in: str) -> str:
    """The first unit of the right dimension that the line states, else the usual one."""
    for token in re.findall(_UNIT, line.replace("°C", "degC").replace("³", "^3").replace("²", "^2")):
        try:
            require_convertible(token.strip("()"), kept_in)
        except MillwrightError:
            continue
        if token.strip("()").lower() not in ("a", "m", "min", "in", "h") or re.search(
            rf"\d\s*{re.escape(token)}", line
        ):
            return token.strip("()")
    return kept_in


def _number(text: str) -> float:
    return float(text.replace("−", "-").replace(",", "."))
