"""The question sets: what each question asks about, and the passages that answer it."""

from pathlib import Path
from typing import Literal

import yaml

from models.results import Result


class Question(Result):
    question: str
    about: Literal["prose", "code", "none"]
    machine_id: str | None = None
    answers: tuple[str, ...] = ()
    near: bool = False  # unanswerable, but close to what the documents are about


def questions(name: Literal["questions", "fresh_questions"] = "questions") -> list[Question]:
    """`questions` is what the search's weights are fitted on; `fresh_questions` is not."""
    stated = yaml.safe_load(Path(__file__).with_name(f"{name}.yaml").read_text(encoding="utf-8"))
    return [Question(**item) for item in stated]
