"""Jobs: long work in a process of its own, with its state on disk."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from machine_profiles.errors import MillwrightError
from models.locks import locked
from models.processes import identity, runs, stop_group
from models.results import Result
from models.storage import Storage, whole_file

Status = Literal["running", "done", "failed", "cancelled"]
Report = Callable[[float, str], None]
LATE_S = 10.0  # a job minds its limit itself; only one that cannot is stopped from outside, so much later


class UnknownJob(MillwrightError):
    def __init__(self, job_id: str, known: list[str]) -> None:
        have = f"Known jobs: {', '.join(known[-20:])}." if known else "No job has been started yet."
        super().__init__(f"No job {job_id!r}. {have}")


class MachineBusy(MillwrightError):
    def __init__(self, machine_id: str, job_id: str) -> None:
        super().__init__(f"Job {job_id} is still changing {machine_id}; wait for it to end or cancel it first.")


class JobStarted(Result):
    """Work that goes on in a job of its own; get_job tells how it stands, and its result when it has ended."""

    job_id: str
    work: str
    machine_id: str
    arguments: dict[str, Any]
    expected_seconds: float


class Job(Result):
    """A job as its file states it. `progress` runs from 0 to 1; `seconds_left` is reckoned when it is looked at."""

    job_id: str
    work: str
    machine_id: str
    arguments: dict[str, Any]
    status: Status
    progress: float
    step: str
    started_at: datetime
    ended_at: datetime | None = None
    process: int | None = None
    expected_s: float | None = None
    limit_s: float | None = None  # it is stopped when it has run so long
    seconds_left: float | None = None
    result: dict[str, Any] | None = None
    error: str | None = None


class Jobs:
    """The job table: one folder a job, `job.json` written whole, and `log.txt`."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def start(
        self, work: str, machine_id: str, arguments: dict[str, Any], environment: dict[str, str],
        expected_s: float | None = None, limit_s: float | None = None,
    ) -> Job:  # fmt: skip
        """Start `work` (a name that tools.work knows) in a process that outlives this one.

        It is stopped, and has failed, when it has run for `limit_s`. Raises MachineBusy while another job changes the
        same machine: the second is refused rather than queued, as what it would start from is not yet known.
        """
        with locked(self._storage.jobs / ".lock"):
            for other in self.list():
                if other.machine_id == machine_id and other.status == "running":
                    raise MachineBusy(machine_id, other.job_id)
            job_id = f"{work}-{machine_id.rsplit('_', 1)[1]}-{uuid.uuid4().hex[:6]}"
            job = Job(
                job_id=job_id, work=work, machine_id=machine_id, arguments=arguments, status="running",
                progress=0.0, step="starting", started_at=datetime.now(UTC), process=os.getpid(),
                expected_s=expected_s, limit_s=limit_s,
            )  # fmt: skip
            _note(self._storage.job(job_id) / "starter", os.getpid())  # until the job's own process is there
            self._write(job)
        try:
            process = self._launch(job_id, environment)
        except BaseException as error:
            self.end(job, "failed", error=f"Its process could not be started: {error}.")
            raise
        _children[process.pid] = process
        self.adopt(job_id, process.pid)
        return job.model_copy(update={"process": process.pid})

    def adopt(self, job_id: str, process: int) -> None:
        """Note which process does the work; it leads a process group of its own."""
        _note(self._storage.job(job_id) / "process", process)

    def get(self, job_id: str) -> Job:
        """Raises UnknownJob. A job whose process is gone without a result has failed, and is told so."""
        path = self._storage.jobs / job_id / "job.json"
        if not path.is_file() or not path.resolve().is_relative_to(self._storage.jobs):
            raise UnknownJob(job_id, [job.job_id for job in self.list()])
        job = _read(path)
        if job.status != "running":
            return job
        if not self._alive(job):
            job = _read(path)  # it may have ended between the two looks
            return self._died(job) if job.status == "running" else job
        if job.limit_s is not None and _elapsed(job) > job.limit_s + LATE_S:  # its own watch is stuck with it
            return self.overrun(job)
        return job.model_copy(update={"seconds_left": _seconds_left(job)})

    def overrun(self, job: Job) -> Job:
        """Stop a job that has run for longer than it may."""
        ended = self.end(job, "failed", error=f"It ran for more than {job.limit_s:.0f} s and was stopped.")
        self._stop(job.job_id)
        return ended

    def log(self, job_id: str, lines: int = 40) -> str:
        """The last lines that the job wrote. Raises UnknownJob."""
        self.get(job_id)
        path = self._storage.job(job_id) / "log.txt"
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:]) if path.exists() else ""

    def list(self) -> list[Job]:
        """Every job, oldest first."""
        jobs = [self.get(path.parent.name) for path in self._storage.jobs.glob("*/job.json")]
        return sorted(jobs, key=lambda job: job.started_at)

    def wait(self, job_id: str, report: Report | None = None, poll_s: float = 0.2) -> Job:
        """Block until the job has ended, passing its progress on."""
        while (job := self.get(job_id)).status == "running":
            if report:
                report(job.progress, job.step)
            time.sleep(poll_s)
        return job

    def report(self, job: Job, progress: float, step: str) -> Job:
        return self._write(job.model_copy(update={"progress": progress, "step": step}))

    def end(self, job: Job, status: Status, result: dict[str, Any] | None = None, error: str | None = None) -> Job:
        progress = 1.0 if status == "done" else job.progress
        shutil.rmtree(_scratch(job.job_id), ignore_errors=True)
        return self._write(
            job.model_copy(
                update={
                    "status": status, "progress": progress, "step": status, "result": result, "error": error,
                    "ended_at": datetime.now(UTC),
                }
            )
        )  # fmt: skip

    def cancel(self, job_id: str) -> Job:
        """Stop the job's whole process group and clear what it left half done; one that has ended stays so."""
        job = self.get(job_id)
        if job.status != "running":
            return job
        self._stop(job_id)
        job = _read(self._storage.job(job_id) / "job.json")
        # what is stopped in the middle of a library's call may end as failed: that, too, was the stop's doing
        return self.end(job, "cancelled") if job.status in ("running", "failed") else job

    def _died(self, job: Job) -> Job:
        self._stop(job.job_id)  # what it had started itself
        error = f"Its process ended without a result; jobs/{job.job_id}/log.txt may say why. Nothing was changed."
        return self.end(job, "failed", error=error)

    def _launch(self, job_id: str, environment: dict[str, str]) -> "subprocess.Popen[bytes]":
        _scratch(job_id).mkdir(exist_ok=True)
        with (self._storage.job(job_id) / "log.txt").open("wb") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "tools.work", job_id],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                env={**environment, "MILLWRIGHT_HOME": str(self._storage.home), "TMPDIR": str(_scratch(job_id))},
            )  # fmt: skip

    def _alive(self, job: Job) -> bool:
        known = self._process(job.job_id)
        if known is None:
            return runs((self._storage.job(job.job_id) / "starter").read_text())
        child = _children.get(int(known.split()[0]))
        if child is not None:
            child.poll()  # ours: take note that it has ended
        return runs(known)

    def _stop(self, job_id: str) -> None:
        if (known := self._process(job_id)) is not None:
            stop_group(known)
            self._storage.clear_half_written(int(known.split()[0]))
        shutil.rmtree(_scratch(job_id), ignore_errors=True)

    def _process(self, job_id: str) -> str | None:
        path = self._storage.job(job_id) / "process"
        return path.read_text() if path.exists() else None

    def _write(self, job: Job) -> Job:
        path = self._storage.job(job.job_id) / "job.json"
        with whole_file(path) as temporary:
            temporary.write_text(json.dumps(job.model_dump(mode="json"), indent=1))
        return job


def _scratch(job_id: str) -> Path:
    """Where a job's libraries put what they need for a while; short, as sockets may lie in it."""
    return Path(tempfile.gettempdir()) / f"mw-{job_id}"


def _elapsed(job: Job) -> float:
    return (datetime.now(UTC) - job.started_at).total_seconds()


def _seconds_left(job: Job) -> float | None:
    """By the pace so far, once there is one; before that by what was expected."""
    elapsed = _elapsed(job)
    if job.progress >= 0.1:
        left = elapsed * (1 - job.progress) / job.progress
    elif job.expected_s is not None:
        left = job.expected_s - elapsed
    else:
        return None
    return round(max(left, 1.0), 1)


_children: dict[int, "subprocess.Popen[bytes]"] = {}


def _note(path: Path, process: int) -> None:
    with whole_file(path) as temporary:
        temporary.write_text(identity(process))


def _read(path: Path) -> Job:
    return Job.model_validate_json(path.read_text())
