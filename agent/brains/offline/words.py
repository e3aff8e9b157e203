"""A clause with what was found in it."""

from dataclasses import dataclass
from datetime import datetime

from agent.brains.offline.amounts import Length, durations
from agent.brains.offline.machines import Mention
from agent.brains.offline.text import Span


@dataclass(frozen=True)
class Words:
    """A clause with what was found in it."""

    text: str
    mentions: tuple[Mention, ...]
    now: datetime

    @property
    def bare(self) -> str:
        """The text with machines blanked out, so that their numbers are not taken for amounts."""
        return blank(self.text, [mention.span for mention in self.mentions])

    @property
    def lengths(self) -> list[Length]:
        return durations(self.bare, self.now)


def blank(text: str, spans: list[Span]) -> str:
    for span in spans:
        text = text[: span.start] + " " * (span.end - span.start) + text[span.end :]
    return text
