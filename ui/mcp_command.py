"""`millwright mcp`: the tools on standard input and output, for a program that starts Millwright itself."""

import anyio
from mcp.server.stdio import stdio_server

from agent.service import Copilot
from settings import Settings
from tools.plant import open_plant
from ui.mcp_server import mcp_server


def mcp_command() -> int:
    """Serve until standard input ends. Whoever runs it is who speaks."""
    settings = Settings()
    copilot = Copilot(open_plant(settings), settings)
    server = mcp_server(copilot, lambda context: copilot.person)

    async def serve() -> None:
        async with stdio_server() as (incoming, outgoing):
            await server.run(incoming, outgoing, server.create_initialization_options())

    try:
        anyio.run(serve)
    finally:
        copilot.close()
    return 0
