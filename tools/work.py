"""The process of one job: `python -m tools.work JOB_ID` does the work and writes down how it ended."""

import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from importlib import import_module
from typing import Any

from machine_profiles.errors import MillwrightError
from models.jobs import Report
from models.results import Result
from settings import Settings
from tools.plant import Plant, open_plant

# a job's work → the function `(plant, arguments, report) -> Result` that does it
WORK = {
    "train": "tools.training:train",
    "synthesize": "tools.synthesis:synthesize",
    "export": "tools.edge:export",
}


def main(job_id: str) -> int:
    signal.signal(signal.SIGTERM, _leave)
    plant = open_plant(Settings())
    jobs = plant.jobs
    jobs.adopt(job_id, os.getpid())
    job = jobs.get(job_id).model_copy(update={"process": os.getpid()})

    def report(progress: float, step: str) -> None:
        nonlocal job
        job = jobs.report(job, progress, step)

    if job.limit_s is not None:
        watch = threading.Timer(job.limit_s, lambda: jobs.overrun(job))
        watch.daemon = True
        watch.start()
    try:
        report(0.0, "starting")
        result = _find(job.work)(plant, job.arguments, report)
    except MillwrightError as error:
        jobs.end(job, "failed", error=str(error))
        return 1
    except Exception:  # noqa: BLE001 - the last net of a job; its log keeps the traceback
        traceback.print_exc()
        jobs.end(job, "failed", error=f"A fault in Millwright stopped this job; its log has the details ({job_id}).")
        return 1
    jobs.end(job, "done", result=result.model_dump(mode="json"))
    return 0


def _leave(sign: int, frame: object) -> None:
    """A cancelled job leaves by way of every `finally` and `with`, so that nothing temporary stays behind."""
    sys.exit(128 + sign)


def _find(work: str) -> Callable[[Plant, dict[str, Any], Report], Result]:
    module, name = WORK[work].split(":")
    return getattr(import_module(module), name)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
