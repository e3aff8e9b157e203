"""A brain that says what a test wrote for it, and a small real plant to say it about."""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult

from agent.service import Copilot
from models.storage import Storage
from settings import Settings
from tools.plant import Plant

PUMP = "PUMP_GRUNDFOS_CR3_004"
HAAS = "CNC_HAAS_VF2_016"
NOW = datetime(2026, 6, 1, tzinfo=UTC)


class Scripted(BaseChatModel):
    """Answers with its lines in turn; an exception among them is raised. Keeps what it was shown."""

    lines: list[Any]
    shown: list[list[BaseMessage]] = []

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(self, tools: Sequence[Any], **kwargs: Any) -> Any:
        return self

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        self.shown.append(list(messages))
        line = self.lines.pop(0)
        if isinstance(line, BaseException):
            raise line
        return ChatResult(generations=[ChatGeneration(message=line)])


def call(tool: str, **args: Any) -> AIMessage:
    return calls((tool, args))


def calls(*wanted: tuple[str, dict[str, Any]]) -> AIMessage:
    return AIMessage("", tool_calls=[{"name": n, "args": a, "id": f"c{uuid.uuid4().hex[:8]}"} for n, a in wanted])


def script(*lines: AIMessage | str | BaseException, outcome: str | None = None) -> Scripted:
    kept = {"outcome": outcome} if outcome else {}
    said = [AIMessage(line, additional_kwargs=dict(kept)) if isinstance(line, str) else line for line in lines]
    return Scripted(lines=said, shown=[])


def plant_at(home: Path, user: str = "anna") -> Plant:
    """A plant with the shipped machines, where nothing has been recorded yet."""
    return Plant(Storage(home), seed=7, user=user, fixed_now=NOW, job_environment=Settings(home=home).environment())


def copilot(home: Path, brain: Scripted, user: str = "anna") -> Copilot:
    return Copilot(plant_at(home, user), Settings(home=home, user=user), brain)
