"""The computers a bundle can be for, and what runs on each."""

from typing import Literal, NamedTuple

Target = Literal["jetson_nano", "jetson_xavier_nx", "jetson_orin", "cpu"]
Precision = Literal["int8", "fp16", "fp32"]


class Platform(NamedTuple):
    """What runs on a target, and the newest operator sets and IR version that its ONNX Runtime loads.

    From ONNX Runtime's version matrix; 1.11 and older refuse ai.onnx.ml 3 outright (microsoft/onnxruntime issue 11898).
    `image`: NVIDIA's L4T base of that JetPack.
    """

    software: str
    onnxruntime: str
    opset: int
    trees: int  # ai.onnx.ml
    ir: int
    image: str
    numpy: str

    @property
    def has_gpu(self) -> bool:
        return "l4t" in self.image


PLATFORMS: dict[Target, Platform] = {
    "jetson_nano": Platform(
        "JetPack 4.6, Python 3.6", "1.10", 15, 2, 8, "nvcr.io/nvidia/l4t-base:r32.7.1", "numpy<1.20"
    ),
    "jetson_xavier_nx": Platform(
        "JetPack 5.1, Python 3.8", "1.16", 19, 3, 9, "nvcr.io/nvidia/l4t-base:r35.2.1", "numpy<1.25"
    ),
    "jetson_orin": Platform("JetPack 6, Python 3.10", "1.18", 21, 4, 10, "nvcr.io/nvidia/l4t-base:r36.2.0", "numpy<2"),
    "cpu": Platform("any Linux, Python 3.8 or later", "1.18", 21, 4, 10, "python:3.11-slim", "numpy<2"),
}
