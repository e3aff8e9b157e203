"""All tools by name, and the only place that hands them to LangChain."""

from importlib import import_module
from typing import Any

from langchain_core.tools import BaseTool, StructuredTool, ToolException
from pydantic import ValidationError

from machine_profiles.errors import MillwrightError
from tools.plant import Plant
from tools.tool import Tool

SUBJECTS = ("machines", "telemetry", "synthesis", "labels", "training", "health", "versions", "edge", "jobs")


def all_tools() -> dict[str, Tool]:
    """Every tool, by name."""
    found: dict[str, Tool] = {}
    for subject in SUBJECTS:
        module = import_module(f"tools.{subject}")
        found |= {value.name: value for value in vars(module).values() if isinstance(value, Tool)}
    return found


def langchain_tools(plant: Plant) -> list[BaseTool]:
    """The tools as LangChain takes them: JSON for the model, `{"kind", "data"}` as the artifact.

    A MillwrightError becomes a tool error that the model reads; any other exception is a bug and crashes the turn.
    """
    return [_adapt(plant, each) for each in all_tools().values()]


def _adapt(plant: Plant, declared: Tool) -> BaseTool:
    def call(**arguments: Any) -> tuple[str, dict[str, Any]]:
        args = declared.arguments.model_validate(arguments)
        try:
            result = declared.run(plant, args)
        except MillwrightError as error:
            raise ToolException(str(error)) from error
        except ValidationError as error:
            raise RuntimeError(f"{declared.name} built an invalid value; this is a bug in Millwright") from error
        data = result.model_dump(mode="json")
        return result.model_dump_json(), {"kind": type(result).__name__, "data": data}

    return StructuredTool.from_function(
        func=call,
        name=declared.name,
        description=declared.description,
        args_schema=declared.arguments,
        response_format="content_and_artifact",
        handle_tool_error=True,
        handle_validation_error=_say,
    )


def _say(error: Any) -> str:
    faults = "; ".join(f"{'.'.join(map(str, f['loc'])) or 'arguments'}: {f['msg']}" for f in error.errors())
    return f"The arguments do not fit: {faults}."
