"""What of a machine a question is about, so that the answer starts there."""

import re

from agent.brains.offline.orders import Topic
from agent.brains.offline.vocabulary import RATED
from agent.brains.offline.words import Words

_TOPICS: tuple[tuple[Topic, str], ...] = (
    ("limits", r"\b(?:limits?|thresholds?|alarms?|warning|normal|allowed|permissible|trip)\b"),
    ("failure_modes", r"\b(?:failure modes?|fail|break|go(?:es)? wrong|faults?|weak(?:ness)?)\b"),
    ("maintenance", r"\b(?:maintenance|service|serviced|grease[ds]?|greasing|interval|how often)\b"),
    ("sensors", r"\b(?:sensors?|instrument\w*|measured|measure)\b"),
    (
        "ratings",
        r"\b(?:rated|ratings?|specs?|specifications?|nameplate|datasheet|kw|kilowatts?|"
        r"voltage|how (?:big|fast|strong|powerful)|nominal|max(?:imum)?|capable|technical "
        r"data)\b",
    ),
)


def horizon_words(words: Words) -> str | None:
    """How the person put the time ahead."""
    lengths = words.lengths
    if not lengths:
        return None
    said = lengths[0].said
    return (
        f"over {said}"
        if said.lower().endswith("weekend") and not said.lower().startswith(("over", "through", "until"))
        else said
    )


def topic_of(text: str) -> Topic:
    """The part of a machine's description that is asked for."""
    for topic, pattern in _TOPICS:
        if re.search(pattern, text, re.I):
            return topic
    return "overview"


def question_of(text: str) -> str:
    """The question without who asks it: "our apprentice wants to know what …" asks what …"""
    return _LEAD_IN.sub("", without_asker(text), count=1)


def without_asker(text: str) -> str:
    return _WHO_ASKS.sub("", text, count=1)


_WHO_ASKS = re.compile(
    r"^\W*(?:(?:hi|hey|so|and|please|just|well|ok(?:ay)?|now)\W+)*"
    r"(?:(?:[\w']+\s+){1,4}?(?:(?:wants?|wanted|needs?|(?:would|'d) like|likes?) to (?:know|understand|learn|hear)|"
    r"(?:is |are |am |was |were |keeps? )?(?:asks?|asked|asking|wonders?|wondered|wondering)(?: (?:me|us))?))"
    r"[\s,:]+(?=(?:what|why|how|when|where|which)\b)",
    re.I,
)


_LEAD_IN = re.compile(
    r"^\W*(?:(?:(?:can|could|would) you )?(?:tell (?:me|us)|explain(?: to (?:me|us|\w+ \w+))?)|do (?:you|we) know)"
    r"[\s,:]+(?=(?:what|why|how|when|where|which)\b)",
    re.I,
)


def rating_of(text: str) -> str | None:
    """The rated figure asked for, by its everyday name."""
    words = {
        "kw": "power",
        "kilowatt": "power",
        "kilowatts": "power",
        "rpm": "speed",
        "fast": "speed",
        "volts": "voltage",
    }
    for word in re.findall(r"[a-z]+", text.lower()):
        if word in RATED:
            return word
        if word in words:
            return words[word]
    return None
