"""Why, in words: the likeliest cause and what speaks for it, what to check, how soon, and where it is written."""

import re
from string import ascii_lowercase

from agent.answers.asked import Asked
from agent.answers.figures import say_life, say_probability, say_rounded, say_time
from agent.answers.naming import machine_name, say_list, sensor_name
from agent.answers.said import Said
from knowledge_base.explanation import Cause, Citation, Explanation

ALONE = 0.99  # beyond it a figure would claim more than the weighing can know
DOUBTED = 0.2  # from which a faulty sensor is worth a word
CLEAR = 0.4  # share from which a cause is called the likeliest
SHOWN = 3  # passages quoted in an answer about a procedure
LONGEST = 700
_WHY = re.compile(r"\W*(?:and |but |so |then )*why\b(?: \w+){0,2}\W*", re.I)
_SIGN = re.compile(  # a complaint about the machine's condition
    r"\b(?:faults?|wrong|problems?|trouble\w*|symptoms?|nois\w*|loud\w*|hot\w*|warm\w*|overheat\w*|vibrat\w*|shak\w+|"
    r"rattl\w+|squeal\w*|hum(?:s|ming)|knock\w*|grind\w*|leak\w*|drip\w*|slow\w*|jerk\w*|stall\w*|trip(?:s|ped|ping)|"
    r"strange\w*|odd\w*|rough\w*|unsteady|struggl\w*|wear\w*|smell\w*)\b",
    re.I,
)
_NOT_SEEN = (
    "they show no cause for it, and the documents I have name none. What is heard, smelt or seen at the machine itself "
    "the sensors may not see; have it looked at there"
)
_URGENCY = {
    "now": "Look at it now", "this week": "Plan it for this week", "no haste": "There is no haste",
    "at the next planned stop": "It can wait for the next planned stop",
}  # fmt: skip


def say_explanation(found: Explanation, asked: Asked) -> Said:
    """Marks such as [b] stand for citations in the order in which the answer uses them."""
    if not found.answerable:
        return _nothing(found, asked)
    marks = _Marks(found.citations)
    if found.causes and (not found.asks_for_procedure or not found.passages):
        return _why(found, asked, marks)
    return _written(found, asked, marks)


def nothing_to_explain(moved: bool | None, question: str) -> bool:
    """Asked why of a machine that shows nothing, that is the answer; it is no question without evidence."""
    return moved is False and bool(_WHY.fullmatch(question) or _SIGN.search(question))


class _Marks:
    """Letters for the citations as they are used: a figure in brackets would be one that no tool gave."""

    def __init__(self, citations: tuple[Citation, ...]) -> None:
        self._known = {each.reference: each for each in citations}
        self.used: list[Citation] = []

    def of(self, reference: str | None) -> str:
        cited = self._known.get(reference or "")
        if cited is None:
            return ""
        if cited not in self.used:
            self.used.append(cited)
        return f" [{ascii_lowercase[self.used.index(cited) % 26]}]"

    def sources(self) -> str:
        listed = [
            f"{self.of(each.reference).strip()} {each.reference} ({each.source.rstrip('.')})" for each in self.used
        ]
        return f"Sources: {'; '.join(listed)}." if listed else ""


def _nothing(found: Explanation, asked: Asked) -> Said:
    if nothing_to_explain(found.moved, asked.text):
        machine = machine_name(found.machine_id, asked.catalog)
        so = ", so there is no fault to explain" if _WHY.fullmatch(asked.text) else f": {_NOT_SEEN}"
        return Said(
            finding=f"Nothing in the readings of {machine} has left its usual course{so}.",
            rests_on=f"This rests on readings up to {say_time(found.at)}." if found.at else "",
        )
    calm = found.moved is False and found.machine_id
    finding = (
        f"Nothing in the readings of {machine_name(found.machine_id, asked.catalog)} has left its usual course, and "
        f"the documents I have do not answer this. I will not guess."
        if calm
        else "I have no evidence on this: the documents I have do not answer it, so I will not guess."
    )
    doubts = (found.not_judged.rstrip(".") + ".",) if found.not_judged else ()
    return Said(finding=finding, doubts=doubts)


