"""`millwright edge run`: a bundle's own run.py, in a process of its own, as the device would run it."""

import subprocess
import sys
from pathlib import Path

from settings import Settings


def edge_run_command(bundle: Path, input_file: Path) -> int:
    """Answers go to standard output as JSON lines. `bundle` is a folder, from here or from HOME as export names it.

    Returns run.py's exit code: 0 answered, 1 nothing could be answered or the bundle is damaged, 2 wrong input.
    """
    folder = bundle if bundle.is_dir() else Settings().home / bundle
    if not (folder / "manifest.json").is_file():
        print(f"{bundle} is no bundle; export_edge names the folder it writes, which holds manifest.json and run.py.",
              file=sys.stderr)  # fmt: skip
        return 2
    if not (folder / "run.py").is_file():
        print(f"This bundle is refused: run.py is missing from {bundle}; copy the bundle again.", file=sys.stderr)
        return 1
    command = [sys.executable, str(folder / "run.py"), "--input", str(input_file)]
    return subprocess.run(command, check=False).returncode
