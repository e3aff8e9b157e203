"""Which failure modes of a machine a class of pictures speaks for."""

from machine_profiles.profile import FailureMode
from models.photographs import PictureClass


def supports(seen: PictureClass, mode: FailureMode) -> bool:
    """By the mode's ISO 14224 mechanism, or a word of its name that the class lists."""
    mechanism = mode.iso14224.mechanism
    return mechanism in seen.mechanisms or any(word in mode.name for word in seen.modes)
