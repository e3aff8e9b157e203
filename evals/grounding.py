"""Whether every number of an answer comes from somewhere: an independent check beside the agent's own guard.

A number traces where it is found in a tool result, an error, an argument or a card of this conversation, in what the
person said, or in the name of a machine that is spoken of. It may be rounded to the digits shown, and turned into the
unit that stands beside it (a probability into per cent, hours into days, seconds into minutes, bytes into kB).
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from evals.results import CallRecord
from machine_profiles.profile import Profile

_NUMBER = re.compile(r"(?<![\d.,])\d{1,3}(?:[,  ]\d{3})+(?:\.\d+)?(?!\d)|\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
_LIST_MARK = re.compile(r"^\s*\d{1,2}[.)]\s", re.M)
_FACTORS = (  # the unit after the number → what the source may have been multiplied by
    (re.compile(r"\s*(?:%|per ?cent)", re.I), (100.0,)),
    (re.compile(r"\s*-?(?:days?|d)\b", re.I), (1 / 24, 1 / 86_400)),
    (re.compile(r"\s*-?(?:weeks?|w)\b", re.I), (1 / 168, 1 / 7)),
    (re.compile(r"\s*-?months?\b", re.I), (1 / 730,)),
    (re.compile(r"\s*-?(?:hours?|hrs?|h)\b", re.I), (1 / 3600, 24.0, 1 / 60)),
    (re.compile(r"\s*-?(?:minutes?|mins?)\b", re.I), (1 / 60, 60.0)),
    (re.compile(r"\s*-?(?:seconds?|secs?|s)\b", re.I), (60.0, 3600.0, 1e-3)),
    (re.compile(r"\s*ms\b"), (1e3,)),
    (re.compile(r"\s*[kK]i?B\b"), (1e-3, 1 / 1024)),
    (re.compile(r"\s*Mi?B\b"), (1e-6, 1 / 1024**2)),
)


@dataclass
class Evidence:
    """All that a conversation has brought up so far that may hold a number."""

    machines: dict[str, Profile]
    values: set[float] = field(default_factory=set)
    said: list[str] = field(default_factory=list)

    def hear(self, message: str) -> None:
        self.said.append(message)
        self.values |= set(_numbers(message)) | set(_counted_in_words(message))

    def see(
        self, calls: Sequence[CallRecord], card: Sequence[dict[str, Any]] = (), jobs: Sequence[dict[str, Any]] = ()
    ) -> None:
        """Take in a turn's tool results, errors, arguments and card, and the jobs that ended in it; not its answer."""
        for call in calls:
            self.values |= set(_values([call.args, call.result, call.error]))
            self.said.append(str(call.args.get("machine_id", "")))
        self.values |= set(_values([*card, *jobs]))

    def untraced(self, answer: str) -> list[str]:
        """The numbers of the answer that come from nowhere, as they are written in it."""
        names = [name for p in self.machines.values() for name in _names(p) if re.search(r"\d", name)]
        heard = " ".join([*self.said, answer]).casefold()
        spoken_of = {
            float(p.number)
            for p in self.machines.values()
            if any(n.casefold() in heard for n in (p.id, p.name, *p.aliases))
        }
        text = _LIST_MARK.sub(" ", answer)
        for name in sorted(names, key=len, reverse=True):
            text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", " ", text, flags=re.I)
        known = self.values | spoken_of
        return [found[0] for found in _NUMBER.finditer(text) if not _traces(found, text, known)]


def _names(machine: Profile) -> tuple[str, ...]:
    """As people name it: by its id, its make and model, or "pump 4"."""
    return machine.id, machine.name, machine.model, *machine.aliases, f"{machine.kind} {machine.number}"


def _traces(found: re.Match[str], text: str, known: set[float]) -> bool:
    written = re.sub(r"[,  ]", "", found[0])
    value = float(written)
    digits = len(written.partition(".")[2]) if "e" not in written.casefold() else 0
    tolerance = 0.5 * 10.0**-digits * (1 + 1e-6) if "e" not in written.casefold() else 0.06 * abs(value)
    factors = [1.0, *(f for unit, several in _FACTORS if unit.match(text, found.end()) for f in several)]
    return any(abs(abs(source) * factor - value) <= tolerance for source in known for factor in factors)


def _values(parts: Iterable[Any]) -> Iterator[float]:
    for part in parts:
        if isinstance(part, bool) or part is None:
            continue
        if isinstance(part, int | float):
            yield float(part)
        elif isinstance(part, str):
            yield from _numbers(part)
        elif isinstance(part, dict):
            yield from _values([*part.keys(), *part.values()])
        elif isinstance(part, list | tuple):
            yield float(len(part))  # "20 machines" counts what a result lists
            yield from _values(part)


def _numbers(text: str) -> list[float]:
    return [float(re.sub(r"[,  ]", "", found)) for found in _NUMBER.findall(text)]


_WORDS = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
]  # fmt: skip


def _counted_in_words(text: str) -> list[float]:
    return [float(_WORDS.index(word)) for word in re.findall(r"[a-z]+", text.casefold()) if word in _WORDS]
