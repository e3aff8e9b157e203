"""How much memory the device program takes once it has answered."""

import subprocess
import sys
import urllib.request
from pathlib import Path


def memory_mb(bundle: Path, readings: Path) -> float:
    """The resident set of the bundle's run.py --serve, in MB, after a request with the readings."""
    command = [sys.executable, "-I", str(bundle / "run.py"), "--serve", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            port = process.stderr.readline().strip().rsplit(":", 1)[1]
            urllib.request.urlopen(f"http://127.0.0.1:{port}/judge", readings.read_bytes(), timeout=30).close()
            stated = Path(f"/proc/{process.pid}/status").read_text()
        finally:
            process.terminate()
    line = next(line for line in stated.splitlines() if line.startswith("VmRSS:"))
    return float(line.split()[1]) * 1024 / 1e6
