"""Questions about the conversation itself: what waits, what was done, where a figure comes from, how sure it is."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agent.answers.about import WITH_INTERVAL, last_result, say_meaning, say_source, say_sureness, say_what_interval
from agent.answers.asked import Asked
from agent.answers.deeds import say_deeds, say_time_needed, say_waiting
from agent.answers.glossary import explain_term
from agent.brains.offline.orders import Order, Reading, Remark
from agent.turns import ToolCall

LEAD = re.compile(
    r"^\W*(?:(?:and|so|ok(?:ay)?|but|well|hm+|wait|hang on|hold on|sorry|please|thanks|thank you|just|now|then|"
    r"before (?:that|i (?:do|decide|say yes|approve)))\b[\s,.!-]*)+",
    re.I,
)
_IT = r"(?:that|this|it|those|these|they|the (?:number|figure|value|result|answer|probability|percentage|estimate)s?)"
_WAITS = re.compile(
    r"(?:what|which|anything|is there (?:anything|something)|is (?:anything|something)|are there any|"
    r"do you have anything|"
    r"show|list|how many)\b.{0,40}\b(?:waiting|waits?|pending|outstanding|to (?:be )?approved?|on the card|"
    r"(?:for|need\w*) (?:my |an )?(?:approval|ok))\b.{0,20}|(?:show|repeat|where is|what(?:'s| is)(?: on)?) (?:me )?"
    r"(?:the|that|my) (?:card|proposal|change)s?(?: again)?|what (?:do|must|should) i (?:have to |"
    r"need to )?approve.{0,20}|"
    r"what (?:were|are) you (?:going|about|planning) to do|what was (?:it|that|the (?:change|proposal|plan)) again",
    re.I,
)
_TAKES = re.compile(
    r"how (?:long|much time) (?:will|would|does|do|is|are) (?:that|it|this|they|those|these|both|all of (?:it|that)|"
    r"the (?:\w+ )?(?:training|export|import|promotion|rollback|job|change)s?)(?: all| both)? "
    r"(?:take|need|run|going to take|cost)(?: .{0,15})?|what (?:will|would|does) (?:it|that) cost(?: .{0,10})?",
    re.I,
)
_TELLS = re.compile(
    r"what (?:would|will|does|do) (?:that|it|this|they)(?: all)? (?:replace|change|do|overwrite|affect|"
    r"mean for .{0,30})|"
    r"what (?:happens|will happen|would happen|becomes) (?:to|with|of|if|when|then|next|now)\b.{0,40}|what(?:'s| does|"
    r" is)?"
    r" ?(?:speaks?|said|against|the (?:warning|catch|risk|downside)s?)\b.{0,20}|(?:are there |is there |any )+"
    r"(?:warning|risk|downside|catch|problem)s?\b.{0,15}|(?:is|would) (?:that|it|this)(?: be)? (?:risky|dangerous|"
    r"reversible)|why the warning|what does (?:that|it) involve|(?:tell me|say) more(?: about (?:it|that|the \w+))?|"
    r"what exactly .{0,25}|details(?: please)?|what would (?:be )?replaced?",
    re.I,
)
_DONE = re.compile(
    r"what (?:did|have) you (?:\w+ )?(?:do|done|did|change|changed|log|logged|made|make|record\w*|write|written|"
    r"train\w*|"
    r"export\w*)\b.{0,30}|what (?:has|was|is|have|had)(?: now| actually| been| so far)* (?:been )?(?:done|changed|"
    r"logged|made|"
    r"left|not done|missing)\b.{0,25}|what (?:did|has) (?:actually )?(?:happen(?:ed)?|change|changed)(?: so far| now)?|"
    r"did (?:you|it|that) (?:do (?:it|that|anything)|work|go through|succeed|change anything|happen)\b.{0,15}|"
    r"(?:have|has) (?:you|it|anything) (?:been )?(?:done|changed|happened)\b.{0,20}|"
    r"(?:sum(?:marise|marize)?|recap)(?: up| it up| that| what (?:we|you) did)*|where (?:are we|do we stand)",
    re.I,
)
_RUNNING = re.compile(
    r"(?:is|are) (?:there )?(?:anything|something|any jobs?|any training|jobs?) (?:still |currently )?(?:running|"
    r"going on|"
    r"in progress)(?: (?:right )?now)?|(?:any|what) (?:jobs? )?(?:is |are )?running(?: (?:right )?now)?",
    re.I,
)
_SOURCE = re.compile(
    rf"where (?:does|do|did|is|are) {_IT}.{{0,20}}(?:come|came|get|got|from).{{0,10}}|where did you (?:get|"
    rf"take) {_IT}.{{0,20}}|"
    rf"(?:what|which (?:data|model|readings?)) (?:is|are|does|do) {_IT} (?:based on|resting on|rest on|built on|from)|"
    r"how do you know(?: that| this)?|says who|according to (?:what|whom|who)|on what (?:basis|grounds|data).{0,20}|"
    rf"how (?:did|do|have) you (?:get|work(?:ed)? out|come (?:to|up with|by)|calculate|arrive at|compute|know|"
    rf"got) {_IT}.{{0,10}}|"
    r"which model (?:said|says|gave|gives|is) (?:that|this|it)|what(?:'s| is) (?:your|the) (?:source|"
    r"evidence)s?.{0,10}|"
    r"how (?:is|was|are|were) (?:that|this|it|they|the \w+) (?:calculated|computed|measured|worked out|estimated)",
    re.I,
)
_SURE = re.compile(
    r"how (?:sure|certain|confident|reliable|accurate|trustworthy|precise|exact|good|solid|safe) (?:are you|"
    r"is (?:that|this|it|"
    r"the (?:prediction|forecast|estimate|answer|number|figure|rul))|are (?:they|those|these))\b.{0,25}|(?:are you|"
    r"is (?:that|"
    r"this|it)) (?:really |quite |very |absolutely )?(?:sure|certain|reliable|accurate|correct|right|trustworthy)"
    r"(?: about (?:that|this|it))?|(?:can|should|could) (?:i|we) (?:trust|rely on|believe|bank on|count on) "
    r"(?:that|this|it|you|them)\b.{0,15}|how (?:much|far) (?:can|should) (?:i|we) (?:trust|rely on|believe) .{0,15}|"
    r"what(?:'s| is) the (?:uncertainty|margin(?: of error)?|error)(?: on .{0,12})?|how uncertain .{0,15}|you sure|"
    r"really|"
    r"how sure|sure about (?:that|this|it)",
    re.I,
)
_INTERVAL = re.compile(
    r"(?:what|why|how|explain)\b(?!.*(?:lubricat|greas|maintenance|service)).{0,40}\b(?:interval|range|band|"
    r"spread)\b.{0,25}",
    re.I,
)
_MEANS = re.compile(
    rf"what (?:does|do) {_IT} (?:mean|tell me|tell us|say)(?: (?:for me|then|exactly|now|in plain \w+|in practice))*|"
    r"meaning\??|what do you mean(?: by (?:that|this))?|(?:so )?what now mean\w*|in (?:plain|simple) (?:words|english|"
    r"terms)|"
    r"i (?:don'?t|do not) (?:understand|get (?:it|that)).{0,20}|is that (?:good|bad|a lot|much|normal|ok|"
    r"okay)(?: or (?:good|bad|not))?",
    re.I,
)
_UNDO = re.compile(
    r"(?:undo|revert|reverse)(?: (?:that|it|this|the last (?:one|change|step|thing)|what you (?:just )?did))?|"
    r"(?:take|put) (?:that|it) back|(?:take it|go) back to (?:how|what) it was(?: before)?",
    re.I,
)


@dataclass(frozen=True)
class Past:
    """What the conversation holds before a message."""

    calls: Sequence[ToolCall]
    waiting: Sequence[dict[str, Any]]  # proposals no person has answered
    rejected: Sequence[Mapping[str, Any]]  # proposals a person decided against
    job: str | None


def aside(message: str, past: Past, asked: Asked) -> Reading | None:
    """A question about the conversation, answered from it, or an order to take the last change back; else None."""
    text = re.sub(r"[\s?.!]+$", "", LEAD.sub("", message.replace("’", "'")))
    last = last_result(past.calls)
    if _UNDO.fullmatch(text):
        return _undone(past, asked)
    if _WAITS.fullmatch(text):
        return _told(say_waiting(past.waiting, asked))
    if past.waiting and _TAKES.fullmatch(text):
        return _told(say_time_needed(past.waiting, asked))
    if past.waiting and _TELLS.fullmatch(text):
        return _told(say_waiting(past.waiting, asked))
    if _DONE.fullmatch(text) and not (past.job and re.match(r"(?:did|has|is) (?:it|that)\b", text, re.I)):
        return _told(say_deeds(past.calls, past.rejected, past.waiting, asked))
    if past.job is None and _RUNNING.fullmatch(text):
        return _told("No job has been started in this conversation, so none of it is running.")
    if term := explain_term(message):
        return _told(term)
    for pattern, say in _ABOUT:
        if pattern is _INTERVAL:
            last = last_result([call for call in past.calls if call.kind in WITH_INTERVAL])
        if last is not None and pattern.fullmatch(text) and (said := say(last, asked)):
            return _told(said)
    return None


_ABOUT: tuple[tuple[re.Pattern[str], Callable[[ToolCall, Asked], str | None]], ...] = (
    (_SOURCE, say_source), (_SURE, say_sureness), (_MEANS, say_meaning), (_INTERVAL, say_what_interval),
)  # fmt: skip


def _told(answer: str) -> Reading:
    return Reading(remarks=(Remark("aside", "", answer=answer),))


def _undone(past: Past, asked: Asked) -> Reading:
    """A promotion is taken back by a rollback and the other way round; nothing else can be."""
    last = next((c for c in reversed(past.calls) if c.effect == "change" and c.status == "done"), None)
    if last is None:
        if past.waiting:
            return _told(f"There is nothing to undo yet. {say_waiting(past.waiting, asked)}")
        return _told("Nothing was changed in this conversation, so there is nothing to undo.")
    result, machine = last.result or {}, last.args.get("machine_id")
    if last.name == "promote_model":
        return _order("rollback_model", {"machine_id": machine, "task": last.args["task"]})
    if last.name == "rollback_model" and result.get("replaced") is not None:
        args = {"machine_id": machine, "task": last.args["task"], "version": result["replaced"]}
        return _order("promote_model", args)
    return _told(_STAYS.get(last.name, "That cannot be taken back."))


_STAYS = {
    "train_models": "A training puts nothing into service that was not there before it: its new versions wait as "
    "challengers, so there is nothing to undo. A model that answers can be brought back with “roll back”.",
    "export_edge": "An export only writes a bundle; nothing in service has changed, so there is nothing to undo.",
    "log_maintenance": "The maintenance log only grows: an entry cannot be taken out. Log a correction beside it.",
    "import_telemetry": "Imported readings stay; I cannot take them out again.",
    "onboard_machine": "A machine that was added stays; give it a new profile to change it.",
}


def _order(tool: str, args: dict[str, Any]) -> Reading:
    order = Order(tool, args, tool.replace("_", " "), machine_from_history=True)
    return Reading((order,), machines=(str(args["machine_id"]),))
