"""What a clause says of a tool's arguments beside the machine. Keys are the tools' own argument names."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from agent.brains.offline.amounts import Length, counts, durations
from agent.brains.offline.dates import moment
from agent.brains.offline.machines import Mention
from agent.brains.offline.sensors import SensorWords, speaks_of_a_sensor
from agent.brains.offline.text import Span
from machine_profiles.profile import Profile

TASK_WORDS = {
    "failure": r"failures?(?! modes?\b)(?:[ -]predict\w*)?|breakdown|classifier",
    "rul": r"rul|remaining[ -](?:useful[ -])?(?:life|hours|lifetime)|(?:useful[ -])?life(?:time)?(?=[ -](?:models?|predict\w*|estimat\w*))|lifetime",
    "anomaly": r"anomal\w*|outliers?|novelty",
    "forecast": r"forecast\w*|forecaster",
}
ALL_TASKS = (
    r"\b(?:all (?:four|of them|the (?:models?|tasks?)|models|tasks|\d)|everything|every (?:model|task)|all four)\b"
)
METHODS = {
    "ctgan": r"ct[- ]?gan", "tvae": r"tvae", "gaussian_copula": r"(?:gaussian[ _-]?)?copula|gaussian", "par": r"\bpar\b",
    "lives": r"(?:whole |full |complete |synthetic )?lives|run[- ]to[- ]failure", "auto": r"\bauto(?:matic(?:ally)?)?\b",
}  # fmt: skip
UNKNOWN_METHODS = r"\b(?:smote|diffusion|copulagan|copula gan|timegan|wgan|llm|gpt|bootstrap\w*|vae|gan)\b"
TARGETS = {
    "jetson_xavier_nx": r"xavier(?:[ -]?nx)?|\bnx\b", "jetson_orin": r"orin\b", "jetson_nano": r"\bnano\b",
    "cpu": r"\bcpu\b|\blaptop\b|raspberry(?: pi)?|\bpi\b|\bintel\b|\bx86\b|industrial pc|\bipc\b|gateway|\bpc\b",
}  # fmt: skip
PRECISIONS = {
    "int8": r"\bint[ -]?8\b|\b8[ -]?bits?\b|quanti[sz]ed?\b", "fp16": r"\b(?:fp|float)[ -]?16\b|\bhalf[ -]precision\b|\b16[ -]?bits?\b|\bhalf\b",
    "fp32": r"\b(?:fp|float)[ -]?32\b|\b(?:full|single)[ -]precision\b|\b32[ -]?bits?\b",
}  # fmt: skip
ACTIONS = {
    "overhaul": r"overhaul\w*|rebuil[td]\w*|refurbish\w*|reconditioned",
    "failure": r"fail(?:ed|ure)?\b|broke(?:n)?(?: down)?\b|breakdown|burn(?:t|ed) (?:out|up)|seized(?: up)?|gave (?:up|out)|packed (?:up|in)|died|conked out|blew (?:up|a)",
    "replacement": r"replacement|(?:replaced|swapped(?: out)?|exchanged|changed out) (?:the |it\b|this |our )?(?:whole |entire |complete |old )*(?:machine|unit|pump|motor|compressor|fan|gearbox|conveyor|chiller|robot|turbine|blower|with a new)\b(?! \w*(?:bearing|seal|filter|belt|oil|brush|coupling|blade|impeller))|replaced it\b|swapped it\b",
    "lubrication": r"re-?greas\w*|greas\w*|lubricat\w*|lube\w*|oil change|chang(?:ed|ing) (?:the |its )?(?:gear |hydraulic |compressor )?oil(?! filter)|topped up (?:the |its )?\w*\s?oil|oiled|refilled (?:the )?oil|new oil(?! filter)|oil top",
    "alignment": r"re-?align\w*|align\w*|shimm\w*",
    "balancing": r"re-?balanc\w*|balanc\w*",
    "calibration": r"re-?calibrat\w*|calibrat\w*",
    "cleaning": r"clean\w*|flush\w*|wash\w*|blew out|descal\w*|degreas\w*",
    "adjustment": r"adjust\w*|tighten\w*|re-?tension\w*|tension\w*|re-?torqu\w*|tracked|set up",
    "repair": r"repair\w*|fix(?:ed|ing)\b|mend\w*|weld\w*|patch\w*|replac\w*|chang(?:ed|ing)|swapp\w*|fitted|installed|renew\w*|exchang\w*|put in|new \w+",
    "inspection": r"inspect\w*|look(?:ed)? (?:over|at)|check(?:ed|up)?\b|walk(?:ed)?[- ]?(?:down|round|around)|visual|serviced?\b|servicing",
    "other": r"\bother\b",
}  # fmt: skip
RATED = (
    "power",
    "speed",
    "voltage",
    "current",
    "flow",
    "head",
    "pressure",
    "torque",
    "frequency",
    "ratio",
    "payload",
    "capacity",
)
PATH = re.compile(
    r"\"(?P<q>[^\"]+\.\w{2,7})\"|'(?P<s>[^']+\.\w{2,7})'|`(?P<b>[^`]+\.\w{2,7})`|"
    r"(?P<p>(?:[A-Za-z]:\\|~?/|\.{1,2}/)?[\w.+@-]+(?:[/\\][\w.+@-]+)*\.(?:csv|parquet|pq|tsv|txt|xlsx?|json|ya?ml|md|pdf|gz|feather|zip|jpe?g|png|bmp|tiff?|webp)\b)",
    re.I,
)
JOB = re.compile(r"\b[a-z_]+-(?:\d{3}|[a-z0-9]+)-[0-9a-f]{4,}\b|\bjob[_ -](?:id )?#?(?P<id>[\w-]*\d[\w-]*)", re.I)
VERSION = re.compile(
    r"\b(?:v|ver\.?|version|model|number|no\.?|revision)\s?#?(?P<n>\d{1,4})\b(?!\s*(?:h|hours|min|days|rows))", re.I
)
PAST = re.compile(r"\b(?:last|past|previous|over|for|since|from|of the|during|ago|yesterday)\b", re.I)


@dataclass(frozen=True)
class Words:
    """A clause with what was found in it."""

    text: str
    mentions: tuple[Mention, ...]
    now: datetime
    spans: tuple[Span, ...] = field(default=())

    @property
    def bare(self) -> str:
        """The text with machines blanked out, so that their numbers are not taken for amounts."""
        return blank(self.text, [mention.span for mention in self.mentions])

    @property
    def lengths(self) -> list[Length]:
        return durations(self.bare, self.now)


def blank(text: str, spans: list[Span]) -> str:
    for span in spans:
        text = text[: span.start] + " " * (span.end - span.start) + text[span.end :]
    return text


def tasks(text: str) -> list[str]:
    """In the order of the contract."""
    plain = re.sub(r"\bfailure modes?\b", "", text, flags=re.I)
    if re.search(ALL_TASKS, plain, re.I):
        return list(TASK_WORDS)
    return [task for task, pattern in TASK_WORDS.items() if re.search(rf"\b(?:{pattern})\b", plain, re.I)]


def version(text: str) -> int | str | None:
    found = VERSION.search(text)
    if found:
        return int(found["n"])
    return "best" if re.search(r"\bbest\b", text, re.I) else None


def paths(text: str) -> list[str]:
    return [next(part for part in found.groups() if part) for found in PATH.finditer(text)]


def job_id(text: str) -> str | None:
    found = JOB.search(text)
    return (found["id"] or found[0]) if found else None


def named(table: dict[str, str], text: str) -> str | None:
    """The first key of the table whose pattern is in the text."""
    return next((key for key, pattern in table.items() if re.search(pattern, text, re.I)), None)


def unit_name(text: str) -> str | None:
    found = re.search(
        r"\b(?:unit|engine|sister(?: unit)?|twin)\s+(?:no\.?\s*|number\s*|#)?([A-Za-z]{0,8}[-_]?\d+[A-Za-z]?)\b",
        text,
        re.I,
    )
    return found[1] if found else None


def fill(tool: str, words: Words, profile: Profile | None) -> dict[str, Any]:
    """Only what the person said; defaults are the tools' own."""
    filler = _FILLERS.get(tool)
    args = filler(words, profile) if filler else {}
    if tool in ("predict_health", "query_telemetry", "log_maintenance") and (unit := unit_name(words.bare)):
        args["unit"] = unit
    return args


