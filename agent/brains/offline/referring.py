"""Which machines a clause means: those it names, those listed before, the other one."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from agent.brains.offline.machine_words import KIND_WORDS
from agent.brains.offline.machines import Machines, Mention
from agent.brains.offline.orders import Missing
from agent.brains.offline.text import Span
from agent.brains.offline.words import Words

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
OTHER = re.compile(r"\b(?:the |our )?other (?P<many>two |three |four )?(?P<what>\w+)", re.I)
NTH = (
    (r"\b(?:the )?(?:first|1st|top|worst) (?:one|machine|on the list)\b|^\W*the (?:first|worst|top)\W*$", 0),
    (r"\b(?:the )?(?:second|2nd)(?: worst)? (?:one|machine)\b|^\W*the second\W*$", 1),
    (r"\b(?:the )?(?:third|3rd)(?: worst)? (?:one|machine)\b|^\W*the third\W*$", 2),
    (r"\b(?:the )?(?:fourth|4th) (?:one|machine)\b|^\W*the fourth\W*$", 3),
    (r"\b(?:the )?(?:fifth|5th) (?:one|machine)\b|^\W*the fifth\W*$", 4),
    (r"\b(?:the )?last one\b", -1),
    (r"\b(?:that|this) (?:one|machine)\b", 0),
)


_DEFINITE = re.compile(
    r"(?<!\bof )\b(?:the|our|my|these|those) (?:(?:two|three|four|five|six) )?$", re.I
)  # all of them


@dataclass(frozen=True)
class Context:
    """What the conversation so far gives a message: machines in focus, those last listed, tasks, a job.

    `recent` are the machines of the last few exchanges, and `offered` those that a question back named.
    """

    focus: tuple[str, ...] = ()
    listed: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()
    job: str | None = None
    now: datetime = EPOCH
    image: str | None = None
    recent: tuple[str, ...] = ()
    offered: tuple[str, ...] = ()

    @property
    def group(self) -> tuple[str, ...]:
        """The machines that "them" and "which one" speak of."""
        if len(self.focus) > 1:
            return self.focus
        return self.listed or self.recent


def machines_meant(words: Words, context: Context, machines: Machines) -> tuple[tuple[str, ...], Missing | None]:
    """The machines a clause names, or what stands against it: unknown, or several that fit."""
    other = OTHER.search(words.text)
    if other and (found := _other(other["what"], bool(other["many"]), context, machines)):
        return found
    found_ids: list[str] = []
    for mention in words.mentions:
        if mention.plural and not mention.every and not mention.strength:
            if len(mention.choices) == 1 or _DEFINITE.search(words.text[: mention.span.start]):
                found_ids += mention.choices
            continue
        if mention.resolved:
            found_ids += mention.resolved
        elif not mention.choices:
            return (), Missing("machine", mention.said, tuple(machines.nearest(mention.said)), why="unknown")
        elif in_focus := [id_ for id_ in context.focus if id_ in mention.choices]:
            found_ids += in_focus
        else:
            return (), Missing("machine", mention.said, mention.choices)
    return tuple(dict.fromkeys(found_ids)), None


def places(text: str, context: Context) -> Iterator[Mention]:
    """ "the second one" of the machines that were last listed."""
    for pattern, place in NTH if context.listed else ():
        found = re.search(pattern, text, re.I)
        if found and -len(context.listed) <= place < len(context.listed):
            yield Mention(Span(found.start(), found.end()), found[0], (context.listed[place],))
            return


def _other(
    what: str, many: bool, context: Context, machines: Machines
) -> tuple[tuple[str, ...], Missing | None] | None:
    kind = KIND_WORDS.get(what.lower().rstrip("s")) or (
        machines.catalog[context.focus[0]].kind
        if what.lower().rstrip("s") in ("one", "machine", "unit", "two", "three", "four") and context.focus
        else None
    )
    if kind is None:
        return None
    left = tuple(id_ for id_ in machines.of_kind(kind) if id_ not in context.focus)
    if left and (many or what.lower() in ("two", "three", "four") or what.lower().endswith("s")):
        return left, None
    if len(left) > 1 and (offered := [id_ for id_ in context.offered if id_ in left]) and len(offered) == 1:
        return tuple(offered), None
    return (left, None) if len(left) == 1 else ((), Missing("machine", f"the other {what}", left))
