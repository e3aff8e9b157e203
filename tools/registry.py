"""All tools by name, and the only place that hands them to LangChain."""

from functools import cache
from importlib import import_module
from inspect import cleandoc
from typing import Any

from langchain_core.tools import BaseTool, StructuredTool, ToolException
from pydantic import ValidationError

from machine_profiles.errors import MillwrightError
from tools.plant import Plant
from tools.running import run_tool
from tools.tool import Arguments, Tool

SUBJECTS = (
    "machines",
    "telemetry",
    "synthesis",
    "labels",
    "training",
    "health",
    "forecast",
    "versions",
    "edge",
    "jobs",
    "onboarding",
    "drift",
    "explanation",
    "report",
    "images",
)


class InvalidArguments(MillwrightError):
    """Arguments that a tool does not take; the text names each field and what would be right."""


@cache
def all_tools() -> dict[str, Tool]:
    """Every tool, by name."""
    found: dict[str, Tool] = {}
    for subject in SUBJECTS:
        module = import_module(f"tools.{subject}")
        found |= {value.name: value for value in vars(module).values() if isinstance(value, Tool)}
    return found


def read_arguments(tool: Tool, arguments: dict[str, Any]) -> Arguments:
    """The tool's arguments, validated, with defaults filled in. Raises InvalidArguments."""
    try:
        return tool.arguments.model_validate(arguments)
    except ValidationError as error:
        faults = "; ".join(_say(tool, dict(fault)) for fault in error.errors())
        raise InvalidArguments(f"{tool.name} cannot take these arguments: {faults}.") from error


def langchain_tools(plant: Plant) -> list[BaseTool]:
    """The tools as LangChain takes them: JSON for the model, `{"kind", "data"}` as the artifact.

    A MillwrightError becomes a tool error that the model reads; any other exception is a bug and crashes the turn.
    """
    return [_adapt(plant, each) for each in all_tools().values()]


def _adapt(plant: Plant, declared: Tool) -> BaseTool:
    def call(**arguments: Any) -> tuple[str, dict[str, Any]]:
        try:
            result = run_tool(plant, declared, read_arguments(declared, arguments))
        except MillwrightError as error:
            raise ToolException(str(error)) from error
        except ValidationError as error:  # LangChain would blame the model's arguments for it
            raise RuntimeError(f"{declared.name} built an invalid value; this is a bug in Millwright") from error
        return result.model_dump_json(), {"kind": type(result).__name__, "data": result.model_dump(mode="json")}

    return StructuredTool(
        func=call,
        name=declared.name,
        description=cleandoc(declared.description),
        args_schema=declared.arguments.model_json_schema(),  # as a schema it is shown, not applied a second time
        response_format="content_and_artifact",
        handle_tool_error=True,
    )


def _say(tool: Tool, fault: dict[str, Any]) -> str:
    field = ".".join(str(part) for part in fault["loc"]) or "arguments"
    if fault["type"] == "missing":
        return f"{field} is missing; it is required"
    if fault["type"] == "extra_forbidden":
        return f"{field} is no argument of it; it takes {', '.join(tool.arguments.model_fields)}"
    said = fault["msg"].removeprefix("Value error, ").removeprefix("Input ")
    return f"{field} {said}, got {fault['input']!r:.80}"