def _describe(words: Words, profile: Profile | None) -> dict[str, Any]:
    return {}


def _telemetry(words: Words, profile: Profile | None) -> dict[str, Any]:
    args: dict[str, Any] = {}
    if profile and (sensors := SensorWords(profile).found(words.bare)):
        args["sensors"] = [sensor.name for _, sensor in sensors]
    if lengths := words.lengths:
        args["window"] = f"{lengths[0].hours:g}h"
    return args


def _health(words: Words, profile: Profile | None) -> dict[str, Any]:
    args: dict[str, Any] = {}
    ahead = [
        length
        for length in words.lengths
        if not re.search(r"\b(?:last|past|previous|yesterday|since)\b[\w\s]*$", words.bare[: length.span.end], re.I)
    ]
    if ahead:
        args["horizon_hours"] = ahead[0].hours
    if profile and re.search(r"\b(?:if|with|suppose|assum\w+|say|given|what if|were|imagine)\b", words.bare, re.I):
        readings = _readings(words.bare, profile)
        if readings:
            args["readings"] = readings
    return args


def _readings(text: str, profile: Profile) -> dict[str, float]:
    readings = {}
    for span, sensor in SensorWords(profile).found(text):
        after = re.match(
            r"[\s,:=]*(?:(?:on|for|the|is|are|at|of|were|was|reads?|reading|goes|rises?|climbs?|went|to|hits?|reaches|up|around|about|showing|shows)\s+)*(-?\d+(?:\.\d+)?)(?!\d*\s*(?:hours|h\b|days|weeks))",
            text[span.end :],
            re.I,
        )
        before = re.search(
            r"(-?\d+(?:\.\d+)?)\s*(?:mm/s|bar|°?c|degc|degrees|a|amps|rpm|pa|mbar|%|percent)?\s*(?:of\s+)?(?:the\s+)?$",
            text[: span.start],
            re.I,
        )
        if after:
            readings[sensor.name] = float(after[1])
        elif before:
            readings[sensor.name] = float(before[1])
    return readings


