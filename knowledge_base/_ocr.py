"""Text of pictured pages, by rapidocr, whose models lie inside its package."""

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rapidocr import RapidOCR
from rapidocr.utils.output import RapidOCROutput

LEAST_SCORE = 0.6  # of a line's recognition; below it a line is more often wrong than right


def lines_of(picture: NDArray[np.uint8]) -> str:
    """The lines of one page in reading order; `picture` is RGB, height by width by 3. Takes seconds for a full page."""
    found = _reader()(np.ascontiguousarray(picture[:, :, ::-1]))
    if not isinstance(found, RapidOCROutput) or found.boxes is None or found.txts is None or found.scores is None:
        return ""
    kept = [
        (box, text)
        for box, text, score in zip(found.boxes, found.txts, found.scores, strict=True)
        if score >= LEAST_SCORE
    ]
    return "\n".join(text for _, text in sorted(kept, key=_place))


def _place(line: tuple[Any, str]) -> tuple[int, float]:
    """Lines whose tops differ by less than half their height are one line, read from the left."""
    box = np.asarray(line[0], dtype=float)
    height = max(float(np.ptp(box[:, 1])), 1.0)
    return round(float(box[:, 1].mean()) / height), float(box[:, 0].min())


@cache
def _reader() -> RapidOCR:
    return RapidOCR(params={"Global.log_level": "critical", "Global.use_cls": False})
