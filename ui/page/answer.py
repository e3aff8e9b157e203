"""An answer as HTML: its Markdown, each figure with its receipt, each citation with its passage."""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt

from agent.grounding import borne_out
from agent.turns import Turn
from models.results import Result

# private-use characters stand for tags until the Markdown has been rendered and escaped
_OPEN, _MIDDLE, _CLOSE = "\ue000", "\ue001", "\ue002"
_FIGURE = re.compile(f"{_OPEN}(r\\d+){_MIDDLE}(.*?){_CLOSE}", re.DOTALL)
_LETTER = re.compile(r"\[([a-z])\]")
_SOURCE = re.compile(r"\[([a-z])\] (.*?)(?=; \[[a-z]\] |\. |\.$|$)", re.MULTILINE)
_FILE = re.compile(r"\s*(?:Plot: \S+\.png\.|Evidently's own page: \S+\.html\.)")
_DRAWN = re.compile(r"(?m)^- The hot spots are drawn in \S+\n?")
_WAITS = re.compile(r"(?m)^.*\b(?:This waits|These changes wait) for your approval:.*$")
_REPORT_FILE = re.compile(r"(?m)^- To (?:print|read): \S+\n?")


class CitedPassage(Result):
    """A passage that an answer rests on. `mark` is the letter or number that the answer gives it."""

    mark: str
    reference: str
    source: str
    text: str
    page: int | None = None


def answer_html(turn: Turn, names: Iterable[str]) -> str:
    """The answer with figures as buttons that open their receipt, and marks that open their passage.

    `names` are machines' ids and names, whose digits are no figures.
    """
    text = spoken(turn)
    html = _markdown().render(_listed(_with_receipts(text, turn, tuple(names))))
    html = _FIGURE.sub(_button, html)
    html = re.sub(f"[{_OPEN}{_MIDDLE}{_CLOSE}]", "", html)
    known = {each.mark for each in passages_of(turn)}
    return _LETTER.sub(lambda m: _mark(m[1]) if m[1] in known else m[0], html)


def spoken(turn: Turn) -> str:
    """The answer without what the page shows beside it: paths of files, and the details of a card."""
    text = _DRAWN.sub("", _REPORT_FILE.sub("", _FILE.sub("", turn.answer))).strip()
    if turn.image:  # kept under a name of ours, which means nothing to a person
        text = text.replace(Path(turn.image).name, "your picture")
        text = text[:1].upper() + text[1:]
    waits = _WAITS.search(text) if turn.outcome == "approval" else None
    if waits is None:
        return text
    listed = re.findall(r"(?m)^\d+\. .*$", text[waits.end() :])
    return "\n".join([text[: waits.end()], *listed])


def passages_of(turn: Turn) -> list[CitedPassage]:
    """What the answer cites, in its own order where it gives letters."""
    found: dict[str, Mapping[str, Any]] = {}
    for call in turn.calls:
        for each in (call.result or {}).get("citations", ()):
            if isinstance(each, Mapping) and each.get("text"):
                found.setdefault(str(each["reference"]), each)
    lettered: dict[str, str] = {}
    for letter, said in _SOURCE.findall(turn.answer):
        fitting = [reference for reference in found if said.startswith(reference)]
        if fitting:
            lettered[max(fitting, key=len)] = letter
    if not lettered:
        return [_passage(str(number), each) for number, each in enumerate(found.values(), 1)]
    return [_passage(letter, found[reference]) for reference, letter in lettered.items()]


def _passage(mark: str, each: Mapping[str, Any]) -> CitedPassage:
    return CitedPassage(
        mark=mark, reference=str(each["reference"]), source=str(each.get("source", "")), text=str(each["text"]),
        page=each.get("page"),
    )  # fmt: skip


def _with_receipts(text: str, turn: Turn, names: tuple[str, ...]) -> str:
    """Each figure that a result of this turn bears out, marked with that result's receipt; the first one counts."""
    results = {call.receipt: call.result for call in turn.calls if call.receipt and call.result}
    marked: dict[tuple[int, int], str] = {}
    for receipt, result in results.items():
        for span in borne_out(text, [result], names):
            if not any(start < span[1] and span[0] < end for start, end in marked):
                marked[span] = str(receipt)
    for (start, end), receipt in sorted(marked.items(), reverse=True):
        text = f"{text[:start]}{_OPEN}{receipt}{_MIDDLE}{text[start:end]}{_CLOSE}{text[end:]}"
    return text


def _button(match: re.Match[str]) -> str:
    return f'<button type="button" class="fig" data-receipt="{match[1]}">{match[2]}</button>'


def _mark(letter: str) -> str:
    mark = escape(letter)
    return f'<button type="button" class="cite" data-cite="{mark}" aria-label="Source {mark}">{mark}</button>'


def _listed(text: str) -> str:
    """Plain text with the blank lines that Markdown needs before and after a list."""
    text = re.sub(r"(?m)^((?:   )?(?:- |\d+\. ).*)\n(?!(?:   )?(?:- |\d+\. )|\n)", r"\1\n\n", text)
    return re.sub(r"(?m)^(?!- |\d+\. |   - |\n)(.+)\n(?=- |\d+\. )", r"\1\n\n", text)


@cache
def _markdown() -> MarkdownIt:
    # no HTML of its own, no images and no links: an address could carry what was said to another host
    return (
        MarkdownIt("commonmark", {"html": False, "breaks": True}).enable("table").disable(["image", "link", "autolink"])
    )
