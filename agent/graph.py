"""The agent: a brain, the plant's tools, and what stands between them."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from langchain.agents import create_agent
from langchain.agents.middleware.model_call_limit import ModelCallLimitMiddleware
from langchain.agents.middleware.types import AgentMiddleware
from langgraph.checkpoint.base import BaseCheckpointSaver

from agent.approvals import Approvals
from agent.brains.chat_model import OFFLINE, name_of, offline_brain
from agent.fallback import Fallback
from agent.guard import Guard
from agent.healing import Healing
from agent.threads import Threads
from agent.tool_calls import ToolCalls, TurnContext
from agent.trimming import Trimming
from tools.plant import Plant
from tools.registry import langchain_tools

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

MODEL_CALLS = 16  # of one turn
SYSTEM_PROMPT = Path(__file__).parent / "system_prompt.md"


def build_graph(
    brain: "BaseChatModel", plant: Plant, checkpointer: BaseCheckpointSaver[str], approvals: Approvals, threads: Threads
) -> Any:
    """The compiled agent. Messages go in; the conversation so far is kept by the checkpointer."""
    middleware: list[AgentMiddleware[Any, Any]] = [
        Trimming(approvals, threads),
        Healing(),
        ToolCalls(approvals, threads, plant.storage),
        Fallback(lambda: offline_brain(plant)),
        Guard(plant, repairs=0 if name_of(brain) == OFFLINE else 1, earlier=threads.said_and_found),
        ModelCallLimitMiddleware(run_limit=MODEL_CALLS, exit_behavior="error"),
    ]
    return create_agent(
        brain,
        langchain_tools(plant),
        system_prompt=SYSTEM_PROMPT.read_text(encoding="utf-8"),
        middleware=middleware,
        context_schema=TurnContext,
        checkpointer=checkpointer,
    )
