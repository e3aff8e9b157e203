"""Where Chronos's weights lie on this computer, if they do: nothing here fetches them."""

import json
from pathlib import Path

from machine_profiles.errors import MillwrightError


class NoChronosWeights(MillwrightError):
    """The setting names a folder that holds no weights; the text says how to get them."""

    def __init__(self, folder: Path, lacks: str) -> None:
        super().__init__(
            f"MILLWRIGHT_CHRONOS_PATH names {folder}, which {lacks}. It must be a folder with config.json and "
            f"model.safetensors of a Chronos model: on a computer with internet access run `hf download "
            f"amazon/chronos-bolt-small --local-dir chronos-bolt-small`, copy that folder here, and set the variable "
            f"to it. Or leave it unset: forecasts are then compared without Chronos."
        )


def chronos_kind(folder: Path) -> str:
    """`Chronos2` or `Chronos` (the T5 and Bolt models), as AutoGluon names them. Raises NoChronosWeights."""
    if not folder.is_dir():
        raise NoChronosWeights(folder, "is no folder")
    if missing := [name for name in ("config.json", "model.safetensors") if not (folder / name).is_file()]:
        raise NoChronosWeights(folder, f"lacks {' and '.join(missing)}")
    try:
        config = json.loads((folder / "config.json").read_text())
        named = [*config.get("architectures", ()), config.get("chronos_pipeline_class", "")]
        stated = "chronos_config" in config
    except (ValueError, AttributeError, TypeError):
        raise NoChronosWeights(folder, "has a config.json that cannot be read") from None
    if not stated:
        raise NoChronosWeights(folder, "holds another model than Chronos (its config.json has no chronos_config)")
    return "Chronos2" if any("Chronos2" in str(name) for name in named) else "Chronos"
