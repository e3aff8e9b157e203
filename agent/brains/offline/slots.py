"""What a clause says of a tool's arguments beside the machine. Keys are the tools' own argument names."""

import re
from collections.abc import Callable
from typing import Any

from agent.brains.offline.amounts import counts, lies_back
from agent.brains.offline.maintenance import maintenance
from agent.brains.offline.sensors import SensorWords
from agent.brains.offline.vocabulary import (
    ALL_TASKS,
    BARE_NX,
    JOB,
    METHODS,
    PATH,
    PRECISIONS,
    TARGETS,
    TASK_WORDS,
    UNKNOWN_METHODS,
    VERSION,
    first_named,
)
from agent.brains.offline.words import Words
from machine_profiles.profile import Profile
from models.datasheet import KIND_WORDS, kind_in, sensors_in

_NEW_NAME = re.compile(
    r"\b(?:(?:it is |it's )?(?:called|named)|name(?: is|:)?|it is|it's)\s+(?:the |a |an )?"
    r"(?P<name>[\"'“]?[A-Za-z0-9][^,.;:]*?)"
    r"(?=\s+(?:with|that|which|and (?:it|has|measur\w+|with|carries)|having|measur\w+|has|sensors?)\b"
    r"|[,;:]|\.(?:\s|$)|$)",
    re.I,
)
_NEW_BRAND = re.compile(
    rf"\b(?:a|an|our|the|new|another|this)\s+(?:new\s+)?(?P<name>(?:[A-Z][\w-]*|\d[\w-]*)(?:\s+[A-Z0-9][\w-]*){{0,4}})"
    rf"(?=(?:\s+[a-z]+){{0,2}}\s+(?i:{'|'.join(KIND_WORDS.values())})|\s+with\b|,|$)"
)


_BUT = re.compile(r"\b(?:except|but(?: not)?|apart from|other than|excluding|without|save)\b", re.I)
_CAPPED = re.compile(
    r"\b(?:cap(?:ped|ping)?|limit(?:ed)?|max(?:imum)?|clip(?:ped)?|at most|ceiling|up to|"
    r"(?:nothing|none|not|no|never) (?:\w+ )?(?:above|over|more than|beyond|longer than|greater than|higher than)|"
    r"cut (?:it |them )?off|saturat\w*)\b",
    re.I,
)


def tasks(text: str) -> list[str]:
    """In the order of the contract."""
    plain = re.sub(r"\bfailure modes?\b", "", text, flags=re.I)
    without = _BUT.search(plain)
    if re.search(ALL_TASKS, plain[: without.start()] if without else plain, re.I):
        spared = _named(plain[without.start() :]) if without else []
        return [task for task in TASK_WORDS if task not in spared]
    return _named(plain)


def _named(text: str) -> list[str]:
    return [task for task, pattern in TASK_WORDS.items() if re.search(rf"\b(?:{pattern})(?!\w)", text, re.I)]


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
    if tool in ("predict_health", "query_telemetry", "log_maintenance", "check_drift") and (
        unit := unit_name(words.bare)
    ):
        args["unit"] = unit
    return args


def _telemetry(words: Words, profile: Profile | None) -> dict[str, Any]:
    args: dict[str, Any] = {}
    if profile and (sensors := SensorWords(profile).found(words.bare)):
        args["sensors"] = [sensor.name for _, sensor in sensors]
    if lengths := words.lengths:
        back = [length for length in lengths if lies_back(length, words.bare) and length.said.lower() != "yesterday"]
        args["window"] = f"{(back or lengths)[0].hours:g}h"
    return args


def _health(words: Words, profile: Profile | None) -> dict[str, Any]:
    args: dict[str, Any] = {}
    ahead = [length for length in words.lengths if not lies_back(length, words.bare)]
    if ahead:
        args["horizon_hours"] = ahead[0].hours
    if profile and re.search(
        r"\b(?:if|with|suppose|assum\w+|say|given|what if|were|imagine|measured?|measuring|reads?|shows|showing)\b",
        words.bare,
        re.I,
    ):
        readings = _readings(words.bare, profile)
        if readings:
            args["readings"] = readings
    return args


