"""One tool run for whoever asks, and its result held against what it promises."""

import logging

from pydantic import ValidationError

from machine_profiles.errors import MillwrightError
from models.results import Result
from tools.plant import Plant
from tools.tool import Arguments, Tool

log = logging.getLogger(__name__)

MOST_NAMED = 3  # fields, in an answer; the log has all


class UnusableResult(MillwrightError):
    def __init__(self, tool: str, fields: list[str]) -> None:
        super().__init__(f"What {tool} gave does not hold together ({', '.join(fields)}), so none of it is used.")


def run_tool(plant: Plant, declared: Tool, args: Arguments) -> Result:
    """Raises what the tool raises, and UnusableResult where what it gave is not valid by its own model."""
    result = plant.around_tools(declared, lambda: declared.run(plant, args))
    try:
        type(result).model_validate(result.model_dump(mode="json", warnings="none"))
    except ValidationError as error:
        wrong = {".".join(str(part) for part in fault["loc"]) or "all": fault["msg"] for fault in error.errors()}
        log.error("%s gave an invalid result: %s", declared.name, wrong)
        fields = dict.fromkeys(name.split(".")[0] for name in wrong)
        raise UnusableResult(declared.name, list(fields)[:MOST_NAMED]) from error
    return result