def _fleet(words: Words, profile: Profile | None) -> dict[str, Any]:
    text, args = words.bare.lower(), {}
    if re.search(
        r"\b(rul|remaining|useful life|life|lifetime|hours left|shortest|next to (fail|go|die|break))\b", text
    ):
        args["by"] = "rul"
    elif re.search(r"\banomal\w*|\b(strange\w*|odd\w*|abnormal\w*|weird\w*|unusual\w*|outliers?)\b", text):
        args["by"] = "anomaly"
    elif re.search(r"\b(probab\w*|likel\w*|risk\w*|odds|chances?|failure probability)\b", text):
        args["by"] = "failure_probability"
    top = re.search(
        r"\b(?:top|worst|first|bottom|riskiest|weakest)\s+(\d+|two|three|four|five|six|seven|eight|ten|dozen)\b|\b(\d+|two|three|four|five|six|seven|eight|ten)\s+(?:\w+\s+){0,2}(?:worst|most|riskiest|weakest|sickest|machines?|assets?|candidates|units)\b",
        text,
    )
    if top:
        word = top[1] or top[2]
        args["top"] = (
            int(word)
            if word.isdigit()
            else {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "ten": 10, "dozen": 12}[
                word
            ]
        )
    return args


def _forecast(words: Words, profile: Profile | None) -> dict[str, Any]:
    args: dict[str, Any] = {}
    if profile and (sensors := SensorWords(profile).found(words.bare)):
        args["sensor"] = sensors[0][1].name
    if lengths := words.lengths:
        args["horizon_hours"] = lengths[0].hours
    return args


def _synthesis(words: Words, profile: Profile | None) -> dict[str, Any]:
    args: dict[str, Any] = {}
    amounts = [
        (span, n) for span, n in counts(words.bare) if not any(span.overlaps(length.span) for length in words.lengths)
    ]
    rows = [
        n
        for span, n in amounts
        if re.match(
            r"\s*(?:\w+[\s-]+){0,4}?(?:rows?|samples?|records?|data ?points?|points|lines|observations)\b",
            words.bare[span.end :],
            re.I,
        )
    ]
    lives = [n for span, n in amounts if re.match(r"\s*(?:\w+\s+){0,2}?(?:lives|life)\b", words.bare[span.end :], re.I)]
    others = [n for _, n in amounts if n not in lives]
    if rows or others:
        args["rows"] = rows[0] if rows else max(others)
    if method := named(METHODS, words.bare):
        args["method"] = method
    elif unknown := re.search(UNKNOWN_METHODS, words.bare, re.I):
        args["method"] = unknown[0].lower()
    if lengths := words.lengths:
        args["time_limit_s"] = round(lengths[0].hours * 3600)
    return args


def _labels(words: Words, profile: Profile | None) -> dict[str, Any]:
    args: dict[str, Any] = {}
    stated = re.search(r"\b((?:history|synthetic|labels)@\d+)\b", words.bare, re.I)
    if stated:
        args["dataset"] = stated[1].lower()
    elif re.search(r"\bsynthetic|\bgenerated|\bartificial", words.bare, re.I):
        args["dataset"] = "synthetic"
    elif re.search(r"\bhistory\b|\bhistoric(?:al)?\b|\brecorded\b|\breal data\b", words.bare, re.I):
        args["dataset"] = "history"
    capped = re.search(
        r"\b(?:cap(?:ped|ping)?|limit(?:ed)?|max(?:imum)?|clip(?:ped)?|at most|ceiling)\b", words.bare, re.I
    )
    if capped:
        if lengths := words.lengths:
            args["cap_hours"] = lengths[0].hours
        elif amounts := counts(words.bare):
            args["cap_hours"] = float(amounts[0][1])
    return args


