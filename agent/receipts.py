"""Receipts: every tool result has one, and says what its figures rest on."""

from datetime import datetime
from typing import Any

from langchain_core.messages import ToolMessage

from agent.grounding import untraced_numbers
from agent.turns import Receipt


def has_receipt(message: ToolMessage) -> bool:
    return "receipt" in message.additional_kwargs


def receipt_of(message: ToolMessage) -> Receipt:
    data: dict[str, Any] = message.artifact["data"]
    models = data.get("models")
    return Receipt(
        receipt_id=message.additional_kwargs["receipt"],
        tool=str(message.name),
        machine_id=data.get("machine_id"),
        models=models if isinstance(models, dict) else {},
        data_version=data.get("data_version") or data.get("dataset"),
        at=datetime.fromisoformat(message.additional_kwargs["at"]),
    )


__all__ = ["has_receipt", "receipt_of", "untraced_numbers"]
