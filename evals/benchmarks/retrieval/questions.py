"""The question set: what each question asks about, the passages that answer it, and which half it is in."""

from pathlib import Path
from typing import Literal

import yaml

from models.results import Result


class Question(Result):
    question: str
    about: Literal["prose", "code", "none"]
    machine_id: str | None = None
    answers: tuple[str, ...] = ()
    held_out: bool = False


def questions() -> list[Question]:
    """All of them; every second one of its sort is held out of tuning."""
    stated = yaml.safe_load(Path(__file__).with_name("questions.yaml").read_text(encoding="utf-8"))
    seen: dict[str, int] = {}
    read = []
    for item in stated:
        at = seen[item["about"]] = seen.get(item["about"], -1) + 1
        read.append(Question(**item, held_out=at % 2 == 1))
    return read
