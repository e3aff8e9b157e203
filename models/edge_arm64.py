"""A bundle under the emulated arm64 Python that deploy/arm64/prepare.sh makes, beside the same bundle here."""

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

ARM64_PYTHON = Path(__file__).resolve().parent.parent / "build" / "arm64" / "python"


def answers(python: Path | str, bundle: Path, readings: Path) -> list[dict[str, Any]]:
    """What the bundle's run.py says of each row, forecasts included, run by that Python."""
    command = [str(python), str(bundle / "run.py"), "--input", str(readings), "--forecast"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def arm64_difference(bundle: Path, readings: Path) -> float | None:
    """The largest difference of any figure; None where the emulated Python was not prepared."""
    if not ARM64_PYTHON.exists():
        return None
    return largest_difference(answers(sys.executable, bundle, readings), answers(ARM64_PYTHON, bundle, readings))


def largest_difference(one: Any, other: Any) -> float:
    """Of any two numbers in the same place: absolute below 1, relative above. Infinite where one says anything else.

    >>> largest_difference([{"rul": 200.0}], [{"rul": 200.1}])
    0.0005...
    """
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        return max((largest_difference(one[name], other[name]) for name in one), default=0.0)
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return max((largest_difference(*pair) for pair in zip(one, other, strict=True)), default=0.0)
    if _number(one) and _number(other):
        return abs(one - other) / max(1.0, abs(one)) if math.isfinite(one - other) else math.inf
    return 0.0 if one == other else math.inf


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
