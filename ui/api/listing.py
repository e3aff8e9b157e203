"""The page of endpoints, made from the schema; it asks no other host and runs no script."""

from html import escape
from typing import Any

STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:860px;margin:32px auto;padding:0 16px;color:#16211d;"
    "background:#fff}code{font-family:ui-monospace,monospace}details{border:1px solid #d9dfda;border-radius:8px;"
    "padding:8px 12px;margin:8px 0}summary{cursor:pointer}.verb{display:inline-block;min-width:64px;font-weight:600;"
    "color:#0e6251}.what{color:#56635d}"
)


def listing(schema: dict[str, Any]) -> str:
    """HTML of every operation with its parameters and answers."""
    parts = [
        _operation(verb, path, operation)
        for path, verbs in schema["paths"].items()
        for verb, operation in verbs.items()
    ]  # fmt: skip
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>REST · Millwright</title>'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><style>{STYLE}</style></head><body><main>'
        f"<h1>{escape(schema['info']['title'])} by REST</h1><p>{escape(schema['info']['description'])} "
        f'The schema itself: <a href="/api/v1/openapi.json">openapi.json</a>.</p>{"".join(parts)}</main></body></html>'
    )


def _operation(verb: str, path: str, operation: dict[str, Any]) -> str:
    taken = "".join(
        f"<li><code>{escape(each['name'])}</code> ({each['in']}{', required' if each.get('required') else ''})</li>"
        for each in operation.get("parameters", [])
    )
    bodies = ", ".join(operation.get("requestBody", {}).get("content", {}))
    answers = ", ".join(operation["responses"])
    return (
        f'<details><summary><span class="verb">{verb.upper()}</span> <code>/api/v1{escape(path)}</code> '
        f'<span class="what">{escape(operation.get("summary", ""))}</span></summary>'
        f"<p>{escape(operation.get('description', ''))}</p>"
        + (f"<ul>{taken}</ul>" if taken else "")
        + (f"<p>Body: <code>{escape(bodies)}</code></p>" if bodies else "")
        + f"<p>Answers: {answers}</p></details>"
    )
