"""Which machines a text speaks of: by id, number, brand, model, alias or kind, misspelt or not."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from agent.brains.offline.machine_words import KIND_WORDS, NUMBER_WORDS, PARTS, UNKNOWN_BRANDS, UNKNOWN_KINDS
from agent.brains.offline.text import Span
from machine_profiles.profile import Kind, Profile
from machine_profiles.reading import Catalog

_NUMBER = rf"(?:0*\d{{1,4}}|{'|'.join(list(NUMBER_WORDS)[1:])})"
_MARK = r"(?:(?:number|no\.?|nr\.?|num|id|#)\s*#?\s*)?#?"
_LIST = rf"{_MARK}{_NUMBER}(?:(?:\s*,\s*(?:and\s+)?|\s+and\s+|\s*&\s*|\s*/\s*|\s+or\s+){_MARK}{_NUMBER})*"
_NOT_A_NUMBER_OF = (
    r"(?!\s*(?:%|percent|h\b|hours?|hrs?|d\b|days?|w\b|weeks?|months?|min|minutes?|"
    r"s\b|sec|rows|samples|bar|mm|a\b|amps|rpm|k\b|x\b|\.\d|:\d|,\d{3}))"
)
_PART = (  # "the seal on 6": a part and a bare number are a part of that machine
    r"\b(?:bearings?|seals?|belts?|filters?|couplings?|fans?|gears?|shafts?|impellers?|valves?|hoses?|pulleys?|rollers?|"
    r"oil|grease|gaskets?|windings?|motors?|vibration|noise|spindle|joints?|blades?|chain)"
)
_WORKED_ON = r"\b(?:what's|what is) (?:wrong|up|the matter|going on)"
DESCRIBING = 3  # words before a kind that may describe it
COMMON = 12_000  # of about 30,000 words of the embedding's vocabulary
_ORDINAL_UNITS = r"(?:machine|asset|equipment|mach)"


_NOT = re.compile(r"\b(?:not|isn't|instead of|rather than|except)\s+(?:the\s+|our\s+|for\s+(?:the\s+)?)?$", re.I)


@dataclass(frozen=True)
class Mention:
    """A place where machines are named. `choices` are all that fit: one is resolved, none is unknown.

    `every`: all choices are meant ("both robots"). `said`: the words as written.
    """

    span: Span
    said: str
    choices: tuple[str, ...]
    every: bool = False
    kind: Kind | None = None
    plural: bool = False
    strength: int = 2  # 0: a kind alone, 1: a likely misspelling, 2: a name or number

    @property
    def resolved(self) -> tuple[str, ...]:
        return self.choices if self.every or len(self.choices) == 1 else ()


class Machines:
    """The names of one catalog's machines."""

    def __init__(self, catalog: Catalog, ranks: Mapping[str, int] = MappingProxyType({})) -> None:
        """`ranks`: English words, the commoner the smaller; a common one is no misspelt name."""
        self.catalog, self._ranks = catalog, ranks

    def mentions(self, text: str) -> list[Mention]:
        """In the order they stand; never two over the same words."""
        found: list[Mention] = []
        for finder in self._finders():
            for mention in finder(text):
                if not any(mention.span.overlaps(other.span) for other in found):
                    found.append(mention)
        if not found:  # "the turbine bearings" are a part, but of the only turbine there is
            found = [mention for mention in self._by_kind(text, parts=True) if len(mention.choices) == 1]
        return self._settled(sorted(found, key=lambda mention: mention.span.start), text)

    def without_negated(self, text: str) -> str:
        """ "not the Grundfos, the Sulzer" → "the Sulzer"; a text that names no other machine stays."""
        mentions = self.mentions(text)
        negated = [(m, found) for m in mentions if (found := _NOT.search(text[: m.span.start]))]
        if not negated or len(negated) == len(mentions):
            return text
        for mention, found in reversed(negated):
            text = text[: found.start()] + text[mention.span.end :].lstrip(" ,")
        return text

    def _finders(self) -> list[Callable[[str], Iterable[Mention]]]:
        return [
            self._by_id, self._by_kind_and_number, self._by_number, self._by_foreign_brand, self._by_name,
            self._by_initial, self._all, self._unknown, self._by_kind,
        ]  # fmt: skip

    def nearest(self, words: str, count: int = 3) -> list[str]:
        """Ids of the machines whose names are most like the words."""
        labels = {
            p.id: f"{p.name} {p.manufacturer} {p.kind} {p.number} {' '.join(p.aliases)}" for p in self.catalog.values()
        }
        found = process.extract(words, labels, scorer=fuzz.token_set_ratio, limit=count)
        return [key for _, _, key in found]

    def label(self, machine_id: str) -> str:
        profile = self.catalog[machine_id]
        return f"{profile.name} ({profile.kind} {profile.number})"

    def of_kind(self, kind: Kind) -> tuple[str, ...]:
        return tuple(profile.id for profile in self.catalog.of_kind(kind))

    def numbered(self, number: int) -> tuple[str, ...]:
        return tuple(profile.id for profile in self.catalog.values() if profile.number == number)

    def _by_id(self, text: str) -> Iterable[Mention]:
        for found in re.finditer(r"\b[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)+\b", text):
            said = found[0]
            span = Span(found.start(), found.end())
            if said.upper() in self.catalog:
                yield Mention(span, said, (said.upper(),))
            elif said.upper() == said and said.split("_")[0].lower() in KIND_WORDS | {"unit": "pump"}:
                parts = set(said.split("_"))
                near = tuple(id_ for id_ in self.catalog if parts <= set(id_.split("_")))
                yield Mention(span, said, near)

    def _by_kind_and_number(self, text: str) -> Iterable[Mention]:
        kinds = "|".join(sorted(map(re.escape, KIND_WORDS), key=len, reverse=True))
        plain = re.sub(PARTS, lambda found: "\x00" * len(found[0]), text)
        for found in re.finditer(rf"\b({kinds})(?:e?s)?[ -]*({_LIST})\b{_NOT_A_NUMBER_OF}", plain, re.I):
            kind = KIND_WORDS[found[1].lower()]
            yield from self._numbers(text, Span(found.start(), found.end()), found.start(2), found[2], kind)

    def _by_number(self, text: str) -> Iterable[Mention]:
        patterns = (
            rf"\b(?:{_ORDINAL_UNITS}s?[ -]*)(?P<list>{_LIST})\b{_NOT_A_NUMBER_OF}",
            rf"(?:{_PART}|{_WORKED_ON}) (?:on|of|in|off|from|with) (?P<list>0*\d{{1,2}})\b"
            r"(?=\W*(?:$|[?.!,;]|\b(?:yesterday|today|tonight|this|last|again|now|please|an?|over|for|since|on|after|before|and)\b))"
            r"(?!\s*(?:hours?|days?|h\b|d\b|weeks?|bar|am\b|pm\b|o'?clock|[.:/]\d))",
            rf"(?:\bnumber |\bno\.? ?|\bnr\.? ?|#)(?P<list>{_LIST})\b{_NOT_A_NUMBER_OF}",
        )
        for pattern in patterns:
            for found in re.finditer(pattern, text, re.I):
                yield from self._numbers(
                    text, Span(found.start(), found.end()), found.start("list"), found["list"], None
                )

    def _numbers(self, text: str, whole: Span, at: int, listed: str, kind: Kind | None) -> Iterable[Mention]:
        numbers = list(re.finditer(rf"\b{_NUMBER}\b", listed, re.I))
        for place, found in enumerate(numbers):
            start = whole.start if place == 0 else at + found.start()
            end = at + found.end()
            number = (
                NUMBER_WORDS.get(found[0].lower()) or int(found[0])
                if not found[0].isalpha()
                else NUMBER_WORDS[found[0].lower()]
            )
            choices = self.numbered(int(number))
            if kind:
                choices = tuple(id_ for id_ in choices if self.catalog[id_].kind == kind)
            said = text[start:end] if place == 0 or kind is None else f"{kind} {found[0]}"
            yield Mention(Span(start, end), said, choices, kind=kind)

    def _by_name(self, text: str) -> Iterable[Mention]:
        """Longest names first: words joined without spaces, so that GA 30, GA-30 and ga30 are the same."""
        words = list(re.finditer(r"[^\W_]+", text))
        taken: list[Span] = []
        for size in (4, 3, 2, 1):
            for first in range(len(words) - size + 1):
                span = Span(words[first].start(), words[first + size - 1].end())
                between = text[span.start : span.end]
                if any(span.overlaps(other) for other in taken) or re.search(r"[^\w\s/.'-]", between):
                    continue
                joined = "".join(word[0].lower() for word in words[first : first + size])
                joined = (
                    joined
                    if joined in self._names or size > 1
                    else joined.removesuffix("s")
                    if len(joined) > 4
                    else joined
                )
                choices, strength = self._names.get(joined, ()), 2
                if not choices and size == 1:
                    choices, strength = self._misspelt(between, text, span), 1
                if choices and not (joined.isdigit() and not self._may_be_a_model_number(text, span)):
                    taken.append(span)
                    yield Mention(span, between, choices, strength=strength)

    def _misspelt(self, word: str, text: str, span: Span) -> tuple[str, ...]:
        lower = word.lower()
        if (
            len(lower) < 4
            or not lower.isalpha()
            or lower in KIND_WORDS
            or lower in UNKNOWN_BRANDS
            or lower in _EVERYDAY
            or (word.islower() and self._ranks.get(lower, COMMON) < COMMON)
        ):
            return ()
        named = bool(re.search(r"\b(?:the|our|my|that|of|on|for)\s+$", text[: span.start], re.I)) and word[0].isupper()
        allowed = 2 if len(lower) >= 7 else 1 if len(lower) >= 5 or named else 0
        near = [
            name
            for name in self._brands
            if abs(len(name) - len(lower)) <= allowed and OSA.distance(name, lower) <= allowed
        ]
        return self._names[near[0]] if len({self._names[name] for name in near}) == 1 else ()

    def _by_foreign_brand(self, text: str) -> Iterable[Mention]:
        kinds = "|".join(
            sorted((*map(re.escape, KIND_WORDS), *UNKNOWN_KINDS, "machine", "unit"), key=len, reverse=True)
        )
        brands = "|".join(brand.replace("_", " ") for brand in UNKNOWN_BRANDS)
        for found in re.finditer(rf"\b(?:{brands})\b(?! ?rexroth)(?:\s+(?:{kinds})\b)?(?:\s+\d+)?", text, re.I):
            if re.sub(r"\W", "", found[0].lower()) not in self._names:
                yield Mention(Span(found.start(), found.end()), found[0], ())

    def _by_initial(self, text: str) -> Iterable[Mention]:
        """P4: a kind's initial and a number that go together."""
        for found in re.finditer(r"\b([A-Z])-?0*(\d{1,3})\b", text):
            choices = tuple(
                id_ for id_ in self.numbered(int(found[2])) if self.catalog[id_].kind[0] == found[1].lower()
            )
            if choices:
                yield Mention(Span(found.start(), found.end()), found[0], choices, strength=1)

    def _all(self, text: str) -> Iterable[Mention]:
        every = (
            r"\b(?:all|every)(?: of)?(?: the| our)? (?:machines?|assets?|equipment)\b|"
            r"\b(?:whole|entire) (?:fleet|plant)\b"
        )
        for found in re.finditer(every, text, re.I):
            yield Mention(
                Span(found.start(), found.end()), found[0], tuple(self.catalog), every=True, plural=True, strength=0
            )

    def _unknown(self, text: str) -> Iterable[Mention]:
        strange = "|".join(kind.replace("_", " ") for kind in UNKNOWN_KINDS)
        for found in re.finditer(
            rf"\b(?:the|our|my|that|this)\s+((?:[\w-]+\s+)?(?:{strange}))(?:\s+\d+)?\b(?!\s+\w+ing\b)", text, re.I
        ):
            if not any(word in KIND_WORDS for word in found[1].lower().split()):
                yield Mention(Span(found.start(1), found.end()), text[found.start(1) : found.end()], (), strength=0)
        known = "|".join(sorted(map(re.escape, KIND_WORDS), key=len, reverse=True))
        for found in re.finditer(rf"(?<=[a-z,] )([A-Z][\w-]+) (?:{known})\b", text):
            if found[1].lower() not in self._names and found[1].lower() not in KIND_WORDS:
                yield Mention(Span(found.start(), found.end()), found[0], ())

    def _by_kind(self, text: str, parts: bool = False) -> Iterable[Mention]:
        plain = text if parts else re.sub(PARTS, lambda found: "\x00" * len(found[0]), text)
        kinds = "|".join(sorted(map(re.escape, KIND_WORDS), key=len, reverse=True))
        for found in re.finditer(
            rf"\b(?:(both|all|every|each|all the|both the|all our|all of the|any|which|"
            rf"what|how many|other)\s+)?(?:(?:two|three|of the|our|the|of)\s+)?({kinds})(e?s)?\b",
            plain,
            re.I,
        ):
            kind = KIND_WORDS[found[2].lower()]
            choices = self.of_kind(kind)
            before, plural = (found[1] or "").lower(), bool(found[3])
            span = Span(found.start(2), found.end(2))
            if before in ("which", "what", "how many", "any"):
                yield Mention(span, text[span.start : found.end()], choices, kind=kind, plural=True, strength=0)
                continue
            every = before.startswith(("both", "all", "every", "each"))
            span = Span(found.start() if every else found.start(2), found.end())
            if len(choices) > 1 and not plural and not every and (told := self._described(text, span, choices)):
                span, choices = told
            if choices:
                yield Mention(span, text[span.start : span.end], choices, every, kind, plural, strength=0)

    def _described(self, text: str, kind: Span, choices: tuple[str, ...]) -> tuple[Span, tuple[str, ...]] | None:
        """Of several of a kind the one whose description alone has the words before it: "the paint shop fan"."""
        before = list(re.finditer(r"[^\W\d_]+", text[: kind.start]))[-DESCRIBING:]
        start, found = kind.start, set[str]()
        for word in reversed(before):
            if re.search(r"[^\s-]", text[word.end() : start]):
                break
            has = {id_ for id_ in choices if word[0].lower() in self._told[id_]}
            if not has:
                break
            start, found = word.start(), (found & has if found else has)
        return (Span(start, kind.end), tuple(found)) if len(found) == 1 else None

    @cached_property
    def _told(self) -> dict[str, frozenset[str]]:
        """The words of each machine's description that tell it from others; not those of its kind."""
        return {
            profile.id: frozenset(
                set(re.findall(r"[^\W\d_]{3,}", profile.description.lower())) - KIND_WORDS.keys() - _LITTLE
            )
            for profile in self.catalog.values()
        }

    def _settled(self, mentions: list[Mention], text: str) -> list[Mention]:
        """Neighbours that say one thing together ("the Siemens motor", "Grundfos pump 4") become one mention."""
        settled: list[Mention] = []
        for mention in mentions:
            last = settled[-1] if settled else None
            if (
                last
                and not (last.every or mention.every)
                and re.fullmatch(r"[\s(-]*", text[last.span.end : mention.span.start])
            ):
                both = tuple(id_ for id_ in last.choices if id_ in mention.choices)
                if not last.strength and not mention.strength:
                    both = last.choices  # "the fan motor" is a part of the fan
                if both or not (last.strength and mention.strength):
                    span = Span(last.span.start, mention.span.end)
                    settled[-1] = Mention(span, text[span.start : span.end], both, kind=mention.kind or last.kind)
                    continue
            settled.append(mention)
        strong = {id_ for mention in settled if mention.strength for id_ in mention.choices}
        return [
            mention
            for mention in settled
            if mention.strength or mention.every or not strong or _is_joined(mention, text) or not mention.kind
        ]

    @cached_property
    def _names(self) -> dict[str, tuple[str, ...]]:
        """Every name, joined and in small letters → the machines that bear it."""
        names: dict[str, set[str]] = {}
        for profile in self.catalog.values():
            for name in _names_of(profile):
                names.setdefault(name, set()).add(profile.id)
        return {name: tuple(id_ for id_ in self.catalog if id_ in ids) for name, ids in names.items()}

    @cached_property
    def _brands(self) -> list[str]:
        return [name for name in self._names if name.isalpha() and len(name) >= 4 and name not in _EVERYDAY]

    def _may_be_a_model_number(self, text: str, span: Span) -> bool:
        before = bool(re.search(r"\b(?:the|our|dorner|series)\s+$", text[: span.start], re.I))
        return before and not re.match(r"\s*(?:rows|hours|samples|h\b|lives|records)", text[span.end :], re.I)


