"""What comes next in a message's orders: which calls to make now, which wait, and why some are not made."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

from agent.brains.offline.conditions import CHECKS, about, holds
from agent.brains.offline.orders import Order
from agent.messages import APPROVED, DECISION, JOB_ENDED, PROPOSAL, text_of
from models.gates import MAIN_METRIC
from tools.registry import all_tools

State = Literal["open", "called", "proposed", "running", "done", "failed", "rejected", "skipped", "blocked"]
SETTLED = ("done", "skipped")
_WORSE = re.compile(r"\b(?:worse|lower|not better|isn't better|no better|drops?)\b|\bunless\b", re.I)


@dataclass(frozen=True)
class Step:
    """Where an order stands. `result` is its data; a training's is that of its job. `why`: of what was not done."""

    order: Order
    state: State
    call_id: str | None = None
    result: dict[str, Any] | None = None
    why: str = ""


def call_id(messages: int, exchange: int, place: int) -> str:
    """Unique in a conversation, and says which order of which exchange it carries out."""
    return f"c{messages}_{exchange}_{place}"


def place_of(call: str) -> tuple[int, int] | None:
    found = re.fullmatch(r"c\d+_(\d+)_(\d+)", call.removesuffix(APPROVED))
    return (int(found[1]), int(found[2])) if found else None


def steps(orders: Sequence[Order], exchange: int, messages: Sequence[BaseMessage]) -> list[Step]:
    """How far the orders of an exchange have come, by all that has happened since."""
    found = [_told(Step(order, "open"), exchange, place, messages) for place, order in enumerate(orders)]
    for place, step in enumerate(found):
        if step.state == "open":
            found[place] = _judged(step, [found[i] for i in step.order.after])
    return found


def next_calls(found: Sequence[Step]) -> list[int]:
    """The orders to be called now: reads and creates first, changes only when none of those is left."""
    open_ = [i for i, step in enumerate(found) if step.state == "open" and not step.order.missing]
    ready = [i for i in open_ if all(found[j].state in SETTLED for j in found[i].order.after)]
    at_once = [i for i in ready if _effect(found[i].order) != "change"]
    if at_once:
        return at_once
    if any(step.order.missing for step in found):
        return []
    return [i for i in ready if _effect(found[i].order) == "change"]


def waiting_for(found: Sequence[Step], place: int) -> list[Step]:
    """The steps that an open order still waits for."""
    return [found[i] for i in found[place].order.after if found[i].state not in SETTLED]


def completed(order: Order, found: Sequence[Step]) -> Order:
    """The order with what only earlier results tell: the version that was just trained."""
    if order.tool != "promote_model" or "version" in order.args:
        return order
    for model in _trained(found, order):
        if model["task"] == order.args.get("task"):
            return order.but(version=model["version"])
    return order


def _effect(order: Order) -> str:
    return all_tools()[order.tool].effect


def _told(step: Step, exchange: int, place: int, messages: Sequence[BaseMessage]) -> Step:
    jobs: dict[str, dict[str, Any]] = {}
    for message in messages:
        if isinstance(message, AIMessage):
            for call in message.tool_calls:
                if place_of(str(call["id"])) == (exchange, place):
                    args = dict(call["args"])
                    step = replace(step, state="called", call_id=str(call["id"]), order=replace(step.order, args=args))
        elif isinstance(message, ToolMessage) and place_of(message.tool_call_id) == (exchange, place):
            step = _answered(step, message)
        elif isinstance(message, HumanMessage) and message.name == DECISION:
            for taken in json.loads(text_of(message))["decisions"]:
                if taken["call_id"] == step.call_id and taken["verdict"] == "reject":
                    step = replace(step, state="rejected", why="you decided against it")
        elif isinstance(message, HumanMessage) and message.name == JOB_ENDED:
            job = json.loads(text_of(message))
            jobs[job["job_id"]] = job
    if step.state == "running" and step.result and (job := jobs.get(step.result["job_id"])):
        if job["status"] == "done":
            return replace(step, state="done", result=job["result"])
        return replace(step, state="failed", why=job.get("error") or f"the job was {job['status']}")
    return step


