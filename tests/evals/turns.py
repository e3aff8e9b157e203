"""Hand-made turns and calls for the tests of the evals."""

from typing import Any

from evals.results import CallRecord
from evals.scenario import ExpectedCall
from tools.registry import all_tools

PUMP, KSB = "PUMP_GRUNDFOS_CR3_004", "PUMP_KSB_ETANORM_005"


def called(name: str, status: str = "done", result: dict[str, Any] | None = None, **args: Any) -> CallRecord:
    """A call as the agent records it: its arguments validated, with defaults filled in."""
    declared = all_tools().get(name)
    full = declared.arguments.model_validate(args).model_dump(mode="json") if declared else args
    effect = declared.effect if declared else "read"
    return CallRecord(name=name, args=full, effect=effect, status=status, result=result, error=None)


def expected(name: str, **args: Any) -> ExpectedCall:
    return ExpectedCall(name=name, args=args)