_LITTLE = {"the", "and", "for", "with", "what", "after", "between"}
_EVERYDAY = {
    "spindle",
    "chiller",
    "unit",
    "power",
    "delta",
    "series",
    "extra",
    "delta blower",
    "corner",
    "carried",
    "curve",
}


def _names_of(profile: Profile) -> set[str]:
    """Brand, its words, model, its leading words, aliases and the id's own parts, joined and in small letters."""
    brand = re.findall(r"[^\W_]+", profile.manufacturer.lower())
    model = re.findall(r"[^\W_]+", re.split(r"[,/]", profile.model.lower())[0])
    names = {"".join(brand), "".join(brand + model[:1]), "".join(brand + model[:2]), "".join(brand + model)}
    names |= {"".join(model[:count]) for count in range(1, len(model) + 1)}
    names |= {"".join(re.findall(r"[^\W_]+", alias.lower())) for alias in (*profile.aliases, profile.name)}
    names |= {
        part for part in brand if (len(part) >= 3 and part not in ("bosch", "eurodrive", "copco")) or part == "copco"
    }
    names |= {"".join(profile.id.lower().split("_")[1:-1]), profile.id.lower().split("_")[-2]}
    short = {name for name in names if len(name) < 2 or (len(name) == 2 and not re.search(r"\d", name))}
    return names - short - {"delta", "2200series", "cr", "ga", "gm", "kr", "vf", "series", "extra", ""}


def _is_joined(mention: Mention, text: str) -> bool:
    """A kind that stands beside a named machine is a machine of its own only where "and the" puts it there."""
    return bool(
        re.search(r"(?:\band|,|&|\bor)\s+(?:the|our|both|all)(?: the| our)?\s+$", text[: mention.span.start])
        or re.match(r"\s*(?:and|,|&)\s", text[mention.span.end :])
    )
