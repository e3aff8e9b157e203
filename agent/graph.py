"""The agent: a brain, the plant's tools, and what stands between them."""

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langchain.agents import create_agent
from langchain.agents.middleware import AgentMiddleware, ModelCallLimitMiddleware
from langgraph.checkpoint.sqlite import SqliteSaver

from agent.approvals import Approvals
from agent.fallback import Fallback
from agent.guard import Guard
from agent.healing import Healing
from agent.threads import Threads
from agent.tool_calls import ToolCalls, TurnContext
from machine_profiles.errors import MillwrightError
from settings import Settings
from tools.plant import Plant
from tools.registry import langchain_tools

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

MODEL_CALLS = 16  # of one turn
OFFLINE = "offline"
SYSTEM_PROMPT = Path(__file__).parent / "system_prompt.md"


class UnusableModel(MillwrightError):
    def __init__(self, model: str, error: Exception) -> None:
        super().__init__(
            f"MILLWRIGHT_MODEL={model!r} cannot be used: {str(error).splitlines()[0]} "
            "Set it to `offline`, or to provider:model with that provider's LangChain package installed."
        )


def build_graph(
    brain: "BaseChatModel", plant: Plant, checkpointer: SqliteSaver, approvals: Approvals, threads: Threads
) -> Any:
    """The compiled agent. Messages go in; the conversation so far is kept by the checkpointer."""
    middleware: list[AgentMiddleware[Any, Any]] = [
        Healing(),
        ToolCalls(approvals, threads),
        Fallback(lambda: offline_brain(plant)),
        Guard(plant, repairs=0 if name_of(brain) == OFFLINE else 1),
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


def open_checkpointer(path: Path) -> SqliteSaver:
    """The synchronous saver, which locks around each use: turns are run by threads, one turn a conversation."""
    saver = SqliteSaver(sqlite3.connect(path, check_same_thread=False, timeout=30))
    saver.setup()
    return saver


def make_brain(settings: Settings, plant: Plant) -> "BaseChatModel":
    """The brain that `settings.model` names: `offline`, or `provider:model` of init_chat_model."""
    if settings.model == OFFLINE:
        return offline_brain(plant)
    from langchain.chat_models import init_chat_model

    options: dict[str, Any] = {}
    if settings.model_base_url is not None:
        options["base_url"] = settings.model_base_url
        if settings.model.startswith("openai:"):
            options["use_responses_api"] = False  # servers that speak the OpenAI protocol lack that newer one
    try:
        return init_chat_model(settings.model, **options)
    except (ImportError, ValueError) as error:
        raise UnusableModel(settings.model, error) from error


def offline_brain(plant: Plant) -> "BaseChatModel":
    from agent.brains.offline import OfflineBrain

    return OfflineBrain(catalog=lambda: plant.machines, now=lambda: plant.now)


def name_of(brain: "BaseChatModel") -> str:
    """What answers say of who wrote them."""
    if brain._llm_type.startswith(OFFLINE):
        return OFFLINE
    return str(getattr(brain, "model_name", None) or getattr(brain, "model", None) or brain._llm_type)
