"""A message that is nothing but a yes or a no."""

import re
from typing import Literal

_YES = re.compile(
    r"(y|yes|yep|yeah|yup|ja|aye|ok|okay|sure|approved?|confirm(ed)?|agreed|proceed|go|go ahead(?: anyway)?|"
    r"do it(?: anyway)?|do that|"
    r"please do|go for it|sounds good|looks good|make it so|fine|alright|all right|correct|"
    r"(i )?approve( it| that| all| them| both)?|yes to (all|both)|do (them|both|all)( of them)?)"
)
_NO = re.compile(
    r"(n|no|nope|nah|nein|reject(ed)?|deny|denied|cancel|cancel (it|that|them)|stop|abort|don'?t|do not|not now|"
    r"no way|never ?mind|leave it|forget it|drop it|rather not|better not|decline(d)?|"
    r"(don'?t|do not) do (it|that|them)|(i )?reject( it| that| all| them| both)?)"
)
_POLITE = re.compile(r"\b(please|thanks|thank you|then|now|mate|sir|of course|absolutely)\b")


def yes_or_no(message: str) -> Literal["approve", "reject"] | None:
    """What the message decides, where it says nothing else.

    >>> yes_or_no("Yes, please!"), yes_or_no("no."), yes_or_no("yes but make it five minutes")
    ('approve', 'reject', None)
    """
    words = re.sub(r"[^\w\s']", " ", message.lower().replace("’", "'"))
    words = " ".join(_POLITE.sub(" ", words).split())
    parts = _split(words)
    if parts and all(_YES.fullmatch(part) for part in parts):
        return "approve"
    if parts and all(_NO.fullmatch(part) for part in parts):
        return "reject"
    return None


def _split(words: str) -> list[str]:
    """ "yes go ahead" is two yeses."""
    if _YES.fullmatch(words) or _NO.fullmatch(words):
        return [words]
    first, _, rest = words.partition(" ")
    return [first, *_split(rest)] if rest else [first] if first else []
