"""Which changes of a waiting card a message means: "only the first", "yes to the export", "not the Haas one"."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from agent.brains.offline.machines import Machines
from agent.brains.offline.text import Span
from agent.brains.offline.vocabulary import ACTIONS, TASK_WORDS
from agent.brains.offline.words import blank

Verdict = Literal["approve", "drop"]

_NOUNS = {
    "export_edge": r"exports?|exporting|bundles?",
    "train_models": r"(?:re-?)?train(?:ings?|s)?",
    "promote_model": r"promot(?:ion|e|ing)s?",
    "rollback_model": r"roll(?:ing)?[ -]?backs?",
    "import_telemetry": r"imports?|importing|file",
    "log_maintenance": r"log(?: entry| entries)?|logging|entry|maintenance",
    "onboard_machine": r"new machine|onboarding",
}
_NTH = (
    r"first|1st|number one|\bone\b(?= and two)", r"second|2nd|number two", r"third|3rd|number three",
    r"fourth|4th|number four", r"fifth|5th", r"sixth|6th",
)  # fmt: skip
_APPROVES = r"yes|yep|yeah|ok(?:ay)?|approved?|confirm|accept|agreed|go ahead with|do|go for"
_DROPS = (
    r"not|no|don'?t|do not|rejects?|drop|without|leave (?:out|off)|leave|forget|skip|remove|except|cancel|decline|"
    r"delete|minus|omit|but not|ditch|scrap|apart from"
)
_ONLY = r"only|just|nothing but|keep"
_FILLER = re.compile(
    r"\b(?:the|a|an|one|ones|of|to|for|on|in|it|that|this|them|please|thanks|then|so|and|but|or|with|my|our|card|"
    r"change|"
    r"changes|proposal|order|machine|model|models|job|item|number|is|are|fine|all right|ok|okay|well|hm+|now|out|go|"
    r"ahead|do|want|i|we|would|like|let'?s|make|actually|though|instead|from|those|these|rest)\b",
    re.I,
)
_PARTS = re.compile(r"\s*(?:[,;.:]|\band\b|\bbut\b|\bthough\b)\s*", re.I)
_OTHERS = re.compile(r"\b(?:rest|others?|other (?:one|ones))\b", re.I)


@dataclass(frozen=True)
class Choice:
    """Call ids of a card. `decided`: the person said yes or no to them, so that what is named need not be asked again.

    Where it is not decided, `kept` are what the card is to hold from now on.
    """

    kept: tuple[str, ...]
    dropped: tuple[str, ...]
    decided: bool


def chosen(message: str, changes: Sequence[dict[str, Any]], machines: Machines) -> Choice | None:
    """None where the message is no choice among these changes (each has call_id, tool and args)."""
    text, named_machines = _with_marks(message, machines)
    verdicts: dict[int, Verdict] = {}
    only = said_yes = False
    verdict: Verdict | None = None
    spoken = re.compile(rf"\b(?:(?P<only>{_ONLY})|(?P<drop>{_DROPS})|(?P<yes>{_APPROVES}))\b")
    for part in _PARTS.split(text):
        if not part.strip():
            continue
        marks = list(spoken.finditer(part))
        if marks:
            only = only or any(mark["only"] for mark in marks)
            said_yes = said_yes or any(mark["yes"] and mark["yes"] != "do" for mark in marks)
            verdict = "drop" if any(mark["drop"] for mark in marks) else "approve"
        rest = spoken.sub(lambda mark: " " * len(mark[0]), part)
        named = _named(rest, changes, named_machines, set(verdicts))
        if named is None:
            return None
        if not named and not (marks and not re.search(r"\w", _FILLER.sub("", rest))):
            return None
        if named and verdict is None:
            return None
        for place in named:
            verdicts[place] = verdict or "approve"
    return _choice(verdicts, changes, only, said_yes)


def _choice(verdicts: dict[int, Verdict], changes: Sequence[dict[str, Any]], only: bool, yes: bool) -> Choice | None:
    approved = [i for i, verdict in verdicts.items() if verdict == "approve"]
    dropped = [i for i, verdict in verdicts.items() if verdict == "drop"]
    if not verdicts or (len(changes) == 1 and not (yes and approved)):
        return None
    if only or not approved:
        approved = approved or [i for i in range(len(changes)) if i not in dropped]
        dropped = [i for i in range(len(changes)) if i not in approved]
    decided = yes or not approved
    ids = [str(change["call_id"]) for change in changes]
    return Choice(tuple(ids[i] for i in sorted(approved)), tuple(ids[i] for i in sorted(dropped)), decided)


def _with_marks(message: str, machines: Machines) -> tuple[str, list[tuple[str, ...]]]:
    """The message in small letters, a mark such as §0 for each machine, and the machines the marks mean."""
    mentions = machines.mentions(message)
    text = message
    for place, mention in reversed(list(enumerate(mentions))):
        text = f"{text[: mention.span.start]} §{place} {text[mention.span.end :]}"
    text = re.sub(r"\b(?:all|everything|every one|each one)(?: of them)? but\b", "except", text.lower(), flags=re.I)
    return text.replace("’", "'"), [mention.choices for mention in mentions]


def _named(
    part: str, changes: Sequence[dict[str, Any]], named_machines: Sequence[tuple[str, ...]], before: set[int]
) -> set[int] | None:
    """The places of the changes that these words name; None where they say something else besides."""
    every = set(range(len(changes)))
    groups: list[set[int]] = []
    rest = part

    def take(pattern: str, places: set[int]) -> None:
        nonlocal rest
        found = re.search(rf"\b(?:{pattern})\b", rest, re.I)
        if found and places:
            groups.append(places)
            rest = blank(rest, [Span(found.start(), found.end())])

    for mark in re.finditer(r"§(\d+)", part):
        places = {i for i in every if changes[i]["args"].get("machine_id") in named_machines[int(mark[1])]}
        if not places:
            return None
        groups.append(places)
        rest = blank(rest, [Span(mark.start(), mark.end())])
    for nth, pattern in enumerate(_NTH[: len(changes)]):
        take(pattern, {nth})
    take("last", {len(changes) - 1})
    take(r"both|all(?: of them)?|everything", every)
    if before:
        take(_OTHERS.pattern, every - before)
    if (digit := re.fullmatch(r"\W*(?:number |no\.? ?|#)?(\d)\W*", rest)) and 0 < int(digit[1]) <= len(changes):
        take(r"\d", {int(digit[1]) - 1})
    for tool, noun in _NOUNS.items():
        take(noun, {i for i in every if changes[i]["tool"] == tool})
    for action, pattern in ACTIONS.items():
        take(pattern, {i for i in every if changes[i]["args"].get("action") == action})
    for task, pattern in TASK_WORDS.items():
        take(pattern, {i for i in every if _is_of(task, changes[i]["args"])})
    if re.search(r"\w", _FILLER.sub("", rest)):
        return None
    return set.intersection(*groups) if groups else set()


def _is_of(task: str, args: dict[str, Any]) -> bool:
    return args.get("task") == task or list(args.get("tasks") or ()) == [task]
