"""Which code this is: a number for the sources that models come from."""

import hashlib
from pathlib import Path

import machine_profiles
import models


def code_version() -> str:
    """Twelve letters that change with any source file of models/ and machine_profiles/ and with any shipped profile."""
    digest = hashlib.sha256()
    for package in (models, machine_profiles):
        root = Path(str(package.__file__)).parent
        for path in sorted([*root.rglob("*.py"), *root.rglob("*.yaml")]):
            digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]
