"""What a person says was done to a machine: action, note, time, failure mode."""

import re
from typing import Any

from agent.brains.offline.dates import moment
from agent.brains.offline.vocabulary import ACTIONS, first_named
from agent.brains.offline.words import Words
from machine_profiles.profile import Profile

_EMPTY = re.compile(
    r"\b(?:a|an|the|of|on|for|at|to|it|its|that|this|as|was|were|is|has|have|been|had|both|all|and|our|my|we|i|they|"
    r"you|"
    r"today|yesterday|tomorrow|now|just|please|entry|event|done|did|carried out|performed|got|ones?|them|too|also|"
    r"machines?|log|logged|record|no)\b",
    re.I,
)


def maintenance(words: Words, profile: Profile | None) -> dict[str, Any]:
    """Arguments of log_maintenance."""
    args: dict[str, Any] = {}
    stated = re.search(
        r"\b(?:as|an?|a)\s+(?:an?\s+)?(failure|replacement|overhaul|repair|inspection|"
        r"lubrication|cleaning|alignment|balancing|adjustment|calibration)\b",
        words.text,
        re.I,
    )
    action = stated[1].lower() if stated else first_named(ACTIONS, words.text)
    if action:
        args["action"] = action
    note = note_of(words.text)
    if note and _says_more(words.bare, action):
        args["note"] = note
    if at := moment(words.bare, words.now):
        args["at"] = at.isoformat()
    if profile and action == "failure" and (mode := _failure_mode(words.bare, profile)):
        args["failure_mode"] = mode
    return args


def _says_more(bare: str, action: str | None) -> bool:
    """Whether the words hold more than the order to log, the action and the machine."""
    rest = note_of(bare)
    if action:
        rest = re.sub(ACTIONS[action], " ", rest, count=1, flags=re.I)
    return bool(re.search(r"\w", _EMPTY.sub(" ", rest)))


def note_of(text: str) -> str:
    """The person's own words, less the order to write them down."""
    quoted = re.search(r"\"([^\"]+)\"", text)
    if quoted:
        return quoted[1]
    stripped = re.sub(

            r"^\W*(?:(?:ok|okay|hey|so|well|and|also|then|please|can you|could you|just|"
            r"i want to|i'd like to|for the record)[,\s]+)*(?:(?:log|record|note|write "
            r"down|document|jot down|tell the log|put in the log|enter|make a note|add "
            r"to the (?:maintenance )?log)\b(?: in the (?:maintenance )?log)?(?:book)?(?:\s+that\b|"
            r"\s*:)?\s*)?",
        "", text, count=1, flags=re.I,
    )  # fmt: skip
    stripped = re.sub(
        r"[\s,]*(?:\b(?:please )?(?:log|record|note|write) (?:it|that|this)(?: down)?(?: please)?)?[\s.,!]*$",
        "",
        stripped,
        flags=re.I,
    )
    return stripped.strip(" ,.")[:2000]


def _failure_mode(text: str, profile: Profile) -> str | None:
    for mode in profile.failure_modes:
        names = {mode.name.replace("_", " "), mode.title.lower()}
        if any(re.search(rf"\b{re.escape(name)}\b", text, re.I) for name in names):
            return mode.name
    words = set(re.findall(r"[a-z]{4,}", text.lower()))
    for mode in profile.failure_modes:
        if (
            set(mode.name.split("_"))
            & words
            & {
                "cavitation",
                "bearing",
                "seal",
                "winding",
                "imbalance",
                "misalignment",
                "impeller",
                "overheating",
                "gear",
                "belt",
                "brake",
            }
        ):
            return mode.name
    return None
