"""Whether the calls of a turn are those expected, in the five ways a scenario may mean it."""

from collections.abc import Callable, Sequence
from typing import Any

from evals.arguments import wrong_arguments
from evals.results import CallRecord
from evals.scenario import ExpectedCall, Match

Fits = Callable[[ExpectedCall, CallRecord], bool]


def same_tool(expected: ExpectedCall, called: CallRecord) -> bool:
    return expected.name == called.name


def same_call(expected: ExpectedCall, called: CallRecord) -> bool:
    return same_tool(expected, called) and not wrong_arguments(called.name, expected.args, called.args)


def faults_of_calls(
    expected: Sequence[ExpectedCall], calls: Sequence[CallRecord], match: Match, fits: Fits = same_call
) -> list[str]:
    """What keeps the calls from being those expected, in words; empty where they fit.

    strict: these, in this order, and no others. ordered: these in this order, others may stand between.
    unordered: these and no others. superset: at least these. subset: nothing outside these (none at all passes).
    """
    if match == "strict":
        in_step = len(expected) == len(calls) and all(fits(e, c) for e, c in zip(expected, calls, strict=True))
        return [] if in_step else _difference(expected, calls, fits) or [_order(expected, calls)]
    if match == "ordered":
        return (
            []
            if _is_subsequence(expected, calls, fits)
            else _missing(expected, calls, fits) or [_order(expected, calls)]
        )
    if match == "unordered":
        return _difference(expected, calls, fits)
    if match == "superset":
        return _missing(expected, calls, fits)
    return [
        f"called {_show(c.name, c.args)}, which is not among the calls allowed"
        for c in calls
        if not any(fits(e, c) for e in expected)
    ]


def pair(expected: Sequence[ExpectedCall], calls: Sequence[CallRecord], fits: Fits = same_call) -> dict[int, int]:
    """As many expected calls as can be, each with a call of its own (a maximum matching by augmenting paths)."""
    taken: dict[int, int] = {}  # call → expected

    def find(e: int, tried: set[int]) -> bool:
        for c, call in enumerate(calls):
            if c in tried or not fits(expected[e], call):
                continue
            tried.add(c)
            if c not in taken or find(taken[c], tried):
                taken[c] = e
                return True
        return False

    for e in range(len(expected)):
        find(e, set())
    return {e: c for c, e in taken.items()}


def _difference(expected: Sequence[ExpectedCall], calls: Sequence[CallRecord], fits: Fits) -> list[str]:
    paired = pair(expected, calls, fits)
    spare = [c for n, c in enumerate(calls) if n not in paired.values()]
    return _missing(expected, calls, fits) + [f"called {_show(c.name, c.args)}, which was not expected" for c in spare]


def _missing(expected: Sequence[ExpectedCall], calls: Sequence[CallRecord], fits: Fits) -> list[str]:
    paired = pair(expected, calls, fits)
    return [_explain(e, calls) for n, e in enumerate(expected) if n not in paired]


def _is_subsequence(expected: Sequence[ExpectedCall], calls: Sequence[CallRecord], fits: Fits) -> bool:
    rest = iter(calls)
    return all(any(fits(e, c) for c in rest) for e in expected)


def _explain(expected: ExpectedCall, calls: Sequence[CallRecord]) -> str:
    alike = [c for c in calls if c.name == expected.name]
    if not alike:
        made = ", ".join(c.name for c in calls) or "nothing"
        return f"expected {_show(expected.name, expected.args)}; the turn called {made}"
    differing = (wrong_arguments(c.name, expected.args, c.args) for c in alike)
    wrong = min(differing, key=len)
    if not wrong:
        return f"expected {_show(expected.name, expected.args)} once more than it was called"
    return f"{expected.name}: " + "; ".join(
        f"{a} is {_value(got)}, expected {_value(want)}" for a, (want, got) in wrong.items()
    )


def _order(expected: Sequence[ExpectedCall], calls: Sequence[CallRecord]) -> str:
    return f"expected the order {', '.join(e.name for e in expected)}; called {', '.join(c.name for c in calls)}"


def _show(name: str, args: dict[str, Any]) -> str:
    return f"{name}({', '.join(f'{key}={_value(value)}' for key, value in args.items())})"


def _value(value: Any) -> str:
    return value if isinstance(value, str) else repr(value)
