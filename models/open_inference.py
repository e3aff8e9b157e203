"""The models in service as the Open Inference Protocol sees them: names, metadata, and answers to tensors."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from machine_profiles.errors import MillwrightError
from machine_profiles.profile import Profile
from models.inference import Array, session
from models.model_card import GRAPH, ModelCard
from models.registry import Registry
from models.results import TASKS, Result, Task

DATATYPE = "FP32"
LARGEST_BATCH = 4096
NAME, VERSION = "millwright", "1"
EXTENSIONS = ("binary_tensor_data", "model_repository")


class UnknownServedModel(MillwrightError):
    """No such model, or not this version; the text names those there are."""


class BadTensor(MillwrightError):
    """The tensors of a request are not as the model's metadata says."""


class Tensor(Result):
    name: str
    datatype: str
    shape: tuple[int, ...]  # -1 is the batch


class Metadata(Result):
    name: str
    versions: tuple[str, ...]
    platform: str
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]


class Answer(Result):
    """`outputs` in the order asked for, float32 arrays."""

    model_config = {**Result.model_config, "arbitrary_types_allowed": True}

    model_name: str
    model_version: str
    outputs: dict[str, NDArray[np.float32]]


@dataclass(frozen=True)
class ServedModels:
    """Every model in service, named <machine_id>.<task>; `machines` is asked anew, as machines come and go."""

    registry: Registry
    machines: Callable[[], Mapping[str, Profile]]

    def index(self) -> list[tuple[str, str]]:
        """Name and version of each model in service."""
        return [
            (f"{machine}.{task}", str(version))
            for machine in self.machines()
            for task, version in self.registry.in_service(machine).items()
        ]

    def metadata(self, name: str, version: str = "") -> Metadata:
        """Raises UnknownServedModel."""
        _, card = self._find(name, version)
        graph = session(self.registry.folder(card.machine_id, card.task, card.version) / GRAPH)
        known = [each.version for each in self.registry.versions(card.machine_id, card.task)]
        return Metadata(
            name=name,
            versions=tuple(map(str, known)),
            platform="onnxruntime_onnx",
            inputs=tuple(_tensor(put.name, put.shape) for put in graph.get_inputs()),
            outputs=tuple(_tensor(put.name, put.shape) for put in graph.get_outputs()),
        )

    def answer(self, name: str, version: str, tensors: Mapping[str, Array], wanted: tuple[str, ...] = ()) -> Answer:
        """What the model says of a batch. Raises UnknownServedModel, BadTensor.

        A row without any recent reading of the machine's condition is refused: silence is not health.
        """
        profile, card = self._find(name, version)
        stated = self.metadata(name, version)
        _require(stated, tensors, wanted)
        _require_measured(profile, tensors["window"])
        graph = session(self.registry.folder(card.machine_id, card.task, card.version) / GRAPH)
        names = list(wanted) or [each.name for each in stated.outputs]
        found = graph.run(names, {each: np.ascontiguousarray(value) for each, value in tensors.items()})
        return Answer(model_name=name, model_version=str(card.version), outputs=dict(zip(names, found, strict=True)))

    def _find(self, name: str, version: str) -> tuple[Profile, ModelCard]:
        machine, _, given = name.rpartition(".")
        profile = self.machines().get(machine)
        task: Task | None = next((task for task in TASKS if task == given), None)
        in_service = self.registry.in_service(machine) if profile is not None else {}
        if profile is None or task is None or task not in in_service:
            raise UnknownServedModel(f"No model {name!r} is in service. {_known(self.index())}")
        versions = {str(card.version): card for card in self.registry.versions(machine, task)}
        card = versions.get(version or str(in_service[task]))
        if card is None:
            raise UnknownServedModel(f"{name} has no version {version}; it has {', '.join(versions)}.")
        return profile, card


def _tensor(name: str, shape: list[int | str]) -> Tensor:
    return Tensor(name=name, datatype=DATATYPE, shape=tuple(s if isinstance(s, int) else -1 for s in shape))


def _known(index: list[tuple[str, str]]) -> str:
    names = [name for name, _ in index]
    if not names:
        return "None is; train models first."
    return f"There are {', '.join(names[:4])}" + (f" and {len(names) - 4} more." if len(names) > 4 else ".")


def _require(stated: Metadata, tensors: Mapping[str, Array], wanted: tuple[str, ...]) -> None:
    inputs = {each.name: each for each in stated.inputs}
    outputs = [each.name for each in stated.outputs]
    missing, unknown = set(inputs) - set(tensors), set(tensors) - set(inputs)
    if missing or unknown:
        raise BadTensor(
            f"{stated.name} takes the inputs {', '.join(inputs)}; "
            + "; ".join(
                f"{what}: {', '.join(sorted(names))}"
                for what, names in (("missing", missing), ("unknown", unknown))
                if names
            )
        )
    for name in wanted:
        if name not in outputs:
            raise BadTensor(f"{stated.name} has no output {name}; it has {', '.join(outputs)}.")
    batches = set()
    for name, value in tensors.items():
        shape = inputs[name].shape
        if value.dtype != np.float32:
            raise BadTensor(f"Input {name} has the type {value.dtype}; {stated.name} takes {DATATYPE}.")
        if value.ndim != len(shape) or value.shape[1:] != shape[1:]:
            raise BadTensor(f"Input {name} has the shape {list(value.shape)}; {stated.name} takes {list(shape)}.")
        batches.add(len(value))
    if len(batches) > 1:
        raise BadTensor(f"The inputs have {' and '.join(map(str, sorted(batches)))} rows; each needs the same number.")
    if not 1 <= min(batches) <= LARGEST_BATCH:
        raise BadTensor(f"{min(batches)} rows were sent; a batch has 1 to {LARGEST_BATCH}.")


def _require_measured(profile: Profile, window: Array) -> None:
    latest = min(profile.modelling.windows)
    condition = [place for place, sensor in enumerate(profile.sensors) if sensor.role == "condition"]
    silent = np.isnan(window[:, -latest:, condition]).all(axis=(1, 2))
    if silent.any():
        raise BadTensor(
            f"Row {int(np.argmax(silent))} of the batch holds no reading of the condition of {profile.id} over its "
            f"last {latest} rows. A silent machine is not a healthy one, so nothing was answered."
        )
