"""The edge bundle: a machine's models in service as self-contained ONNX files, checked against what they came from."""

from typing import Literal

from models.results import Result, Task

Target = Literal["jetson_nano", "jetson_xavier_nx", "jetson_orin", "cpu"]
Precision = Literal["int8", "fp16", "fp32"]


class BundledModel(Result):
    task: Task
    version: int
    file: str
    sha256: str
    size_bytes: int
    precision: Precision  # what the file really holds
    parity_max_abs: float
    parity_rows: int
    decisions_changed: int


class EdgeBundle(Result):
    machine_id: str
    bundle: str  # path of the folder under HOME
    target: Target
    precision: Precision
    models: tuple[BundledModel, ...]
    total_bytes: int
    notes: tuple[str, ...]
    seconds: float
