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
    "asap": "soon", "yr": "your", "abt": "about", "mins": "minutes", "hrs": "hours", "wks": "weeks", "bout": "about",
    "mtr": "motor", "mdl": "model", "mdls": "models", "modl": "model", "prob": "probability", "yday": "yesterday",
    "yest": "yesterday", "tho": "though", "cud": "could", "shud": "should", "shd": "should", "wud": "would",
    "nxt": "next", "lst": "last", "msg": "message", "info": "information", "rn": "right now", "atm": "at the moment",
    "til": "until", "thru": "through", "wich": "which", "nite": "night", "2day": "today", "2moro": "tomorrow",
    "2nite": "tonight", "comp": "compare", "gonnae": "going to", "fae": "from", "aff": "of", "oot": "out",
    "gie": "give", "twa": "two", "wee": "little", "doon": "down", "daein": "doing", "w": "with", "n": "and",
    "r": "are", "teh": "the", "da": "the", "ya": "you", "ye": "you",
    "recieve": "receive", "wrk": "work", "wrks": "works", "wrkd": "worked", "dwn": "down", "rst": "reset", "hw": "how",
    "bak": "back", "bk": "back", "rol": "roll", "b": "be", "hav": "have", "dis": "this", "dat": "that",
    "calld": "called", "rprt": "report", "shw": "show", "rpt": "report", "hlth": "health", "wiv": "with",
    "rong": "wrong", "rolback": "rollback", "exprt": "export", "promot": "promote",
}  # fmt: skip
_FOR = re.compile(
    r"(?<![\w.#-])4(?=\s+(?:the|teh|a|an|my|our|us|me|you|u|it|all|both|this|that|these|those|next|tomorrow|tonight|"
    r"today|tmrw|wknd|now|service|use|[A-Za-z]{3,})\b(?!\s*(?:and|,)?\s*\d))", re.I,
)  # fmt: skip
_TO = re.compile(
    r"(?<![\w.#-])2(?=\s+(?:the|teh|be|do|go|get|run|see|know|leave|lock|keep|have|fix|change|chnge|make|put|take|use|my|our|"
    r"an?|jetson|nano|orin|xavier)\b)", re.I,
)  # fmt: skip
_NUMBERED = re.compile(
    r"(?:\b(?:no\.?|nr\.?|number|version|model|top|worst|first|last|past|next|of|for|in|within|cap|about|around|unit|"
    r"task|page|step|line|axis|shift|phase|stage|zone|over|by|and|or|with|until|till|than|least|most|at|to|a|under|"
    r"class|category|level)|[,#&/:+-])\s*$", re.I,
)  # fmt: skip
_AFTER_A_COUNT = re.compile(r"(?<=\d )[A-Za-z]{3,7}\b")
_TIMES = ("days", "day", "hours", "hour", "weeks", "week", "months", "month", "minutes", "minute", "seconds", "second")
_ABBREVIATED = re.compile(r"\b(?:no|nr|num)\.\s*(?=\d)", re.I)
_WHY = re.compile(r"^(\W*(?:(?:and|but|so|hey)\W+)?)y(?=\s+(?:is|are|does|did|do|the|has|was|would|so|it|u)\b)", re.I)
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
_TRADE = frozenset(
    """
    wrench spanner gasket flange sump gantry pallet sheave contactor strobe stator rotor ejector fretting sludge squeal
    squeals squealing whine whines whining screech screeching judder judders reek reeks scorch scorched clogged rework
    lorry circlip megger plenum louvre glycol spalling galling brinelling
    """.split()  # noqa: SIM905
)
_WORD = re.compile(r"[^\W\d_]+(?:'[a-z]+)?")
_VOWELS = re.compile(r"(?<=.)[aeiou]")
_COUNTED = (
    "day", "hour", "hr", "h", "week", "wk", "min", "minute", "month", "machine", "asset", "row", "life", "worst",
    "sensor",
    "model", "task", "and", "or", "bar", "mm", "degree", "percent", "pump", "motor", "robot", "shift", "time", "second",
)  # fmt: skip


@dataclass(frozen=True)
class Span:
    """Characters `start` to `end` of a text."""

    start: int
    end: int

    def overlaps(self, other: "Span") -> bool:
        return self.start < other.end and other.start < self.end


