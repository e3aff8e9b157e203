"""The last message of a turn: what the results say, what is asked back, what was declined, and what follows."""

import json
from collections.abc import Sequence

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage

from agent.answers import Asked, compose
from agent.answers.comparing import say_compared, worst_of
from agent.answers.explanation import nothing_to_explain
from agent.answers.suggesting import suggest
from agent.assembling import calls_of
from agent.brains.offline import replies
from agent.brains.offline.followups import COMPARE
from agent.brains.offline.orders import Order, Reading
from agent.brains.offline.plan import Step, place_of, waiting_for
from agent.brains.offline.reading import Reader
from agent.messages import JOB_ENDED, text_of
from agent.turns import ToolCall


def final(
    since: Sequence[BaseMessage], plans: dict[int, list[Step]], readings: dict[int, Reading], reader: Reader
) -> AIMessage:
    """`since`: the messages of this turn, from the one that began it."""
    calls = [*_ended_jobs(since), *calls_of(since)]
    text = list(_results(calls, plans, reader))
    outcomes: list[str] = (
        ["error"] if any(call.status == "failed" for call in calls) else [_outcome_of(call) for call in calls]
    )
    suggestions: list[str] = []
    from_person = isinstance(since[0], HumanMessage) and since[0].name is None
    if from_person:
        for reading in readings.values():
            for found in reading.remarks:
                said, outcome, ideas = replies.remark(found, reader.machines)
                text.append(said)
                outcomes.append(outcome)
                suggestions += ideas
    for found_steps in plans.values():
        text += _left(found_steps, reader)
        for step in found_steps:
            if step.order.missing and step.state == "open":
                asked = replies.question(step.order, reader.machines)
                if asked not in text:
                    text.append(asked)
                outcomes.append("clarify")
                suggestions += replies.suggestions(step.order, reader.machines)
    outcomes += ["error" for call in _ended_jobs(since) if (call.result or {}).get("status") == "failed"]
    if not suggestions:
        suggestions += suggest(calls, reader.catalog)
    if not text:
        text, outcomes = ["There is nothing left to do."], ["answer"]
    return AIMessage(
        "\n\n".join(dict.fromkeys(text)),
        additional_kwargs={"outcome": _outcome(outcomes), "suggestions": list(dict.fromkeys(suggestions))},
    )


def told(since: Sequence[BaseMessage], reading: Reading, reader: Reader) -> AIMessage:
    """What the results since then say where another brain made the calls; `reading` is what was asked for."""
    made = calls_of(since)
    good = {call.name: place for place, call in enumerate(made) if call.status in ("done", "proposed")}
    calls = [call for place, call in enumerate(made) if call.status != "failed" or good.get(call.name, -1) < place]
    calls = [*_ended_jobs(since), *calls]
    text = [compose([call], _asked(_like(call, reading), call, reader)) for call in calls if call.status != "proposed"]
    if proposed := [call for call in calls if call.status == "proposed"]:
        text.append(compose(proposed, _asked(_like(proposed[0], reading), proposed[0], reader)))
    outcome = "error" if any(call.status == "failed" for call in calls) else _outcome([_outcome_of(c) for c in calls])
    said = "\n\n".join(dict.fromkeys(part for part in text if part)) or "There is nothing left to do."
    return AIMessage(said, additional_kwargs={"outcome": outcome if calls else "answer"})


def _like(call: ToolCall, reading: Reading) -> Order | None:
    """The order that asks for the same of the same machine, for the wording."""
    for order in reading.orders:
        if order.tool == call.name and order.machine_id == call.args.get("machine_id"):
            return order
    return None


def _outcome_of(call: ToolCall) -> str:
    """An explanation without evidence is no answer, and neither is a ranking that could rank nothing."""
    found = call.result or {}
    if call.kind == "FleetRanking":
        return "answer" if found.get("machines") else "refuse"
    if call.kind != "Explanation" or found.get("answerable"):
        return "answer"
    return "answer" if nothing_to_explain(found.get("moved"), str(call.args.get("question", ""))) else "refuse"


def _outcome(outcomes: Sequence[str]) -> str:
    """An error before all, then a question; what was refused counts where nothing else was done."""
    for first in ("error", "clarify"):
        if first in outcomes:
            return first
    return "answer" if "answer" in outcomes else "refuse"


def _results(calls: Sequence[ToolCall], plans: dict[int, list[Step]], reader: Reader) -> list[str]:
    """Each result by what was asked of it; all proposals together, as they stand on one card."""
    text = []
    judged = [call.result for call in calls if call.kind == "HealthPrediction" and call.result]
    if len(judged) > 1:
        text.append(say_compared(judged, reader.catalog))
        if (asked := _order_of(next(c for c in calls if c.kind == "HealthPrediction"), plans)) and COMPARE.search(
            asked.said
        ):
            worst = worst_of(judged)
            calls = [c for c in calls if c.kind != "HealthPrediction" or c.args.get("machine_id") == worst]
    for call in calls:
        if call.status != "proposed":
            text.append(compose([call], _asked(_order_of(call, plans), call, reader)))
    proposed = [call for call in calls if call.status == "proposed"]
    if proposed:
        order = next((o for call in proposed if (o := _order_of(call, plans)) and o.machine_from_history), None)
        text.append(compose(proposed, _asked(order or _order_of(proposed[0], plans), proposed[0], reader)))
    return [part for part in text if part]


def _order_of(call: ToolCall, plans: dict[int, list[Step]]) -> Order | None:
    place = place_of(call.call_id)
    if place is None or place[0] not in plans or place[1] >= len(plans[place[0]]):
        return None
    return plans[place[0]][place[1]].order


def _asked(order: Order | None, call: ToolCall, reader: Reader) -> Asked:
    if order is None:
        return Asked(catalog=reader.catalog, machine_id=call.args.get("machine_id"))
    return Asked(
        text=order.said,
        catalog=reader.catalog,
        machine_id=order.machine_id,
        machine_from_history=order.machine_from_history,
        topic=order.topic,
        rating=order.rating,
        sensors=order.sensors,
        horizon=order.horizon,
    )


def _ended_jobs(since: Sequence[BaseMessage]) -> list[ToolCall]:
    return [
        ToolCall(
            call_id=f"ended_{job['job_id']}",
            name="get_job",
            args={"job_id": job["job_id"]},
            effect="read",
            status="done",
            kind="Job",
            result=job,
        )
        for message in since
        if isinstance(message, HumanMessage) and message.name == JOB_ENDED
        for job in [json.loads(text_of(message))]
    ]


def _left(found: Sequence[Step], reader: Reader) -> list[str]:
    """What was not done and why, and what follows."""
    reasons: dict[str, list[Order]] = {}
    for step in found:
        if step.state in ("skipped", "blocked"):
            reasons.setdefault(step.why, []).append(step.order)
    lines = [f"Not done: {replies.say_steps(orders)}, because {why}." for why, orders in reasons.items()]
    later = [
        step.order
        for place, step in enumerate(found)
        if step.state == "open" and not step.order.missing and waiting_for(found, place)
    ]
    if later:
        lines.append(replies.say_later(later))
    return lines