def _readings(text: str, profile: Profile) -> dict[str, float]:
    readings = {}
    for span, sensor in SensorWords(profile).found(text):
        after = re.match(
            r"[\s,:=]*(?:(?:on|for|the|is|are|at|of|were|was|reads?|reading|goes|rises?|"
            r"climbs?|went|to|hits?|reaches|up|around|about|showing|shows)\s+)*(-?\d+(?:\.\d+)?)(?!\d*\s*(?:hours|"
            r"h\b|days|weeks))",
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
    text = words.bare.lower()
    args: dict[str, Any] = {}
    if re.search(
        r"\b(rul|remaining|useful life|life|lifetime|hours left|shortest|next to (fail|go|die|break))\b", text
    ):
        args["by"] = "rul"
    elif re.search(r"\banomal\w*|\b(strange\w*|odd\w*|abnormal\w*|weird\w*|unusual\w*|outliers?)\b", text):
        args["by"] = "anomaly"
    elif re.search(r"\b(probab\w*|likel\w*|risk\w*|odds|chances?|failure probability)\b", text):
        args["by"] = "failure_probability"
    top = re.search(
        r"\b(?:top|worst|first|bottom|riskiest|weakest)\s*(\d+|two|three|four|five|"
        r"six|seven|eight|ten|dozen)\b|\b(\d+|two|three|four|five|six|seven|eight|"
        r"ten)\s+(?:\w+\s+){0,2}(?:worst|most|machines?|assets?|candidates|units|"
        r"(?!rest\b|best\b|test\b)[a-z]{3,}est|"
        r"(?:that|which|to) (?:will |are |is |would )?(?:\w+ )?"
        r"(?:go|fail|die|closest|nearest|worst|break|give|quit)\w*)\b",
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
    if method := first_named(METHODS, words.bare):
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
    elif own := _own_name(words.bare):
        args["dataset"] = own
    elif re.search(r"\bsynthetic|\bgenerated|\bartificial", words.bare, re.I):
        args["dataset"] = "synthetic"
    elif re.search(r"\bhistory\b|\bhistoric(?:al)?\b|\brecorded\b|\breal data\b", words.bare, re.I):
        args["dataset"] = "history"
    capped = _CAPPED.search(words.bare)
    if capped:
        if lengths := words.lengths:
            args["cap_hours"] = lengths[0].hours
        elif amounts := counts(words.bare):
            args["cap_hours"] = float(amounts[0][1])
    return args


def _own_name(text: str) -> str | None:
    """A data set called by a name of its own: "the data set winter2019"."""
    found = re.search(r"\bdata ?set (?:called |named )?\"?(\w*[\d_]\w*)|\b(\w*[a-z_]\d\w*) data ?set\b", text, re.I)
    return (found[1] or found[2]) if found else None


def _training(words: Words, profile: Profile | None) -> dict[str, Any]:
    args: dict[str, Any] = {}
    if wanted := tasks(words.bare):
        args["tasks"] = wanted
    limits = [length for length in words.lengths if not lies_back(length, words.bare)]
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
    target = first_named(TARGETS, words.bare) or ("jetson_xavier_nx" if re.search(BARE_NX, words.bare, re.I) else None)
    found = {"target": target, "precision": first_named(PRECISIONS, words.bare)}
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


def _drift(words: Words, profile: Profile | None) -> dict[str, Any]:
    return {"window": f"{lengths[0].hours:g}h"} if (lengths := words.lengths) else {}


def _onboarding(words: Words, profile: Profile | None) -> dict[str, Any]:
    text = words.text
    if found := paths(text):
        return {"path": found[0]}
    args: dict[str, Any] = {}
    if kind := kind_in(text):
        args["kind"] = kind
    if named := _NEW_NAME.search(text) or _NEW_BRAND.search(text):
        args["name"] = named["name"].strip(" '\"“”")
    measured = re.search(
        r"\b(?:with|measur\w+|sensors?|has|have|having|carries|monitor\w*|records?)\b(?P<what>.*)", text, re.I | re.S
    )
    if measured and (sensors := sensors_in(measured["what"])):
        args["sensors"] = [sensor.quantity for sensor in sensors]
    return args


_FILLERS: dict[str, Callable[[Words, Profile | None], dict[str, Any]]] = {
    "query_telemetry": _telemetry, "predict_health": _health, "rank_fleet": _fleet, "forecast_sensor": _forecast,
    "synthesize_data": _synthesis, "label_rul": _labels, "train_models": _training, "compare_models": _task,
    "promote_model": _promotion, "rollback_model": _task, "export_edge": _export, "import_telemetry": _import,
    "log_maintenance": maintenance, "onboard_machine": _onboarding,
    "check_drift": _drift,
}  # fmt: skip
