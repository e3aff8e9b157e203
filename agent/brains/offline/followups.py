"""Questions that only the answer before makes whole: "is it urgent?", "which is worst?", "when will it get there?"."""

import re
from dataclasses import replace

from agent.brains.offline.amounts import durations
from agent.brains.offline.asides import LEAD
from agent.brains.offline.orders import Order, Reading
from agent.brains.offline.referring import Context

MOST = 6  # machines looked at for one question
_URGENT = re.compile(
    r"(?:is|are) (?:it|that|this|they|those) (?:very |really |that |so )?(?:urgent|serious|bad|critical|dangerous|"
    r"pressing|"
    r"worrying)|how (?:urgent|serious|bad|critical) is (?:it|that|this)|can (?:it|that|this) wait(?: .{0,30})?|"
    r"(?:do|should) (?:i|we) (?:need to |have to )?(?:worry|be worried|act|hurry)(?: about (?:it|that|this))?(?: now)?|"
    r"how soon(?: .{0,30})?",
    re.I,
)
_TO_DO = re.compile(
    r"what (?:should|shall|can|must|do|would) (?:i|we|you) (?:have to |need to )?(?:do|check|try|recommend|suggest|"
    r"advise|"
    r"look at)(?: (?:about|with|for|against) (?:it|that|this|them))?(?: now| then| next| first)?|what now|"
    r"(?:any|your) (?:advice|recommendations?|suggestions?)|how (?:do|can|should) (?:i|we) (?:fix|repair|remedy|solve|"
    r"cure|confirm|rule out) (?:it|that|this)(?: out)?",
    re.I,
)
_WHEN = re.compile(
    r"when (?:will|does|would|is) (?:it|that|this|the \w+(?: \w+)?)(?: going to)? (?:reach|hit|get (?:there|to)|cross|"
    r"exceed|pass|go (?:over|above|beyond))\b.{0,30}|how long (?:until|till|before) (?:it|that|this)\b.{0,40}|"
    r"(?:will|does) (?:it|that|this) (?:reach|hit|cross|exceed|pass|go (?:over|above|beyond))\b.{0,30}",
    re.I,
)
COMPARE = re.compile(
    r"compare (?:them|both|these|those|all of them|the (?:two|three|four))|(?:and )?which (?:one|of (?:them|the(?:se|"
    r"m)?(?: "
    r"two| three| four)?|those))? ?(?:is|are|has|looks?|will|would|do|needs?|should|fails?|dies?|lasts?|goes)?\b.{0,12}"
    r"(?:worse|worst|worst off|better|best|bad|sicker|weaker|longer|longest|shorter|shortest|less time|more time|first|"
    r"most urgent|attention|ris\w+|fail\w*|least time|time left)\b.{0,25}|how do they compare|what about (?:both|all)"
    r"(?: of them)?",
    re.I,
)
_BEFORE_TIME = re.compile(r"(?:\s+(?:over|for|in|within|during|through|the|next|coming))*\s*$", re.I)
_STATUS = re.compile(
    r"(?:what(?:'s| is) the )?(?:status|state|situation)(?: now)?|how (?:does|do) (?:it|"
    r"things) (?:look|stand)",
    re.I,
)


def followup(message: str, context: Context, last: Order | None, troubled: bool) -> Reading | None:
    """The order that the message stands for; `last` is the order answered before, `troubled` whether it found "
    "trouble."""
    text = re.sub(r"[\s?.!]+$", "", LEAD.sub("", message.replace("’", "'")))
    if last is not None and last.tool == "forecast_sensor" and _WHEN.fullmatch(text):
        return Reading((replace(last, said=text, machine_from_history=True),))
    group = context.group
    ahead = durations(text, context.now)
    bare = _BEFORE_TIME.sub("", text[: ahead[0].span.start]) if ahead else text
    if len(group) > 1 and len(group) <= MOST and COMPARE.fullmatch(bare) and _about_machines(last):
        horizon = {"horizon_hours": last.args["horizon_hours"]} if last and "horizon_hours" in last.args else {}
        horizon = {"horizon_hours": ahead[0].hours} if ahead else horizon
        return _for(group, "predict_health", text, **horizon)
    if len(context.focus) != 1:
        return None
    if _URGENT.fullmatch(text) or (_STATUS.fullmatch(text) and context.job is None):
        return _for(context.focus, "predict_health", text)
    if _TO_DO.fullmatch(text) and troubled:
        return _for(context.focus, "explain_fault", text, question=text)
    return None


def _about_machines(last: Order | None) -> bool:
    return last is None or last.tool in ("predict_health", "list_machines", "rank_fleet", "describe_machine")


def _for(machines: tuple[str, ...], tool: str, said: str, **args: object) -> Reading:
    orders = [Order(tool, {"machine_id": id_, **args}, said, machine_from_history=True) for id_ in machines]
    return Reading(tuple(orders), machines=machines)
