"""One answer from the results of a turn."""

from collections.abc import Sequence

from agent.answers.asked import Asked
from agent.turns import ToolCall


def compose(results: Sequence[ToolCall], asked: Asked) -> str:
    """What the results say, the finding first; a step that failed is said plainly."""
    return "\n\n".join(_one(call, asked) for call in results)


def _one(call: ToolCall, asked: Asked) -> str:
    if call.status == "failed":
        return f"{call.name} did not work: {call.error}"
    return f"{call.name}: {call.result}"
