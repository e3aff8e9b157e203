"""Where an open_clip model's weights lie on this computer, if they do: nothing here fetches them."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from machine_profiles.errors import MillwrightError

CONFIG, TEMPERATURE = "open_clip_config.json", "millwright_temperature.json"
ENDINGS = (".safetensors", ".bin", ".pt", ".pth")
FIRST = ("open_clip_model.safetensors", "open_clip_pytorch_model.bin")  # as open_clip names them
HOW_TO_GET = (
    "On a computer with internet access run `hf download laion/CLIP-ViT-B-32-laion2B-s34B-b79K "
    "open_clip_model.safetensors open_clip_config.json --local-dir clip-vit-b-32` (MIT licence), copy that folder here "
    "and set MILLWRIGHT_CLIP_PATH to it; or set it to NAME@FILE for other weights, NAME being a model of open_clip."
)


class NoClipWeights(MillwrightError):
    """The setting names no weights that can be used; the text says how to get some."""

    def __init__(self, stated: str, lacks: str) -> None:
        super().__init__(f"MILLWRIGHT_CLIP_PATH names {stated}, which {lacks}. {HOW_TO_GET} Or leave it unset.")


@dataclass(frozen=True)
class ClipWeights:
    """`config`: what CONFIG beside the file states; else `name` is the name of an open_clip model."""

    file: Path
    name: str
    config: dict[str, Any] | None

    @property
    def temperature(self) -> Path:
        return self.file.with_name(TEMPERATURE)


def clip_weights(stated: str) -> ClipWeights:
    """`stated`: a file of weights, its folder, or NAME@file. Without CONFIG beside it or a NAME, the file's or else
    the folder's name is the model's. Raises NoClipWeights."""
    name, at, rest = stated.partition("@")
    path = Path(rest if at and "/" not in name else stated).expanduser()
    file = _in_folder(stated, path) if path.is_dir() else path
    if not file.is_file():
        raise NoClipWeights(stated, "is neither a file nor a folder")
    if file.suffix not in ENDINGS:
        raise NoClipWeights(stated, f"is no file of weights ({', '.join(ENDINGS)})")
    if at and "/" not in name:
        return ClipWeights(file, name.replace("/", "-"), None)
    return ClipWeights(file, _name_of(file), _config(stated, file.with_name(CONFIG)))


def _in_folder(stated: str, folder: Path) -> Path:
    found = [folder / name for name in FIRST if (folder / name).is_file()] or sorted(
        each for each in folder.iterdir() if each.suffix in ENDINGS
    )
    if not found:
        raise NoClipWeights(stated, f"holds no weights ({', '.join(ENDINGS)})")
    if len(found) > 1 and found[0].name not in FIRST:
        raise NoClipWeights(stated, f"holds several files of weights ({', '.join(each.name for each in found[:4])})")
    return found[0]


def _name_of(file: Path) -> str:
    return file.parent.name if file.name in FIRST or "_" in file.stem else file.stem


def _config(stated: str, file: Path) -> dict[str, Any] | None:
    if not file.is_file():
        return None
    try:
        config = json.loads(file.read_text())
        return {"model_cfg": dict(config["model_cfg"]), "preprocess_cfg": dict(config.get("preprocess_cfg", {}))}
    except (OSError, ValueError, KeyError, TypeError):
        raise NoClipWeights(stated, f"has a {CONFIG} that cannot be read") from None