def _why(found: Explanation, asked: Asked, marks: _Marks) -> Said:
    machine, first = machine_name(found.machine_id, asked.catalog), found.causes[0]
    others = [f"{each.title.lower()} ({say_probability(each.probability)})" for each in found.causes[1:3]]
    lines = [f"Speaks for it: {say_list(_supporting(first))}"] if first.supporting else []
    if first.against:
        silent = say_list(sensor_name(sign.sensor) for sign in first.against[:3])
        lines.append(f"Speaks against it: {silent} should have moved")
    if others:
        lines.append(f"Otherwise: {say_list(others)}")
    if found.faulty_sensor and (found.sensor_fault or 0.0) > DOUBTED:
        lines.append(f"A fault of the {sensor_name(found.faulty_sensor)} sensor itself is possible too")
    mark = marks.of(first.citation) if first.likely_cause or first.check or first.remedy else ""
    if first.likely_cause:
        lines.append(f"Usual reasons: {first.likely_cause.rstrip('.')}{mark}")
    if first.check:
        lines.append(f"To confirm or rule it out: {_lower(first.check).rstrip('.')}{mark}")
    share = f"{say_probability(first.probability)} of the explanations weighed"
    if first.probability > ALONE:
        share = "no other explanation comes close"
    safety, to_do = _safety(found, marks), _what_to_do(found, first, mark, asked)
    readings = f"This rests on readings up to {say_time(found.at)}. " if found.at else ""
    return Said(
        finding=f"{machine}: {_how_likely(first)} ({share}).",
        figures=tuple(lines),
        advice=tuple(line for line in (safety, to_do) if line),
        rests_on=readings + marks.sources(),
        doubts=("The share weighs the causes against each other; it is not the chance of failure.",),
    )


def _how_likely(first: Cause) -> str:
    """No more certain than its share of the weighing allows."""
    if first.probability >= CLEAR:
        return f"most likely {first.title.lower()}"
    return f"no cause stands out; {first.title.lower()} fits best"


def _supporting(cause: Cause) -> list[str]:
    said = []
    for sign in cause.supporting[:3]:
        way = "up" if sign.moved.value > 0 else "down"
        crossed = next((c for c in cause.limits if c.sensor == sign.sensor), None)
        limit = f", beyond its {crossed.level} limit" if crossed else ""
        said.append(f"{sensor_name(sign.sensor)} {way} by {say_rounded(abs(sign.moved.value), sign.unit)}{limit}")
    return said


def _what_to_do(found: Explanation, first: Cause, mark: str, asked: Asked) -> str:
    remedy = f" If it is confirmed: {_lower(first.remedy).rstrip('.')}{mark}." if first.remedy else ""
    life = ""
    if found.rul is not None:
        life = f" (RUL {say_life(found.rul, found.rul_at_cap, None, asked.time_unit(found.machine_id))})"
    return f"{_URGENCY[found.urgency or 'no haste']}{life}.{remedy}"


def _safety(found: Explanation, marks: _Marks) -> str:
    passage = next((each for each in found.citations if each.reference == found.safety), None)
    return f"Safety first: {_short(passage.text, 420)}{marks.of(passage.reference)}" if passage else ""


def _written(found: Explanation, asked: Asked, marks: _Marks) -> Said:
    """What the documents say; for a machine that shows nothing, that first."""
    told = [each for each in found.citations if each.passage in found.passages][:SHOWN]
    calm = ""
    if found.moved is False and found.machine_id and not found.asks_for_procedure:
        machine = machine_name(found.machine_id, asked.catalog)
        calm = f"Nothing in the readings of {machine} has left its usual course. What the documents say: "
    first, rest = told[0], told[1:]
    finding = f"{calm}{_short(first.text, LONGEST)}{marks.of(first.reference)}"
    lines = [f"{each.section or each.reference}: {_short(each.text, 280)}{marks.of(each.reference)}" for each in rest]
    safety = _safety(found, marks) if found.safety and found.safety not in [each.reference for each in told] else ""
    return Said(
        finding=finding,
        figures=tuple(lines),
        advice=(safety,) if safety else (),
        rests_on=marks.sources(),
        doubts=("These are general sources; the manufacturer's manual and your site's instructions come first.",),
    )


def _short(text: str, longest: int) -> str:
    """Whole sentences, as many as fit."""
    flat = " ".join(re.sub(r"\s*\n\s*[-*] ", "; ", text).split()).replace(" degC", " °C")
    if len(flat) <= longest:
        return flat
    cut = flat[:longest]
    end = max(cut.rfind(". "), cut.rfind("; "))
    return cut[: end + 1].rstrip(";") if end > 80 else cut.rsplit(" ", 1)[0] + " …"


def _lower(text: str | None) -> str:
    said = text or ""
    return said[:1].lower() + said[1:] if said[1:2].islower() else said
