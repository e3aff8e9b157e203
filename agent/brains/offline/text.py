"""A message made plain: typing mistakes mended, short forms spelt out; and places in it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from rapidfuzz.distance import OSA

from knowledge_base.embedding import MiniLM

SHORT_FORMS = {
    "pls": "please", "plz": "please", "thx": "thanks", "u": "you", "ur": "your", "wats": "what is", "wot": "what",
    "whats": "what is", "hows": "how is", "wat": "what", "gonna": "going to", "wanna": "want to", "gotta": "got to",
    "lemme": "let me", "gimme": "give me", "dunno": "do not know", "cuz": "because", "cos": "because", "b4": "before",
    "tmrw": "tomorrow", "tmr": "tomorrow", "wknd": "weekend", "vib": "vibration", "vibs": "vibration",
    "temp": "temperature", "temps": "temperatures", "brg": "bearing", "im": "i'm", "ive": "i've", "dont": "don't",
    "cant": "can't", "wont": "won't", "isnt": "isn't", "doesnt": "doesn't", "thats": "that's", "chk": "check",
    "asap": "soon", "yr": "your", "abt": "about", "mins": "minutes", "hrs": "hours", "wks": "weeks",
}  # fmt: skip
DOMAIN = [
    "vibration",
    "temperature",
    "pressure",
    "current",
    "bearing",
    "bearings",
    "winding",
    "discharge",
    "suction",
    "superheat",
    "differential",
    "ambient",
    "telemetry",
    "retrain",
    "train",
    "training",
    "promote",
    "rollback",
    "export",
    "import",
    "synthesize",
    "synthesise",
    "synthetic",
    "generate",
    "label",
    "labels",
    "compare",
    "forecast",
    "predict",
    "prediction",
    "failure",
    "failures",
    "anomaly",
    "anomalies",
    "remaining",
    "useful",
    "probability",
    "machine",
    "machines",
    "pump",
    "pumps",
    "motor",
    "motors",
    "compressor",
    "compressors",
    "gearbox",
    "gearboxes",
    "conveyor",
    "hydraulic",
    "chiller",
    "robot",
    "robots",
    "turbine",
    "blower",
    "sensor",
    "sensors",
    "readings",
    "version",
    "versions",
    "champion",
    "challenger",
    "model",
    "models",
    "dataset",
    "bundle",
    "jetson",
    "nano",
    "xavier",
    "orin",
    "precision",
    "maintenance",
    "lubrication",
    "lubricated",
    "replacement",
    "inspection",
    "overhaul",
    "calibration",
    "alignment",
    "balancing",
    "greased",
    "replaced",
    "cleaned",
    "weekend",
    "tomorrow",
    "tonight",
    "week",
    "weeks",
    "month",
    "hours",
    "minutes",
    "drift",
    "report",
    "health",
    "healthy",
    "status",
    "condition",
    "describe",
    "details",
    "limits",
    "alarm",
    "warning",
    "cavitation",
    "imbalance",
    "misalignment",
    "gaussian",
    "copula",
    "rows",
    "survive",
    "through",
    "which",
    "worst",
    "seal",
    "impeller",
    "spindle",
    "should",
    "would",
    "could",
    "going",
    "please",
    "machining",
    "centre",
]
_WORD = re.compile(r"[^\W\d_]+(?:'[a-z]+)?")


@dataclass(frozen=True)
class Span:
    """Characters `start` to `end` of a text."""

    start: int
    end: int

    def overlaps(self, other: "Span") -> bool:
        return self.start < other.end and other.start < self.end


class Speller:
    """Mends words that are neither English nor known here, where one known word is near enough."""

    def __init__(self, language: MiniLM, names: Iterable[str], also: Iterable[str] = ()) -> None:
        self._language, self._also = language, frozenset(also)
        self._known = {*DOMAIN, *(part.lower() for name in names for part in re.findall(r"[^\W\d_]{3,}", name))}

    def mend(self, text: str) -> str:
        """Files, ids, quoted text and anything with digits stay as they are."""
        plain = text.translate(str.maketrans("’‘“”–", "''\"\"-"))
        mended = []
        for part in re.split(r'("[^"]*"|\s+)', plain):
            kept = part.startswith('"') or re.search(r"[\d_/\\@]|\w\.\w", part)
            mended.append(part if kept else _WORD.sub(lambda found: self._mend(found[0]), part))
        return "".join(mended)

    def _mend(self, word: str) -> str:
        lower = word.lower()
        if lower in SHORT_FORMS:
            return SHORT_FORMS[lower]
        base = lower.split("'")[0]
        if (
            len(base) < 4
            or base in self._known
            or base in self._also
            or self._language.knows(base)
            or self._is_inflected(base)
        ):
            return word
        allowed = 1 if len(base) < 6 else 2
        near = [
            (OSA.distance(base, known, score_cutoff=allowed), -_shared_start(base, known), known)
            for known in self._known
        ]
        distance, _, nearest = min(near)
        return nearest + lower[len(base) :] if distance <= allowed else word

    def _is_inflected(self, word: str) -> bool:
        stems = {word.removesuffix(end) for end in ("s", "es", "ed", "d", "ing", "er", "ly")} - {word}
        return any(self._language.knows(stem) or self._language.knows(f"{stem}e") for stem in stems if len(stem) >= 3)


def _shared_start(left: str, right: str) -> int:
    return next((i for i, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), min(len(left), len(right)))
