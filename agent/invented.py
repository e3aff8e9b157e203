"""Machines, dates in words, codes and references of a text that no source knows."""

import re
from collections.abc import Sequence

from agent.known_figures import Known

_KINDS = (
    r"motor|pump|compressor|fan|gearbox|gear ?unit|conveyor|hydraulic|power unit|chiller|cnc|"
    r"machining cent(?:re|er)|robot|"
    r"turbine|blower|machine|mill|press|lathe|boiler|generator|valve|mixer|crane|agitator|centrifuge|extruder"
)
_KIND_OF = {"machining centre": "cnc", "machining center": "cnc", "power unit": "hydraulic", "gear unit": "gearbox"}
_NUMBERED = re.compile(
    rf"\b(?P<kind>{_KINDS})s?\s+(?:no\.?\s*|number\s+|#\s*)?(?P<number>\d{{1,4}})\b(?!\s*(?:%|°|/|x\b))", re.I
)
_WORDED = re.compile(rf"\b(?P<kind>{_KINDS})\s+(?:number\s+)?(?P<word>one|two|three|four|five|six|seven|eight|"
                     rf"nine|ten|eleven|twelve|"
                     r"thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|"
                     r"twenty(?:-\w+)?)\b", re.I)  # fmt: skip
_BRANDED = re.compile(rf"(?<=\w\s)(?P<brand>[A-Z][A-Za-z&-]{{2,}}(?: [A-Z][A-Za-z&-]+)*) (?:{_KINDS})s?\b|"
                      rf"\b(?:the|your|our|this|that|a|an)\s+(?P<alone>[A-Z][a-z]{{3,}}(?: [A-Z][A-Za-z-]+)*)"
                      rf"(?=\s+(?:is|has|was|will|needs|runs|shows|looks|pump|in line|on line)\b)")  # fmt: skip
_CODE = re.compile(r"(?<![\w@./-])(?=[A-Za-z0-9/-]*\d)(?=[A-Za-z0-9/-]*[A-Za-z])[A-Z]{1,5}[-/]?\d[\w/-]*")
_BRACKETED = re.compile(
    r"\[(?!(?:asks|declines|failed|[a-z]|°[CF]|figure withheld|claim withheld|withheld)\b)[^\]\n]{2,160}\]", re.I
)
_QUOTED = re.compile(
    r"(?:according to|as per|per|see|source:|sources:|from|in|"
    r"by)\s+(?:the\s+)?[“\"'‘](?P<title>[^”\"'’\n]{4,120})[”\"'’]",
    re.I,
)
_PUBLISHED = re.compile(
    r"\b(?i:according to|as per|source:|sources:|quoted (?:in|from)|stated in|says|published by|"
    r"recommended by)\s+(?:the\s+)?"
    r"(?P<who>(?:[A-Z][\w&.-]+\s?){1,5}(?:(?:service |operating |maintenance )?(?:manual|handbook|guide|"
    r"catalogue|bulletin|"
    r"datasheet|standard|report|study|paper|team|engineers|support))?)",
)  # fmt: skip
_PAGE = re.compile(r"\b(?:p\.|pp\.|page|chapter|section|clause|table|figure|fig\.|annex)\s*[A-Z]?\d[\d.]*\b", re.I)
_RATIO = re.compile(r"(?<![\w/.])\d{1,2}\s?/\s?\d{1,3}(?![\w/])")
_LINK = re.compile(r"(?:https?://|www\.)\S+", re.I)
_DAYS = "monday|tuesday|wednesday|thursday|friday|saturday|sunday"
_MONTHS = "january|february|march|april|june|july|august|september|october|november|december"
_WHEN = re.compile(
    rf"\b(?:(?:last|next|this|past|coming|since|by|on|until|before|after)\s+(?:{_DAYS}|week(?:end)?|month|year|"
    rf"quarter|summer|"
    rf"autumn|winter|spring|night|shift)|yesterday|tomorrow|tonight|the day (?:before|after)|fortnight|(?:in|"
    rf"since|by|until|"
    rf"during|of|early|late|mid)[ -](?:{_MONTHS}|May\b)|(?:{_DAYS})|Christmas|Easter|(?:mid|noon)day|midnight|"
    rf"at noon|"
    r"(?:in|since|by|until|during|of)\s+(?:19|20)\d\d|Q[1-4]|\d{1,2}\s?(?:am|pm|a\.m\.|p\.m\.|o'clock)|"
    r"the\s+\d{1,2}(?:st|nd|rd|th))"
    r"(?!\w)", re.I,
)  # fmt: skip
_COMMON = frozenset(
    ("the", "this", "that", "each", "every", "your", "our", "its", "another", "both", "all", "which", "what", "worst",
     "best", "first", "next", "last", "other", "main", "new", "old", "same", "no", "any", "one", "two", "some",
     "single", "whole")
)  # fmt: skip


def invented_names(text: str, known: Known, machines: Sequence[str]) -> list[tuple[int, int]]:
    """Spans of machines, moments, codes and references that stand in no source and are no machine's name.

    `text` has names that may be said blanked out already; `machines` are all words by which machines are known.
    """
    brands = {word for name in machines for word in re.findall(r"[A-Za-z]{3,}", name.lower())}
    found: list[tuple[int, int]] = []
    named = {name.lower() for name in machines}
    for match in _NUMBERED.finditer(text):
        label = f"{_KIND_OF.get(match['kind'].lower(), match['kind'].lower())} {match['number']}"
        if label not in named and not _known(match[0], known):
            found.append(match.span())
    for pattern in (_WORDED, _CODE, _BRACKETED, _PAGE, _LINK, _RATIO, _WHEN):
        found += [match.span() for match in pattern.finditer(text) if not _known(match[0], known)]
    for pattern, group in ((_QUOTED, "title"), (_PUBLISHED, "who")):
        found += [match.span() for match in pattern.finditer(text) if not _known(match[group], known)]
    for match in _BRANDED.finditer(text):
        name = match["brand"] or match["alone"]
        words = [word for word in re.findall(r"[A-Za-z]{3,}", name.lower()) if word not in _COMMON]
        if any(word not in brands and not _known(word, known) for word in words):
            found.append(match.span("brand" if match["brand"] else "alone"))
    return [span for span in found if "\0" not in text[slice(*span)].strip("\0")]


def _known(words: str, known: Known) -> bool:
    return re.sub(r"[\s/-]", "", words.lower().strip(" .,;:[]")) in known.squeezed
