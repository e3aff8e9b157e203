"""Who is behind a request: what the sign-in has put there, else nobody but the person who runs Millwright."""

from typing import Any

from agent.access import Person


def person_of(request: Any) -> Person | None:
    """`request` is Starlette's, or Gradio's around it. None: the person who runs Millwright."""
    scope = getattr(getattr(request, "request", request), "scope", None) or {}
    found = scope.get("state", {}).get("person") if isinstance(scope, dict) else None
    return found if isinstance(found, Person) else None
