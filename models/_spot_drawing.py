"""A thermogram with its hot spots drawn."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from models.storage import whole_file
from models.thermal import ThermalFinding

SMALLEST_SIDE, LARGEST_SIDE = 640, 1600
INK, EDGE = (0, 255, 190), (0, 0, 0)


def draw_spots(pixels: NDArray[np.uint8], found: ThermalFinding, path: Path) -> None:
    """Write a PNG: each spot boxed and numbered, with its temperature and rise where there is a scale."""
    picture = Image.fromarray(pixels)
    factor = max(1.0, SMALLEST_SIDE / max(picture.size)) if max(picture.size) <= LARGEST_SIDE else (
        LARGEST_SIDE / max(picture.size)
    )  # fmt: skip
    picture = picture.resize((round(picture.width * factor), round(picture.height * factor)), Image.Resampling.BICUBIC)
    draw, font = ImageDraw.Draw(picture), ImageFont.load_default(15)
    for number, spot in enumerate(found.spots, 1):
        top, left, bottom, right = (side * factor for side in spot.box)
        box = (left - 4, top - 4, right + factor + 4, bottom + factor + 4)
        draw.rectangle(box, outline=EDGE, width=4)
        draw.rectangle(box, outline=INK, width=2)
        said = f"{number}"
        if spot.maximum_c is not None and spot.rise_over_reference_c is not None:
            said = f"{number}: {spot.maximum_c:.1f} °C, +{spot.rise_over_reference_c:.1f} K"
        wide = draw.textlength(said, font=font)
        at = (
            min(max(box[0], 2), picture.width - wide - 4),
            box[1] - 20 if box[1] > 22 else min(box[3], picture.height - 20),
        )
        draw.text(at, said, fill=INK, font=font, stroke_width=2, stroke_fill=EDGE)
    with whole_file(path) as temporary:
        picture.save(temporary, "PNG")