def _training(words: Words, profile: Profile | None) -> dict[str, Any]:
    args: dict[str, Any] = {}
    if wanted := tasks(words.bare):
        args["tasks"] = wanted
    limits = [
        length
        for length in words.lengths
        if not re.search(r"\b(?:last|past|previous)\b[\w\s]*$", words.bare[: length.span.end], re.I)
    ]
    if limits:
        args["time_limit_s"] = round(limits[0].hours * 3600)
    elif found := re.search(r"\b(?:limit|budget|time)\D{0,12}(\d+)\b", words.bare, re.I):
        args["time_limit_s"] = int(found[1])
    return args


def _task(words: Words, profile: Profile | None) -> dict[str, Any]:
    return {"task": found} if (found := tasks(words.bare)) else {}


def _promotion(words: Words, profile: Profile | None) -> dict[str, Any]:
    number = version(words.bare)
    return _task(words, profile) | ({"version": number} if number is not None else {})


def _export(words: Words, profile: Profile | None) -> dict[str, Any]:
    found = {"target": named(TARGETS, words.bare), "precision": named(PRECISIONS, words.bare)}
    if (
        odd := re.search(r"\b(?:int4|int2|bf16|bfloat16|fp8|fp64|float64|int16|4[- ]bit|64[- ]bit)\b", words.bare, re.I)
    ) and not found["precision"]:
        found["precision"] = odd[0].lower()
    return {key: value for key, value in found.items() if value}


def _import(words: Words, profile: Profile | None) -> dict[str, Any]:
    args: dict[str, Any] = {}
    for path in paths(words.text):
        is_map = re.search(r"\.ya?ml$", path, re.I)
        args.setdefault("column_map" if is_map else "path", path)
    return args


def _maintenance(words: Words, profile: Profile | None) -> dict[str, Any]:
    args: dict[str, Any] = {}
    stated = re.search(
        r"\b(?:as|an?|a)\s+(?:an?\s+)?(failure|replacement|overhaul|repair|inspection|lubrication|cleaning|alignment|balancing|adjustment|calibration)\b",
        words.text,
        re.I,
    )
    action = stated[1].lower() if stated else named(ACTIONS, words.text)
    if action:
        args["action"] = action
    note = note_of(words.text)
    if note:
        args["note"] = note
    if at := moment(words.bare, words.now):
        args["at"] = at.isoformat()
    if profile and action == "failure" and (mode := _failure_mode(words.bare, profile)):
        args["failure_mode"] = mode
    return args


def note_of(text: str) -> str:
    """The person's own words, less the order to write them down."""
    quoted = re.search(r"\"([^\"]+)\"", text)
    if quoted:
        return quoted[1]
    stripped = re.sub(
        r"^\W*(?:(?:ok|okay|hey|so|well|and|also|then|please|can you|could you|just|i want to|i'd like to|for the record)[,\s]+)*(?:(?:log|record|note|write down|document|jot down|tell the log|put in the log|enter|make a note|add to the (?:maintenance )?log)\b(?: in the (?:maintenance )?log)?(?:book)?(?:\s+that\b|\s*:)?\s*)?",
        "", text, count=1, flags=re.I,
    )  # fmt: skip
    stripped = re.sub(
        r"[\s,]*(?:\b(?:please )?(?:log|record|note|write) (?:it|that|this)(?: down)?(?: please)?)?[\s.,!]*$",
        "",
        stripped,
        flags=re.I,
    )
    return stripped.strip(" ,.")[:2000]


def _failure_mode(text: str, profile: Profile) -> str | None:
    for mode in profile.failure_modes:
        names = {mode.name.replace("_", " "), mode.title.lower()}
        if any(re.search(rf"\b{re.escape(name)}\b", text, re.I) for name in names):
            return mode.name
    words = set(re.findall(r"[a-z]{4,}", text.lower()))
    for mode in profile.failure_modes:
        if (
            set(mode.name.split("_"))
            & words
            & {
                "cavitation",
                "bearing",
                "seal",
                "winding",
                "imbalance",
                "misalignment",
                "impeller",
                "overheating",
                "gear",
                "belt",
                "brake",
            }
        ):
            return mode.name
    return None


def _sensor_word(words: Words, profile: Profile | None) -> str | None:
    return speaks_of_a_sensor(words.bare)


_FILLERS: dict[str, Callable[[Words, Profile | None], dict[str, Any]]] = {
    "query_telemetry": _telemetry, "predict_health": _health, "rank_fleet": _fleet, "forecast_sensor": _forecast,
    "synthesize_data": _synthesis, "label_rul": _labels, "train_models": _training, "compare_models": _task,
    "promote_model": _promotion, "rollback_model": _task, "export_edge": _export, "import_telemetry": _import,
    "log_maintenance": _maintenance,
}  # fmt: skip
