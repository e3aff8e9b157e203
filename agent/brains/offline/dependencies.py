"""Which orders of a message repeat, need or wait for one another."""

import re
from dataclasses import replace

from agent.brains.offline.conditions import CHECKS, about
from agent.brains.offline.orders import Order
from models.results import TASKS

CHANGES_MODELS = ("train_models", "promote_model", "rollback_model")
USES = {
    "promote_model": ("train_models",), "export_edge": CHANGES_MODELS, "compare_models": CHANGES_MODELS,
    "train_models": ("import_telemetry", "label_rul", "synthesize_data"),
    "label_rul": ("synthesize_data", "import_telemetry"), "synthesize_data": ("import_telemetry",),
}  # fmt: skip
LOOKS = ("predict_health", "get_job", "query_telemetry", "rank_fleet")  # wait only where the person says "then"


def settle_order(orders: list[Order]) -> list[Order]:
    """Each order once, with the places of those it waits for. A condition's own look comes before what it governs."""
    with_checks: list[Order] = []
    for order in orders:
        with_checks += [check for check in _check(order, with_checks) if check not in with_checks]
        with_checks.append(order)
    return _depend(_with_promotions(_once(with_checks)))


def _check(order: Order, before: list[Order]) -> list[Order]:
    """The look that tells whether an order's condition holds, where no step before it does."""
    what = about(order.condition) if order.condition else None
    if what is None or order.machine_id is None:
        return []
    if what == "models":
        judged = any(
            other.tool in ("train_models", "compare_models") and other.machine_id == order.machine_id
            for other in before
        )
        if judged or "task" not in order.args:
            return []
        args = {"machine_id": order.machine_id, "task": order.args["task"]}
        return [Order("compare_models", args, order.said, machine_from_history=order.machine_from_history)]
    if any(other.tool == CHECKS[what] and other.machine_id == order.machine_id for other in before):
        return []
    args = {"machine_id": order.machine_id, **order.check}
    return [Order(CHECKS[what], args, str(order.condition), machine_from_history=order.machine_from_history)]


def _once(orders: list[Order]) -> list[Order]:
    """Without orders that say what another one says: the fuller of two for the same tool and machine stays."""
    kept: list[Order] = []
    for order in orders:
        twin = next((i for i, other in enumerate(kept) if _same(order, other)), None)
        if twin is None:
            kept.append(order)
        else:
            both = {**kept[twin].args, **order.args, **_asked_by_both(kept[twin], order)}
            kept[twin] = replace(kept[twin], args=both, horizon=order.horizon or kept[twin].horizon)
    return kept


def _asked_by_both(first: Order, second: Order) -> dict[str, str]:
    """One question of two: neither is left unanswered."""
    one, other = (str(order.args.get("question", "")) for order in (first, second))
    return {"question": f"{one.rstrip(' .,;')}, {other}"} if one and other and one != other else {}


def _same(order: Order, other: Order) -> bool:
    if order.tool != other.tool or order.machine_id != other.machine_id:
        return False
    shared = order.args.keys() & other.args.keys() - {"note", "question"}
    if order.condition != other.condition and not (other.condition is None and order.otherwise):
        return False
    return all(order.args[key] == other.args[key] for key in shared) and order.missing == other.missing


def _with_promotions(orders: list[Order]) -> list[Order]:
    """An export takes what is in service: "if it is better, export it" puts the better models there first."""
    found: list[Order] = []
    for order in orders:
        trained = [other for other in found if other.tool == "train_models" and other.machine_id == order.machine_id]
        promoted = any(other.tool == "promote_model" and other.machine_id == order.machine_id for other in found)
        if order.tool == "export_edge" and order.condition and trained and not promoted:
            for task in trained[-1].args.get("tasks", TASKS):
                args = {"machine_id": order.machine_id, "task": task}
                found.append(Order("promote_model", args, order.said, condition=order.condition, after=(-1,)))
        found.append(order)
    return found


def _depend(orders: list[Order]) -> list[Order]:
    """On the same machine: training before what uses its models, an import before training."""
    depending = []
    for place, order in enumerate(orders):
        earlier = [
            (i, other) for i, other in enumerate(orders[:place])
            if other.machine_id == order.machine_id or other.machine_id is None or order.machine_id is None
        ]  # fmt: skip
        after = [i for i, other in earlier if other.tool in USES.get(order.tool, ())]
        what = about(order.condition) if order.condition else None
        if what is not None:
            after += [i for i, other in earlier if other.tool == CHECKS[what] and other.condition is None]
        if order.after and order.tool in LOOKS:
            after += [
                i for i, other in earlier if other.tool in (*CHANGES_MODELS, "import_telemetry", "log_maintenance")
            ]
        if (
            order.tool == "compare_models"
            and not order.after
            and not re.search(r"\b(?:new|old|better|improv|result|afterwards)\b", order.said, re.I)
        ):
            after = []
        depending.append(replace(order, after=tuple(sorted(set(after)))))
    return depending