class Speller:
    """Mends words that are neither English nor known here, where one known word is near enough."""

    def __init__(
        self,
        language: MiniLM,
        names: Iterable[str],
        also: Iterable[str] = (),
        numbered: Iterable[str] = (),
        right: Iterable[str] = (),
    ) -> None:
        """`also`: words that others are mended to. `numbered`: words that a machine's number follows.

        `right`: words that stay as they are, and that nothing is mended to.
        """
        self._right = _TRADE | frozenset(right)
        self._language, self._also, self._numbered = language, frozenset(also), frozenset(numbered)
        self._known = {*DOMAIN, *(part.lower() for name in names for part in re.findall(r"[^\W\d_]{3,}", name))}
        common = {word for word in self._also if len(word) >= 5 and word.isalpha() and language.knows(word)}
        self._likely = sorted(self._known | common)

    def mend(self, text: str) -> str:
        """Files, ids, quoted text and anything with digits stay as they are."""
        mended = []
        for part in re.split(r'("[^"]*"|\s+)', self._spelt_out(text)):
            if (short := part.lower().rstrip("?!.,")) in SHORT_FORMS and re.search(r"\d", short):
                part = SHORT_FORMS[short] + part[len(short) :]
            kept = part.startswith('"') or re.search(r"[\d_/\\@]|\w\.\w", part)
            mended.append(part if kept else _WORD.sub(lambda found: self._mend(found[0]), part))
        return "".join(mended)

    def _spelt_out(self, text: str) -> str:
        """Plain quotes; figures and letters that stand for words become those words: "report 4 the boss", "y is it"."""
        plain = text.translate(str.maketrans("’‘“”–", "''\"\"-"))
        plain = _WHY.sub(r"\1why", _ABBREVIATED.sub("number ", plain))
        plain = _FOR.sub(lambda found: self._word_for(found, "for"), plain)
        plain = _TO.sub(lambda found: self._word_for(found, "to"), plain)
        return _AFTER_A_COUNT.sub(lambda found: self._unit_of_time(found[0]), plain)

    def _unit_of_time(self, word: str) -> str:
        """ "2 dys", "3 weks": after a figure an unknown word is the unit of time it is nearest to."""
        if self._language.knows(word.lower()) or word.lower() in self._known | self._also | SHORT_FORMS.keys():
            return word
        near = [unit for unit in _TIMES if word[0].lower() == unit[0] and OSA.distance(unit, word.lower()) <= 1]
        return near[0] if near else word

    def _word_for(self, found: re.Match[str], word: str) -> str:
        """ "pump 4 bearings" and "the last 2" keep their figure."""
        before = found.string[: found.start()].rstrip()
        last = re.search(r"[^\W\d_]+$", before)
        after = re.match(r"\s+([A-Za-z]+)", found.string[found.end() :])
        counted = after is not None and after[1].lower().rstrip("s") in _COUNTED
        if not last or counted or _NUMBERED.search(before) or last[0].lower().rstrip("s") in self._numbered:
            return found[0]
        return word

    def _mend(self, word: str) -> str:
        lower = word.lower()
        if lower in SHORT_FORMS and (len(word) > 1 or word.islower()):
            return SHORT_FORMS[lower]
        base = lower.split("'")[0]
        if len(base) < 4 or base in self._known | self._also | self._right or self._language.knows(base):
            return word
        if doubled := self._doubled(base):
            return doubled
        if self._is_inflected(base):
            return word
        nearest = _nearest(base, self._known) or _without_vowels(base, self._likely) or _nearest(base, self._likely)
        return nearest + lower[len(base) :] if nearest else word

    def _doubled(self, word: str) -> str | None:
        """ "swaped" → "swapped": the known form with the consonant doubled."""
        found = re.fullmatch(r"(\w*[aeiou])([bdgklmnprt])(ed|ing)", word)
        if found is None or self._language.knows(f"{found[1]}{found[2]}e"):
            return None
        whole = f"{found[1]}{found[2] * 2}{found[3]}"
        return whole if self._language.knows(whole) else None

    def _is_inflected(self, word: str) -> bool:
        stems = {word.removesuffix(end) for end in ("s", "es", "ed", "d", "ing", "er", "ly")} - {word}
        return any(self._language.knows(stem) or self._language.knows(f"{stem}e") for stem in stems if len(stem) >= 3)


def _nearest(base: str, words: Iterable[str]) -> str | None:
    allowed = 1 if len(base) < 6 else 2
    near = [
        (OSA.distance(base, word, score_cutoff=allowed), -_shared_start(base, word), word)
        for word in words
        if _begins_like(base, word)
    ]
    distance, _, nearest = min(near, default=(allowed + 1, 0, ""))
    return nearest if distance <= allowed else None


def _begins_like(base: str, word: str) -> bool:
    """The first letter is seldom mistyped: a clogged filter is not logged, a gasket no asset."""
    return word[0] == base[0] or word[1:] == base or word[:2] == base[1::-1]


def _without_vowels(base: str, words: Iterable[str]) -> str | None:
    """ "rprt" → "report": the only word that has these consonants."""
    consonants = _VOWELS.sub("", base)
    fits = [word for word in words if word[0] == base[0] and _VOWELS.sub("", word) == consonants]
    return fits[0] if len(consonants) >= 4 and len(fits) == 1 else None


def _shared_start(left: str, right: str) -> int:
    return next((i for i, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), min(len(left), len(right)))
