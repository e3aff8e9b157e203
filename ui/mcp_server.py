"""The tools by the Model Context Protocol: structured results, and changes that wait for a person like any other."""

import json
from collections.abc import Callable
from inspect import cleandoc
from typing import Any

import mcp_types as types
from anyio import to_thread
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel.server import Server

from agent.access import Person
from agent.service import Copilot
from machine_profiles.errors import MillwrightError
from tools.registry import all_tools

WAITS = (
    "Nothing has been done yet. A person must approve this in Millwright (the chat page, or POST /api/v1/approvals); "
    "then ask again how it went."
)
INSTRUCTIONS = (
    "Millwright watches over the machines of a plant. list_machines names them. Every figure in a result was measured "
    "or computed; quote it with its unit and interval. Tools that change something only propose it: a person decides."
)
PROPOSAL_SCHEMA = {
    "type": "object",
    "properties": {
        "proposed": {"type": "object", "description": "The change, with what it would replace and what warns of it."},
        "thread": {"type": "string", "description": "The conversation in which a person answers the card."},
        "note": {"type": "string"},
    },
    "required": ["proposed", "thread", "note"],
}


def mcp_server(copilot: Copilot, who: Callable[[ServerRequestContext[Any]], Person]) -> Server[Any]:
    """A server of all tools; `who` says on whose behalf a request comes. Each person's calls are one conversation."""

    async def list_tools(
        context: ServerRequestContext[Any], params: types.PaginatedRequestParams | None
    ) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[_described(name) for name in sorted(all_tools())])

    async def call_tool(
        context: ServerRequestContext[Any], params: types.CallToolRequestParams
    ) -> types.CallToolResult:
        person = who(context)
        return await to_thread.run_sync(_call, copilot, person, params.name, dict(params.arguments or {}))

    return Server(
        "millwright", title="Millwright", instructions=INSTRUCTIONS, on_list_tools=list_tools, on_call_tool=call_tool
    )


def thread_of(person: Person) -> str:
    """The conversation that a person's MCP calls stand in, and in which what they propose waits."""
    return f"mcp-{person.name}"


def _described(name: str) -> types.Tool:
    tool = all_tools()[name]
    change = tool.effect == "change"
    said = cleandoc(tool.description)
    return types.Tool(
        name=name,
        description=f"{said}\n\nThis only proposes the change; a person approves it in Millwright." if change else said,
        input_schema=tool.arguments.model_json_schema(),
        output_schema=PROPOSAL_SCHEMA if change else tool.result_schema,
        annotations=types.ToolAnnotations(
            read_only_hint=tool.effect == "read",
            destructive_hint=False,  # nothing is changed by the call itself
            idempotent_hint=tool.effect == "read",
            open_world_hint=False,
        ),
    )


def _call(copilot: Copilot, person: Person, name: str, arguments: dict[str, Any]) -> types.CallToolResult:
    thread = thread_of(person)
    try:
        turn = copilot.call(thread, name, arguments, by=person)
    except MillwrightError as error:
        return types.CallToolResult(content=[types.TextContent(text=str(error))], is_error=True)
    (call,) = turn.calls
    data: dict[str, Any] = call.result or {}
    if call.status == "proposed":
        data = {"proposed": data, "thread": thread, "note": WAITS}
    return types.CallToolResult(
        content=[types.TextContent(text=json.dumps(data))],
        structured_content=data,
        _meta={"millwright/receipt": turn.receipts[0].model_dump(mode="json")} if turn.receipts else None,
    )
