"""Why a machine does what it does, and what to do: the readings, the models and the documents, each as evidence."""

import re
from datetime import datetime
from typing import Literal

from knowledge_base.index import Index
from knowledge_base.passages import Passage
from knowledge_base.retrieval import search
from machine_profiles.errors import MillwrightError
from machine_profiles.profile import FailureMode, Profile
from models.diagnosis import Diagnosis, SensorSign, diagnose
from models.health import HealthPrediction, LimitCrossing, predict
from models.registry import Registry
from models.results import Quantity, Result
from models.telemetry import MAIN, Telemetry
from models.trends import SensorTrend

DIAGNOSED_ROWS = 2160
MOST_CAUSES, MOST_PASSAGES = 4, 4
LEAST_SHARE = 0.05  # a failure mode less likely than this is not named beside a likelier one
NOW_HOURS, SOON_HOURS = 24.0, 168.0

Urgency = Literal["now", "this week", "at the next planned stop", "no haste"]
_PARTS = re.compile(r"\b(Symptoms?|Likely causes?|Causes?|Checks?|Remed(?:y|ies)|Action)s?: ", re.I)


class Citation(Result):
    """A passage that an answer rests on; `reference` names it, and opens it by `passage`."""

    reference: str
    passage: str
    document: str
    section: str
    source: str
    text: str
    page: int | None = None


class Cause(Result):
    """A failure mode with what speaks for and against it. `probability` is its share among the explanations."""

    failure_mode: str
    title: str
    probability: float
    stage: float | None  # share of the way from the first sign to failure
    supporting: tuple[SensorSign, ...]
    against: tuple[SensorSign, ...]  # sensors that should have moved, and have not
    limits: tuple[LimitCrossing, ...]
    trends: tuple[SensorTrend, ...]
    attributed: tuple[str, ...]  # sensors of the mode that take most off the RUL
    likely_cause: str | None
    check: str | None
    remedy: str | None
    citation: str | None  # the reference of the passage that check and remedy are taken from


class Explanation(Result):
    """`answerable`: the documents hold an answer, or the readings show something to explain. Where it is false there is
    no evidence, and nothing may be said of the cause."""

    question: str
    machine_id: str | None
    name: str | None
    answerable: bool
    asks_for_procedure: bool
    at: datetime | None
    state: str | None
    moved: bool | None  # None: not judged
    causes: tuple[Cause, ...]  # likeliest first
    faulty_sensor: str | None
    sensor_fault: float | None
    rul: Quantity | None
    rul_at_cap: bool | None
    urgency: Urgency | None
    safety: str | None  # the reference of the passage that comes before any work
    citations: tuple[Citation, ...]
    passages: tuple[str, ...]  # ids of those that answer the question itself, best first
    not_judged: str | None = None  # why the readings could not be judged


def explain(
    index: Index, telemetry: Telemetry, registry: Registry, profile: Profile | None, question: str, now: datetime,
    unit: str = MAIN,
) -> Explanation:  # fmt: skip
    """Rank causes by the readings (models/diagnosis.py) and attach what the documents say of each; or, for a question
    without a machine, only what the documents say."""
    found = search(index, question, profile, top=MOST_PASSAGES)
    cited: dict[str, Citation] = {}
    procedure = asks_for_procedure(question)
    diagnosis, health, not_judged = _judged(telemetry, registry, profile, now, unit) if profile else (None, None, None)
    causes: tuple[Cause, ...] = ()
    if profile and diagnosis and diagnosis.moved:
        causes = _causes(index, profile, diagnosis, health, cited)
    if found.answerable:
        for passage in found.passages:
            _cite(passage, cited)
        for case in found.cases[:2]:
            _cite(case, cited)
    answerable = found.answerable or bool(causes)
    safety = _safety(index, profile, cited) if answerable and (causes or procedure) else None
    return Explanation(
        question=question,
        machine_id=profile.id if profile else None,
        name=profile.name if profile else None,
        answerable=answerable,
        asks_for_procedure=procedure,
        at=health.at if health else None,
        state=health.state if health else None,
        moved=diagnosis.moved if diagnosis else None,
        causes=causes,
        faulty_sensor=diagnosis.faulty_sensor if diagnosis and diagnosis.moved else None,
        sensor_fault=diagnosis.sensor_fault if diagnosis and diagnosis.moved else None,
        rul=health.rul if health else None,
        rul_at_cap=health.rul_at_cap if health else None,
        urgency=_urgency(health) if health and causes else None,
        safety=safety,
        citations=tuple(cited.values()),
        passages=tuple(passage.id for passage in found.passages) if found.answerable else (),
        not_judged=not_judged,
    )


def asks_for_procedure(question: str) -> bool:
    """Whether it asks how something is done or kept, and not why the machine does what it does.

    >>> asks_for_procedure("How do I lock out the conveyor?"), asks_for_procedure("Why does it vibrate?")
    (True, False)
    """
    text = question.lower()
    how = (
        r"\b(?:how (?:do|can|should|would|often|much|to|many)|steps?|procedures?|instructions?|lock[- ]?out|tag[- ]?out"
        r"|interval|spare|part numbers?|which (?:oil|grease|bearing|seal|filter|belt)|what (?:oil|grease|bearing|seal)|"
        r"replace|change|install|align|calibrate|what does|what is|what are|meaning of|difference between)\b"
    )
    why = r"\bwhy\b|\bwhat(?:'s| is) (?:wrong|the cause|causing|behind|going on)|\bcause of\b|\broot cause\b"
    return bool(re.search(how, text)) and not re.search(why, text)


