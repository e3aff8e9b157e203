"""The page's templates: HTML with every value escaped."""

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, select_autoescape

from ui.page.naming import STATES, label, plain_words


def render(name: str, **values: Any) -> str:
    """The template `name` (without its ending) with these values."""
    return _places().get_template(f"{name}.html").render(**values)


@cache
def _places() -> Environment:
    places = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=select_autoescape(default=True),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    places.globals["STATES"] = STATES
    places.filters["label"] = label
    places.filters["plain"] = plain_words
    return places
