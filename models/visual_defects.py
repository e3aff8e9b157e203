"""Defects that an eye tells without training here: what vision models and open_clip models are asked for."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from models.photographs import PictureClass

FILE = Path(__file__).with_name("visual_defects.yaml")
SOUND = "sound"


@dataclass(frozen=True)
class VisualDefect:
    """`seen.key` is its name. `prompts`: how a picture of it is described to an open_clip model."""

    seen: PictureClass
    prompts: tuple[str, ...]


@cache
def visual_defects() -> dict[str, VisualDefect]:
    """By name; `sound`, the last, is the one without a finding."""
    return {
        name: VisualDefect(
            PictureClass(
                key=name, family="visual", family_title="what is seen", title=each["title"],
                finding=each.get("finding"), thermal=False, mechanisms=tuple(each.get("mechanisms", ())),
                modes=tuple(each.get("modes", ())),
            ),
            tuple(each["prompts"]),
        )
        for name, each in yaml.safe_load(FILE.read_text()).items()
    }  # fmt: skip
