"""Receipts: every tool result has one, and says what its figures rest on."""

from datetime import datetime
from typing import Any

from langchain_core.messages import ToolMessage

from agent.grounding import untraced_numbers
from agent.turns import Receipt


def has_receipt(message: ToolMessage) -> bool:
    return "receipt" in message.additional_kwargs


def receipt_of(message: ToolMessage) -> Receipt:
    told = message.additional_kwargs
    at = datetime.fromisoformat(told["at"])
    return receipt_for(told["receipt"], str(message.name), message.artifact["data"], at)


def receipt_for(receipt_id: str, tool: str, data: dict[str, Any], at: datetime) -> Receipt:
    """The receipt of a tool's result, given as JSON."""
    models = data.get("models")
    return Receipt(
        receipt_id=receipt_id,
        tool=tool,
        machine_id=data.get("machine_id"),
        models=models if isinstance(models, dict) else {},
        data_version=data.get("data_version") or data.get("dataset"),
        at=at,
    )


__all__ = ["has_receipt", "receipt_of", "untraced_numbers"]
