"""Whether a server that has talked all day still answers as at first: `python -m evals.benchmarks.agent.endurance`."""

import argparse
import gc
import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from agent.brains.offline import OfflineBrain
from agent.service import Copilot
from evals.benchmarks.agent.bench import MACHINES
from models.demo_plant import cached_demo_plant, copy_plant
from models.storage import Storage
from settings import Settings
from tools.plant import open_plant

TALK = (
    "How is pump 5 doing?", "why?", "what are its limits?", "show me its vibration of the last week",
    "how long will it last?", "which pumps have we got?", "and the fans?", "what can I check on pump 5?",
    "compare its failure models", "how is it now?",
)  # fmt: skip


def endure(home: Path, conversations: int, turns: int) -> dict[str, float]:
    """Hold the conversations one after the other in one process; memory and turn times of the first and last tenth.

    Wall seconds depend on what else the computer does; CPU seconds hardly do. Turns beyond TALK repeat it.
    """
    settings = Settings(home=home, model="offline")
    plant = open_plant(settings)
    brain = OfflineBrain(catalog=lambda: plant.machines, now=lambda: plant.now)
    brain.warm_up()
    copilot = Copilot(plant, settings, brain)
    resident, cpu, wall = [], [], []
    for conversation in range(conversations):
        for turn in range(turns):
            begun, spent = time.perf_counter(), time.process_time()
            copilot.say(f"talk-{conversation}", TALK[turn % len(TALK)])
            cpu.append(time.process_time() - spent)
            wall.append(time.perf_counter() - begun)
        gc.collect()
        resident.append(_resident_mb())
    copilot.close()
    tenth = max(1, conversations // 10)
    first, last = slice(turns, (1 + tenth) * turns), slice(-tenth * turns, None)  # the very first warms everything up
    found = {"rss_mb_start": float(np.mean(resident[1 : 1 + tenth])), "rss_mb_end": float(np.mean(resident[-tenth:]))}
    for name, times in (("cpu", cpu), ("wall", wall)):
        for when, part in (("start", first), ("end", last)):
            found[f"turn_{name}_ms_p50_{when}"] = 1e3 * float(np.percentile(times[part], 50))
            found[f"turn_{name}_ms_p95_{when}"] = 1e3 * float(np.percentile(times[part], 95))
    return {name: round(value, 1) for name, value in found.items()}


def _resident_mb() -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--conversations", type=int, default=200)
    parser.add_argument("--turns", type=int, default=10)
    parser.add_argument("--plant", type=Path, help="A prepared plant; the demo plant's pump 5 where it is left out.")
    asked = parser.parse_args()
    cache = Storage(Settings().home).cache
    source = asked.plant or cached_demo_plant(cache, 7, lambda share, step: None, machines=MACHINES)
    with tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as folder:
        copy_plant(source, Path(folder) / "home")
        figures = endure(Path(folder) / "home", asked.conversations, asked.turns)
    told = {"conversations": asked.conversations, "turns": asked.turns, **figures}
    sys.stdout.write(json.dumps(told, indent=1) + "\n")


if __name__ == "__main__":
    main()
