"""A message taken apart into clauses, one order or question each."""

import re
from dataclasses import dataclass

from agent.brains.offline.conditions import about
from agent.brains.offline.vocabulary import ACTIONS, first_named

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
    r"refresh|update|switch|shut|turn|get|send|report|analyse|analyze|otherwise|else|or else"
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
    """`later`: it is to follow the one before. `condition`: what must hold for it, in the person's words; with
    `otherwise`, what must not.

    `gist`: the part of it that tells the intent, where that is not the whole.
    """

    text: str
    later: bool = False
    condition: str | None = None
    gist: str | None = None
    otherwise: bool = False


def clauses(text: str) -> list[Clause]:
    """A clause that states only a condition is joined to the one it governs."""
    parts: list[tuple[str, bool]] = []
    text = _LOG_AGAIN.sub(_logged_again, text) if _LOGS.match(text) else text
    for sentence in _SENTENCE.split(text.strip()):
        at = 0
        for join in _JOIN.finditer(sentence):
            before = sentence[: join.start()].strip()
            loose = not re.search(r"[,;]|then", join[0])  # "how it and …", but not "log it, then …"
            if _inside_quotes(sentence, join.start()) or (loose and _BEFORE_A_VERB_NO_MORE.search(before)):
                continue
            parts.append((sentence[at : join.start()], False))
            at = join.end()
            if re.search(r"then|after|next", join[0], re.I):
                parts.append(("\x01", True))
        parts.append((sentence[at:], False))
    return _with_conditions(_marked(parts))


def _logged_again(found: re.Match[str]) -> str:
    """ "log that A was cleaned and B was greased" are two entries; in "log that A and B were cleaned" both are."""
    told = first_named(ACTIONS, found.string[: found.start()]) or re.match(r"an?\b", found["what"], re.I)
    return f" and log {found['what']}" if told else found[0]


_LOGS = re.compile(r"^\W*(?:\w+[\s,]+){0,4}?(?:log|record|note|enter)\s+(?:that\s+)?(?:an?|the)\b", re.I)
_LOG_AGAIN = re.compile(
    r"\s*(?:,\s*(?:and\s+)?|\s+and\s+)(?P<what>the\s+(?:\w+\s+){1,3}(?:was|were|has been|had)\b|"
    r"(?:an?|the)\s+(?:\w+\s+)?(?:inspection|lubrication|cleaning|repair|"
    r"replacement|overhaul|alignment|balancing|calibration|adjustment|failure|oil change|check)"
    r"\s+(?:for|of|on|to|at)\b)",
    re.I,
)


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
    """A condition holds for the clauses joined to the first; "otherwise" for those where it does not."""
    found: list[Clause] = []
    condition: str | None = None
    last: str | None = None  # the condition before, for what follows it
    otherwise = False
    for part, later in parts:
        if (other := _OTHERWISE.match(part)) and last is not None:
            otherwise, condition = True, last
            part = part[other.end() :]
            if not part.strip():
                continue
        if (echo := _ECHO.search(part)) and last is None and found and about(found[-1].text) not in (None, "models"):
            condition = re.sub(r"^\W*\w+(?: \w+)? (?:whether|if) ", "", found[-1].text.rstrip("?."), flags=re.I)
            otherwise = bool(re.search(r"\bnot\b", echo[0], re.I))
            part = (part[: echo.start()] + part[echo.end() :]).strip(" ,")
            if not part:
                continue
        part = _COMMA_LEFT_OUT.sub(r"\g<cond>, ", part)
        leading = _LEADING.match(part)
        if leading and is_condition(leading["cond"]):
            condition, otherwise = leading["cond"], bool(re.match(r"unless\b", leading["cond"], re.I))
            if not leading["rest"]:
                continue
            part = leading["rest"]
        trailing = _TRAILING.search(part)
        if trailing and is_condition(trailing["cond"]) and not _ASKS.match(part[: trailing.start()]):
            condition, part = trailing["cond"], part[: trailing.start()]
            otherwise = bool(re.match(r"unless\b", condition, re.I))
        if condition is None and last is not None and not later and about(last) != "models" and _goes_on(part):
            condition = last
        elif condition is None:
            otherwise = False
        found.append(Clause(part, later or condition is not None, condition, otherwise=otherwise))
        condition, last = None, condition
    return found


def _goes_on(part: str) -> bool:
    """An order that may stand under the condition of the one before it; a question or a later step does not."""
    return not part.endswith("?") and not re.match(r"(?:also|then|finally|what|how|is|are|which|tell)\b", part, re.I)


def is_condition(text: str) -> bool:
    """Whether it can be judged by a result: of models, a machine's health, drift, a reading."""
    return about(text) is not None


_OTHERWISE = re.compile(
    r"(?:and |but )?(?:otherwise|else|or else|if not|if so not|"
    r"in the other case)\b[\s,]*(?:then )?",
    re.I,
)
_ECHO = re.compile(
    r"^(?:and |but )?(?:if (?:so|not|yes)|in that case|if it (?:is|does|has|did)(?: not|n't)?(?=\s*,|"
    r"\s+then))\b[\s,]*(?:then )?|"
    r"\s*,?\s*\b(?:if (?:so|not|it (?:is|does|has|did)(?: not|n't)?)|in that case)\W*$",
    re.I,
)
_COMMA_LEFT_OUT = re.compile(
    r"^(?P<cond>(?:and |but |then )?(?:if|in case|unless)\s+(?:[^,\s]+\s+){2,}?[^,\s]+)\s+(?=(?:then |please |"
    r"just )*(?:write|"
    r"export|log|record|train|retrain|promote|roll|show|tell|give|plot|put|import|generate|make|create|synthesi[sz]e|"
    r"label|"
    r"send|draft|prepare|forecast|explain|rank|compare|describe|let me|do)\s)",
    re.I,
)
_ASKS = re.compile(
    r"^\W*(?:(?:please|can you|could you|would you|and|then|also|just)\s+)*(?:tell|let|check|see|say|find out|look|"
    r"know|"
    r"do you|i (?:wonder|want|need|would|'d)|ask|show|not sure|any idea)\b(?:\s+\w+){0,3}\W*$",
    re.I,
)
_COND = r"(?P<cond>(?:if|in case|provided|should it|unless)\b[^,]*)"
_LEADING = re.compile(rf"(?:and |then |but )*(?:only )?{_COND}(?:,\s*(?:then )?(?P<rest>.+))?$", re.I)
_TRAILING = re.compile(r"\s*,?\s+(?:but )?(?:only )?(?P<cond>(?:if|provided|in case|unless)\b.+)$", re.I)


def _inside_quotes(text: str, at: int) -> bool:
    return text[:at].count('"') % 2 == 1
