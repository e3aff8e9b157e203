"""An open_clip model from local weights: how alike a picture is to descriptions in words."""

import pickle
from copy import deepcopy
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import open_clip
import torch
from numpy.typing import NDArray
from open_clip.model import CLIP, CustomTextCLIP
from open_clip.tokenizer import SimpleTokenizer
from open_clip.transform import PreprocessCfg, image_transform_v2
from PIL import Image
from safetensors import SafetensorError

from models.clip_weights import ClipWeights, NoClipWeights, clip_weights

WORDS = 49408  # of the tokenizer that comes with open_clip
Array = NDArray[np.float64]


@dataclass(frozen=True)
class OpenClip:
    """`scale`: what the model was trained to multiply likeness with before the softmax."""

    net: Any
    preprocess: Any
    tokenize: Any
    scale: float

    def likeness(self, pixels: NDArray[np.uint8], groups: list[tuple[str, ...]]) -> Array:
        """Cosine of the picture with the mean description of each group, −1 to 1."""
        with torch.inference_mode():
            seen = self.net.encode_image(self.preprocess(Image.fromarray(pixels))[None], normalize=True)[0]
            said = [self.net.encode_text(self.tokenize(list(group)), normalize=True).mean(0) for group in groups]
            return np.array([float(seen @ each / each.norm()) for each in said])


@lru_cache(maxsize=1)
def opened(stated: str, changed_ns: int) -> OpenClip:
    """Kept until the file changes. Raises NoClipWeights where file and model do not go together."""
    weights = clip_weights(stated)
    try:
        return _opened(stated, weights)
    except (
        RuntimeError,
        OSError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        StopIteration,
        EOFError,
        AssertionError,
        pickle.UnpicklingError,
        SafetensorError,
    ) as error:  # what a wrong or damaged file raises
        lines = str(error).strip().splitlines()
        why = lines[0][:160] if lines else type(error).__name__
        raise NoClipWeights(
            stated, f"holds no weights of {weights.name}, or is damaged ({why.rstrip('.:')})"
        ) from error


def _opened(stated: str, weights: ClipWeights) -> OpenClip:
    config = weights.config["model_cfg"] if weights.config else open_clip.get_model_config(weights.name)
    if config is None:
        raise NoClipWeights(
            stated,
            f"does not tell its model ({weights.name!r} is none of open_clip's, such as ViT-B-32); write NAME@FILE",
        )
    config = deepcopy(config)
    text = config.get("text_cfg", {})
    if text.get("hf_model_name") or text.get("hf_tokenizer_name") or "siglip" in weights.name.lower():
        raise NoClipWeights(stated, "needs a tokenizer that open_clip would fetch; take one with open_clip's own")
    if "multimodal_cfg" in config or text.get("vocab_size", WORDS) < WORDS:
        raise NoClipWeights(stated, "is no CLIP model with open_clip's own tokenizer")
    config["vision_cfg"]["timm_model_pretrained"] = False
    net = (CustomTextCLIP if config.pop("custom_text", False) else CLIP)(**config)
    open_clip.load_checkpoint(net, str(weights.file), weights_only=True)
    net.eval()
    stated_cfg = weights.config["preprocess_cfg"] if weights.config else {}
    named = {key: value for key, value in stated_cfg.items() if key in ("mean", "std", "interpolation", "resize_mode")}
    preprocess = image_transform_v2(PreprocessCfg(size=net.visual.image_size, **named), is_train=False)
    return OpenClip(net, preprocess, SimpleTokenizer(context_length=net.context_length), net.logit_scale.exp().item())