def _answered(step: Step, message: ToolMessage) -> Step:
    if message.status == "error":
        return replace(step, state="failed", why=text_of(message))
    kind, data = message.artifact["kind"], message.artifact["data"]
    state: State = (
        "proposed" if kind == PROPOSAL else "running" if kind in ("TrainingStarted", "JobStarted") else "done"
    )
    return replace(step, state=state, result=data, call_id=message.tool_call_id)


def _judged(step: Step, before: Sequence[Step]) -> Step:
    """An open order whose ground has gone is blocked; one whose condition does not hold is skipped."""
    lost = [other for other in before if other.state in ("failed", "rejected", "blocked")]
    kept = [other for other in before if other.state == "done"]
    if lost and not (step.order.tool == "export_edge" and kept and kept[-1].order.tool == "promote_model"):
        return replace(step, state="blocked", why="it depends on a step that was not done")
    if step.order.condition and before and all(other.state in SETTLED for other in before):
        held, why = _holds(step.order, before)
        return step if held else replace(step, state="skipped", why=why)
    return step


def _holds(order: Order, before: Sequence[Step]) -> tuple[bool, str]:
    """Whether the person's condition holds for the models just trained, by the main metric on held-out lives."""
    if (judged := _by_a_look(order, before)) is not None:
        return judged
    models = _trained(before, order)
    if order.tool == "export_edge" and any(step.order.tool == "promote_model" for step in before):
        promoted = any(step.order.tool == "promote_model" and step.state == "done" for step in before)
        first = any(model["champion_metrics"] is None for model in models)
        return promoted or first, "no new model is better than the one in service"
    wanted = [m for m in models if m["task"] == order.args["task"]] if "task" in order.args else models
    if not wanted:
        return False, "no new model came of the training"
    better = [model for model in wanted if _is_better(model)]
    if bool(_WORSE.search(order.condition or "")) != order.otherwise:
        return not better, "the new model is not worse"
    if order.tool == "promote_model" and all(model["champion_metrics"] is None for model in wanted):
        return False, "it is the first of its kind and went into service at once"
    return bool(better), "no new model is better than the one in service"


def _by_a_look(order: Order, before: Sequence[Step]) -> tuple[bool, str] | None:
    """By what a prediction, a comparison, a drift check or readings found; None where no such look was taken."""
    said = str(order.condition)
    what = about(said)
    if what is None or (what == "models" and any(step.order.tool == "train_models" for step in before)):
        return None
    look = next((step for step in reversed(before) if step.order.tool == CHECKS[what] and step.result), None)
    if look is None or look.result is None:
        return None
    held = holds(said, look.result)
    words = re.sub(r"^(?:if|in case|provided|unless|should it)\s+(?:that\s+)?", "", said.strip(), flags=re.I)
    if held is None:
        return False, f"it cannot be told from this whether “{words}”"
    met = "is" if held else "is not"
    return held != order.otherwise, f"it {met} so that “{words}”"


def _trained(found: Sequence[Step], order: Order) -> list[dict[str, Any]]:
    """The models of the trainings among the steps."""
    return [
        model
        for step in found
        if step.order.tool == "train_models" and step.state == "done" and step.result
        if step.order.machine_id == order.machine_id
        for model in step.result.get("models", ())
    ]


def _is_better(model: dict[str, Any]) -> bool:
    """A first model beats having none."""
    before = model["champion_metrics"]
    if before is None:
        return True
    metric = model["main_metric"]
    new, old = model["metrics"].get(metric), before.get(metric)
    if new is None or old is None:
        return False
    return MAIN_METRIC[model["task"]].better(new, old)
