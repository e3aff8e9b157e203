"""Calls, cards and receipts as text, the same for the terminal and the page."""

import json
from collections.abc import Mapping
from typing import Any

from agent.answers.figures import say_seconds, say_time
from agent.turns import Card, ProposedChange, Receipt, ToolCall

_MARKS = {"done": "✓", "failed": "✗", "proposed": "…", "rejected": "–"}


def step_text(call: ToolCall) -> tuple[str, str]:
    """A tool step: one line, and its details as Markdown."""
    outcome = {"failed": f" · {_short(call.error or '')}", "proposed": " · waits for approval"}.get(call.status, "")
    receipt = f" · {call.receipt}" if call.receipt else ""
    title = f"{_MARKS[call.status]} {call_text(call.name, call.args)}{receipt}{outcome}"
    body = (
        call.error if call.error else f"```json\n{json.dumps(call.result, indent=1)[:4000]}\n```" if call.result else ""
    )
    return title, body


def call_text(tool: str, args: Mapping[str, Any]) -> str:
    """`train_models(PUMP_KSB_ETANORM_005, tasks=failure,rul)`; what was left at nothing is left out."""
    shown = [_argument(name, value) for name, value in args.items() if value not in (None, "", [], ())]
    return f"{tool}({', '.join(shown)})"


def card_text(card: Card) -> str:
    """The card as Markdown: each change with its arguments, what it replaces, time, facts and warnings."""
    many = len(card.changes) > 1
    parts = [f"**{'These changes wait' if many else 'This change waits'} for {card.user}.** Nothing has been done yet."]
    parts += [_change(number if many else None, change) for number, change in enumerate(card.changes, 1)]
    return "\n\n".join(parts)


def receipt_text(receipt: Receipt) -> str:
    parts = [receipt.tool, receipt.machine_id or ""]
    parts += [f"{task} model version {version}" for task, version in receipt.models.items()]
    parts += [f"data {receipt.data_version}" if receipt.data_version else "", say_time(receipt.at)]
    return f"{receipt.receipt_id}: {', '.join(part for part in parts if part)}"


def _change(number: int | None, change: ProposedChange) -> str:
    preview = change.preview
    lines = [f"{f'{number}. ' if number else ''}`{call_text(change.tool, change.args)}`"]
    if preview.replaces:
        lines.append(f"replaces: {preview.replaces}")
    if preview.expected_seconds is not None:
        lines.append(f"takes: about {say_seconds(preview.expected_seconds)}")
    lines += [f"{name}: {value}" for name, value in preview.facts.items()]
    lines += [f"⚠ {warning}" for warning in preview.warnings]
    return "\n".join([lines[0], *(f"   - {line}" for line in lines[1:])])


def _argument(name: str, value: Any) -> str:
    text = ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    return text if name == "machine_id" else f"{name}={text}"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 160 else line[:159] + "…"