def _judged(
    telemetry: Telemetry, registry: Registry, profile: Profile, now: datetime, unit: str
) -> tuple[Diagnosis | None, HealthPrediction | None, str | None]:
    """What the readings and the models say; the reason where they say nothing."""
    health, reason = None, None
    try:
        health = predict(telemetry, registry, profile, NOW_HOURS, None, now, unit)
    except MillwrightError as error:
        reason = str(error)
    try:
        rows = telemetry.latest(profile.id, DIAGNOSED_ROWS, unit, until=now)
        age = float(rows["hours"].iloc[-1]) if len(rows) else None
        return diagnose(profile, rows, unit, age), health, None
    except MillwrightError as error:
        return None, health, reason or str(error)


def _causes(
    index: Index, profile: Profile, diagnosis: Diagnosis, health: HealthPrediction | None, cited: dict[str, Citation]
) -> tuple[Cause, ...]:
    by_name = {mode.name: mode for mode in profile.failure_modes}
    weighty = _weighty(health)
    found: list[Cause] = []
    for each in diagnosis.candidates[:MOST_CAUSES]:
        if found and each.probability < LEAST_SHARE:
            break
        if not any(sign.supports for sign in each.signs):
            continue  # likely only because such machines fail so: nothing that was read speaks for it
        mode = by_name[each.failure_mode]
        sensors = {response.sensor for response in mode.responses}
        passage = _passage_of(index, profile, mode)
        parts = _parts(passage.text) if passage else {}
        found.append(
            Cause(
                failure_mode=mode.name,
                title=mode.title,
                probability=each.probability,
                stage=each.stage,
                supporting=tuple(sign for sign in each.signs if sign.supports),
                against=tuple(s for s in each.signs if not s.supports and _silent(s, each.stage)),
                limits=tuple(c for c in health.limits_crossed if c.sensor in sensors) if health else (),
                trends=tuple(t for t in health.trends if t.sensor in sensors) if health else (),
                attributed=tuple(name for name in weighty if name in sensors),
                likely_cause=parts.get("cause"),
                check=parts.get("check"),
                remedy=parts.get("remedy"),
                citation=_cite(passage, cited) if passage else None,
            )
        )
    return tuple(found)


def _silent(sign: SensorSign, stage: float | None) -> bool:
    """A sensor that should have gone a good part of its way by now, and has gone none of it."""
    expected = (stage or 0.0) * sign.at_failure.value
    return abs(sign.at_failure.value) > 0 and (stage or 0.0) >= 0.3 and sign.moved.value * expected <= 0


def _weighty(health: HealthPrediction | None) -> list[str]:
    attributions = [each for each in health.attributions if each.of == "rul"] if health else []
    return [c.sensor for each in attributions for c in each.contributions if c.contribution.value < 0][:4]


def _passage_of(index: Index, profile: Profile, mode: FailureMode) -> Passage | None:
    """The sheet's own section on the mode; else the best passage on it for machines of this kind."""
    index.refresh()
    own = [
        p
        for p in index.passages
        if profile.id in p.machine_ids and p.failure_modes == (mode.name,) and p.kind != "case"
    ]
    if own:
        return own[0]
    found = search(index, f"{mode.title}: cause, check and remedy", profile, top=1)
    return found.passages[0] if found.answerable and found.passages else None


def _safety(index: Index, profile: Profile | None, cited: dict[str, Citation]) -> str | None:
    index.refresh()
    if profile is not None:
        own = [p for p in index.passages if profile.id in p.machine_ids and p.section.lower().startswith("safety")]
        if own:
            return _cite(own[0], cited)
    kind = profile.kind if profile else "machine"
    found = search(index, f"lock-out tag-out before work on the {kind}", profile, top=3)
    general = [passage for passage in found.passages if not passage.machine_ids]
    return _cite(general[0], cited) if found.answerable and general else None


def _parts(text: str) -> dict[str, str]:
    """What a passage says under Likely cause, Check and Remedy."""
    pieces = _PARTS.split(" ".join(text.split()))
    found: dict[str, str] = {}
    for name, said in zip(pieces[1::2], pieces[2::2], strict=False):
        key = "cause" if "cause" in name.lower() else "check" if "check" in name.lower() else "remedy"
        if not name.lower().startswith("symptom"):
            found.setdefault(key, said.strip())
    return found


def _cite(passage: Passage, cited: dict[str, Citation]) -> str:
    page = f", page {passage.page}" if passage.page is not None else ""
    reference = f"{passage.title}, {passage.section}{page}" if passage.section else f"{passage.title}{page}"
    cited.setdefault(
        reference,
        Citation(
            reference=reference, passage=passage.id, document=passage.document, section=passage.section,
            source=passage.source, text=passage.text, page=passage.page,
        ),
    )  # fmt: skip
    return reference


def _urgency(health: HealthPrediction) -> Urgency:
    """From the early end of the RUL's interval, and at once where an alarm limit is crossed."""
    low = health.rul.interval.low if health.rul and health.rul.interval else None
    if health.state == "alarm" or (low is not None and low <= NOW_HOURS):
        return "now"
    if health.state == "act" or (low is not None and low <= SOON_HOURS):
        return "this week"
    return "at the next planned stop" if health.state == "watch" else "no haste"
