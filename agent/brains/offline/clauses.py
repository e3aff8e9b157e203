"""A message taken apart into clauses, one order or question each."""

import re
from dataclasses import dataclass

STARTS = (
    r"show|plot|graph|chart|display|list|describe|tell|give|check|predict|forecast|"
    r"rank|compare|re-?train|train|refit|fit|"
    r"promote|put|roll\s?back|roll|revert|export|build|make|create|generate|synthesi[sz]e|"
    r"simulate|re-?label|label|import|"
    r"load(?!\s*(?:of|on|for|and|,|$|over|in the|trend|reading|sensor))|ingest|"
    r"upload|log|record|note that|note|write|explain|bundle|"
    r"package|deploy|run|kick off|start|stop|cancel|abort|ship|quanti[sz]e|set|"
    r"order|buy|raise|schedule|book|onboard|add|"
    r"what|which|why|when|who|where|how|is|are|will|would|can|could|should|does|do|did|has|have|let|please|if(?! any)|"
    r"look|find|see whether|see if|name|draft|prepare|produce|augment|"
    r"refresh|update|switch|shut|turn|get|send|report|analyse|analyze"
)
_JOIN = re.compile(
    rf"(?:\s*[,;:]?\s+(?:and then|and after that|and afterwards|and also|after "
    rf"that|afterwards|then also|then|and|also|plus|but|but also|next)"
    rf"|\s*[,;])\s+(?=(?:(?:then|also|please|just|finally|now|once (?:it|that|this)[^,]*?(?:done|"
    rf"finished|through|in),?|when (?:it|that)[^,]*?(?:done|finished|ready),?)\s+)*(?:{STARTS})\b)",
    re.I,
)
_SENTENCE = re.compile(r"(?<=[?!;])\s+|(?<=[^\W_]\.)\s+|(?<=[)\"]\.)\s+|\n+")
_BEFORE_A_VERB_NO_MORE = re.compile(
    r"(?:\b(?:to|how|that|whether|if|who|which|what|you|i|we|it|the|a|an|can|should|not|or|both|between)|\bdo you)$",
    re.I,
)
LATER = re.compile(r"\b(?:then|after(?:wards)?|after that|once|when|as soon as|finally|next)\b|\bagain\b", re.I)


@dataclass(frozen=True)
class Clause:
    """`later`: it is to follow the one before. `condition`: what must hold for it, in the person's words.

    `gist`: the part of it that tells the intent, where that is not the whole.
    """

    text: str
    later: bool = False
    condition: str | None = None
    gist: str | None = None


def clauses(text: str) -> list[Clause]:
    """A clause that states only a condition is joined to the one it governs."""
    parts: list[tuple[str, bool]] = []
    for sentence in _SENTENCE.split(text.strip()):
        at = 0
        for join in _JOIN.finditer(sentence):
            if _inside_quotes(sentence, join.start()) or _BEFORE_A_VERB_NO_MORE.search(
                sentence[: join.start()].strip()
            ):
                continue
            parts.append((sentence[at : join.start()], False))
            at = join.end()
            if re.search(r"then|after|next", join[0], re.I):
                parts.append(("\x01", True))
        parts.append((sentence[at:], False))
    return _with_conditions(_marked(parts))


def _marked(parts: list[tuple[str, bool]]) -> list[tuple[str, bool]]:
    marked, later = [], False
    for part, is_mark in parts:
        if is_mark:
            later = True
            continue
        part = part.strip(" ,;\n")
        if part:
            marked.append((part, later or bool(LATER.match(part))))
        later = False
    return marked


def _with_conditions(parts: list[tuple[str, bool]]) -> list[Clause]:
    found: list[Clause] = []
    condition: str | None = None
    for part, later in parts:
        leading = re.match(
            r"(?:and |then |but )*(?:only )?(?P<cond>(?:if|in case|provided|should it|"
            r"unless)\b[^,]*)(?:,\s*(?:then )?(?P<rest>.+))?$",
            part,
            re.I,
        )
        if leading and is_condition(leading["cond"]):
            condition = leading["cond"]
            if not leading["rest"]:
                continue
            part = leading["rest"]
        trailing = re.search(r"\s*,?\s+(?:but )?(?:only )?(?P<cond>(?:if|provided|in case|unless)\b.+)$", part, re.I)
        if trailing and is_condition(trailing["cond"]):
            condition, part = trailing["cond"], part[: trailing.start()]
        found.append(Clause(part, later or condition is not None, condition))
        condition = None
    return found


def is_condition(text: str) -> bool:
    """Whether it speaks of how a new model compares, and so can be judged once there is one."""
    return bool(
        re.search(
            r"\b(better|beats?|improv\w*|wins?|outperform\w*|good enough|passes|worse|"
            r"higher|lower|more accurate|ahead of|an upgrade)\b",
            text,
            re.I,
        )
    )


def _inside_quotes(text: str, at: int) -> bool:
    return text[:at].count('"') % 2 == 1
