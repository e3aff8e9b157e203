"""A fresh process that says when it can answer, and when it has answered; `python -m evals.benchmarks.agent.ready`."""

import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from settings import Settings


@dataclass(frozen=True)
class Start:
    """Seconds from the start of a process until it can answer, and until it has answered."""

    ready: float
    ready_cpu: float
    answered: float


def start_once(home: Path, question: str) -> Start:
    """Start a fresh process on the plant `home` and ask it one question."""
    begun, heard = time.perf_counter(), []
    command = [sys.executable, "-m", "evals.benchmarks.agent.ready", question]
    environment = Settings(home=home, model="offline").environment()
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            heard.append((time.perf_counter() - begun, line.split()))
    said = [words[0] for _, words in heard]
    if process.returncode or said != ["ready", "answer"]:
        raise RuntimeError(f"The fresh process ended with {process.returncode} after it had said {said}.")
    return Start(heard[0][0], float(heard[0][1][1]), heard[1][0])


def main() -> None:
    from agent.brains.offline import OfflineBrain
    from agent.service import Copilot
    from tools.plant import open_plant

    settings = Settings()
    plant = open_plant(settings)
    brain = OfflineBrain(catalog=lambda: plant.machines, now=lambda: plant.now)
    copilot = Copilot(plant, settings, brain)
    brain.warm_up()
    _tell(f"ready {time.process_time()}")
    _tell(copilot.say("ready", sys.argv[1]).outcome)
    copilot.close()


def _tell(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
