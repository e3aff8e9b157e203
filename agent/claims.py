"""Claims that something was done, held to what this conversation's calls and jobs did."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from langchain_core.messages import BaseMessage, HumanMessage, ToolMessage

from agent.messages import GUARD, JOB_ENDED, PROPOSAL, text_of
from tools.registry import all_tools

WITHHELD_CLAIM = "[claim withheld: nothing here shows that it was done]"

# what a participle claims → the work that bears it out; work in no tool is never borne out
_BY_US: dict[str, tuple[str, ...]] = {
    r"(?:re-?)?trained|re-?fitted|refreshed|re-?built|fine-?tuned": ("train",),
    r"promoted|deployed|switched|activated|installed|rolled out|released|gone live|went live|"
    r"put \w+ ?(?:\w+ ){0,4}into (?:service|production)": ("promote_model", "rollback_model"),
    r"rolled(?: \w+){0,4} back|reverted|restored|brought back": ("rollback_model",),
    r"exported|bundled|packaged|quanti[sz]ed|flashed": ("export_edge",),
    r"imported|loaded|uploaded|ingested|read in": ("import_telemetry",),
    r"onboarded|registered|enrolled": ("onboard_machine",),
    r"logged|recorded|noted|entered|filed": ("log_maintenance",),
    r"labell?ed|annotated": ("label_rul",),
    r"synthesi[sz]ed|generated|simulated": ("synthesize_data",),
    r"written up|drafted|produced": ("write_report",),
    r"added": ("onboard_machine", "log_maintenance", "import_telemetry"),
    r"created|made|built|saved|stored|written": ("synthesize_data", "write_report", "export_edge", "label_rul",
                                                 "onboard_machine", "train"),
    r"updated|changed|replaced|completed|finished|carried out|executed|performed|applied|done|taken care of|handled|"
    r"fixed|sorted|set up|configured|approved|implemented": ("any",),
    r"started|begun|kicked off|launched|queued": ("train_models",),
    r"ordered|scheduled|booked|stopped|restarted|shut (?:it |the \w+ )?down|reset|silenced|acknowledged|e-?mailed|"
    r"notified|called|informed|alerted|dispatched|isolated|locked (?:it )?out|lubricated|greased|repaired|tightened|"
    r"cleaned|balanced|aligned|overridden|bypassed|disabled|cancelled|deleted|removed|purchased|bought|raised|opened|"
    r"closed|submitted|sent|shipped|increased|reduced|lowered|adjusted": (),
}  # fmt: skip
_DONE = "|".join(_BY_US)
_ADVERB = r"(?:\s+(?:now|just|already|also|successfully|since|then|fully|all|both|indeed|finally|safely|correctly))*"
_OURS = (
    r"models?|versions?|challengers?|champions?|bundles?|exports?|data ?sets?|rows|telemetry|readings|files?|"
    r"imports?|"
    r"reports?|labels?|trainings?|retraining|promotion|roll-?back|jobs?|entry|entries|log|machine profile|profiles?|"
    r"maintenance|changes?|requests?|work order|ticket|everything|all of (?:it|them)|it|they|both|this|that|"
    r"task|network|weights"
)
_FIRST = re.compile(
    rf"\b(?:I|we|I've|we've|I have|we have|system has|millwright has)(?:\s+have|'ve)?{_ADVERB}\s+(?P<did>{_DONE})\b",
    re.I,
)
_PASSIVE = re.compile(
    rf"\b(?:{_OURS})\b[^.!?\n;:]{{0,60}}?(?:\s(?:has been|have been|was|were|is|are|got|has|have)|'s){_ADVERB}\s+"
    rf"(?:been\s+)?(?P<did>{_DONE})\b", re.I,
)  # fmt: skip
_PHYSICAL = re.compile(
    rf"\b(?:has been|have been|was|were|is now|are now|'s been){_ADVERB}\s+(?P<did>isolated|locked out|stopped|"
    r"shut down|restarted|reset|lubricated|greased|repaired|replaced|tightened|ordered|scheduled|booked|"
    r"notified|informed|"
    r"alerted|dispatched|bypassed|overridden|disabled|silenced|acknowledged|purchased)\b",
    re.I,
)
_FRESH = re.compile(rf"\b(?:newly|freshly|just)[- ](?P<did>{_DONE})\b|\bthe\s+(?P<again>re-?trained)\b", re.I)
_OPENING = re.compile(
    rf"(?:^|[.!?:\n]\s*|^[-*•]\s*|✅\s*|✔\s*|\b(?:and|then)\s+)(?:all\s+|successfully\s+|now\s+)*(?P<did>{_DONE})"
    r"(?=\s*(?:[.!✅✔]|$|successfully|the|a|an|your|version|new|it|them|both|all|for|(?-i:[A-Z0-9])))(?! as you said)",
    re.I | re.M,
)
_STATE = re.compile(
    r"\b(?:(?:is|are|went|goes|has gone|now)(?:\s+now|\s+already)?\s+(?P<live>in service|in production|live|"
    r"active|deployed|"
    r"serving|running on)|(?P<over>training|re-?training|promotion|export|import|roll-?back|synthesis|labell?ing|job|"
    r"onboarding)\s+(?:is|was|has)\s+(?:now\s+|been\s+)*(?:complete[d]?|finished|done|over|successful|ready|through)|"
    r"(?P<succeeded>(?:training|promotion|export|import|roll-?back|synthesis|labell?ing|onboarding)\s+"
    r"(?:succeeded|completed|finished|worked|ran|went through)\b(?! the\b))|"
    r"\b(?:I|we|I've|we've)(?:\s+have)?\s+(?:did|done|made|ran|run|finished|completed)\s+(?:the\s+|an?\s+|"
    r"your\s+)?(?:\w+\s+)?"
    r"(?P<made>(?:re-?)?training|promotion|export|import|roll-?back|synthesis|labell?ing|onboarding))\b",
    re.I,
)
_NOT_CLAIMED = re.compile(
    r"\b(?:not|nothing|no|never|none|nobody|n't|what|whatever|cannot|can't|yet to|without)\b[^,;.!?]*$"
    r"|\b(?:once|when|if|after|until|till|unless|before|whether|as soon as|in case|while)\s+"
    r"(?:it|they|the|this|that|these|those|you|a|an|each|all|everything|we|I|your|done|approved|trained|some|"
    r"any)\b[^,;.!?]*$"
    r"|\b(?:will|would|can|could|should|may|might|must|shall|to|'ll|waits?|waiting|wants?|ready|let me|"
    r"shall I)\b[^,;.!?]*$",
    re.I,
)
_NOT_AFTER = re.compile(r"\s*(?:only\s+)?(?:once|when|if|after|as soon as)\s+you\b|\s+yet\?|[^.!\n]{0,80}\?", re.I)
_QUOTED = re.compile(r"[“\"]([^“”\"\n]+)[”\"]")
_OVER = {"train": ("train",), "retrain": ("train",), "promot": ("promote_model",), "export": ("export_edge",),
         "import": ("import_telemetry",), "roll": ("rollback_model",), "synth": ("synthesize_data",),
         "label": ("label_rul",), "job": ("any",), "onboard": ("onboard_machine",)}  # fmt: skip
_SHOWS_SERVICE = frozenset(("compare_models", "promote_model", "rollback_model", "predict_health", "list_machines",
                            "describe_machine", "get_job", "train", "export_edge", "rank_fleet"))  # fmt: skip


@dataclass(frozen=True)
class Done:
    """What a conversation did: creates and changes that ran, a training's start as `train_models` and its good end as
    `train`; what was looked at; and all that results and people say, where an event of the past may stand."""

    work: frozenset[str] = frozenset()
    looked: frozenset[str] = frozenset()
    said: str = field(default="", repr=False)


def done_by(messages: Sequence[BaseMessage]) -> Done:
    work: set[str] = set()
    looked: set[str] = set()
    said: list[str] = []
    for message in messages:
        if isinstance(message, ToolMessage):
            said.append(
                json.dumps(message.artifact["data"], ensure_ascii=False) if message.artifact else text_of(message)
            )
            if message.status != "success" or not message.artifact or message.artifact["kind"] == PROPOSAL:
                continue
            tool = all_tools().get(str(message.name))
            if tool is not None:
                (looked if tool.effect == "read" else work).add(tool.name)
            if message.artifact["kind"] == "Job" and message.artifact["data"].get("status") == "done":
                work.add(str(message.artifact["data"].get("work")))
        elif isinstance(message, HumanMessage) and message.name == JOB_ENDED:
            job = json.loads(text_of(message))
            if job["status"] == "done":
                work.add(job["work"])
        elif isinstance(message, HumanMessage) and message.name != GUARD:
            said.append(text_of(message))
    return Done(frozenset(work), frozenset(looked), " ".join(" ".join(said).lower().split()))


def unproved_claims(text: str, done: Done) -> list[tuple[int, int]]:
    """Where the text says that something was done which the conversation does not show, clause by clause."""
    found = []
    for pattern in (_FIRST, _PASSIVE, _PHYSICAL, _FRESH, _OPENING, _STATE):
        for match in pattern.finditer(text):
            start = match.start("did") if match.groupdict().get("did") else match.start()
            if _said_so(text, match, done) or _NOT_AFTER.match(text, match.end()):
                continue
            if pattern is not _FRESH and _NOT_CLAIMED.search(_clause_before(text, start)):
                continue
            if not _borne_out(match, pattern, done):
                found.append(_sentence(text, match.start(), match.end()))
    return _merged(found)


def withhold(text: str, done: Done) -> str:
    """The text with each such clause replaced."""
    for start, end in reversed(unproved_claims(text, done)):
        text = text[:start] + WITHHELD_CLAIM + text[end:]
    return text


def _borne_out(match: re.Match[str], pattern: re.Pattern[str], done: Done) -> bool:
    if pattern is _STATE:
        if match["live"]:
            fresh = re.search(r"\b(?:now|went|goes|gone)\b", match[0], re.I)
            return bool((done.work if fresh else done.work | done.looked) & _SHOWS_SERVICE)
        over = (match["over"] or match["succeeded"] or match["made"]).lower().replace("re-", "re")
        return _any_of(next((tools for stem, tools in _OVER.items() if over.startswith(stem)), ()), done)
    did = match["did"] or match["again"]
    tools = next(tools for words, tools in _BY_US.items() if re.fullmatch(words, did, re.I))
    if tools:
        return _any_of(tools, done)
    return pattern is not _FIRST and did.lower()[:6] in done.said  # an event that a log or a person tells of


def _said_so(text: str, match: re.Match[str], done: Done) -> bool:
    """Whether a source has this clause, or the quotation it stands in, word for word."""
    quoted = next((q[1] for q in _QUOTED.finditer(text) if q.start() < match.start() and match.end() < q.end()), "")
    if quoted and " ".join(quoted.lower().split()).strip(" .…") in done.said:
        return True
    _, end = _sentence(text, match.start(), match.end())
    words = " ".join(text[match.start() : end].lower().split()).strip(" .-*")
    return len(words.split()) >= 3 and words in done.said


def _any_of(tools: Sequence[str], done: Done) -> bool:
    return bool(done.work - {"train_models"}) if "any" in tools else bool(done.work & set(tools))


def _clause_before(text: str, start: int) -> str:
    begin = max(text.rfind(mark, 0, start) for mark in ".!?\n;:")
    return text[begin + 1 : start]


def _sentence(text: str, start: int, end: int) -> tuple[int, int]:
    begin = max((found.end() for found in re.finditer(r"[.!?]\s+|\n(?:[-*•]\s*)?", text[: start + 1])), default=0)
    stop = re.compile(r"[.!?](?=\s|$)|\n|$").search(text, end)
    return min(begin, start), stop.start() if stop else len(text)


def _merged(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
