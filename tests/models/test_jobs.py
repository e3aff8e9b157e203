"""A job runs apart, can be stopped within seconds, and never pretends to have ended well."""

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from models.demo_plant import write_machine
from models.jobs import Job, Jobs, MachineBusy, UnknownJob
from models.processes import identity, runs, stop_group
from models.registry import Registry
from models.storage import Storage
from tests.models.test_health import serve

PUMP = "PUMP_GRUNDFOS_CR3_004"
TRAINING = {"machine_id": PUMP, "tasks": ["failure", "rul"], "time_limit_s": 600}


@pytest.fixture
def jobs(tmp_path: Path) -> Jobs:
    return Jobs(Storage(tmp_path))


@pytest.fixture
def sleeper():
    """A process that leads a group, has a child, and does not listen to SIGTERM."""
    code = (
        "import signal, subprocess, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", code], start_new_session=True, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    yield process, int(process.stdout.readline())
    process.kill()
    process.wait()


def running(jobs: Jobs, job_id: str, process: int | None = None) -> Job:
    """A job that is under way in `process`."""
    job = Job(
        job_id=job_id, work="train", machine_id=PUMP, arguments=TRAINING, status="running", progress=0.4,
        step="fitting", started_at=datetime.now(UTC), process=process,
    )  # fmt: skip
    jobs.report(job, 0.4, "fitting")
    if process is not None:
        jobs.adopt(job_id, process)
    return job


def start(jobs: Jobs) -> Job:
    return jobs.start("train", PUMP, TRAINING, dict(os.environ))


def gone(process: int) -> bool:
    return not runs(identity(process))


def test_a_training_without_data_fails_and_says_what_to_do(jobs: Jobs):
    started = start(jobs)
    assert (started.status, started.job_id.startswith("train-004-")) == ("running", True)
    ended = jobs.wait(started.job_id)
    assert ended.status == "failed"
    assert "import telemetry first" in (ended.error or "")
    assert ended.ended_at is not None


def test_an_unknown_job_is_answered_with_those_there_are(jobs: Jobs):
    with pytest.raises(UnknownJob, match="No job has been started yet"):
        jobs.get("train-004-000000")
    running(jobs, "train-004-aaaaaa", os.getpid())
    with pytest.raises(UnknownJob, match="Known jobs: train-004-aaaaaa"):
        jobs.get("train-004-bbbbbb")
    with pytest.raises(UnknownJob):
        jobs.get("../../etc")


def test_a_second_job_on_the_same_machine_waits_for_the_first(jobs: Jobs):
    running(jobs, "train-004-aaaaaa", os.getpid())
    with pytest.raises(MachineBusy, match="train-004-aaaaaa is still changing PUMP_GRUNDFOS_CR3_004"):
        start(jobs)


def test_cancelling_stops_the_job_and_its_children_within_seconds(jobs: Jobs, sleeper):
    process, child = sleeper
    running(jobs, "train-004-aaaaaa", process.pid)
    before = time.monotonic()
    assert jobs.cancel("train-004-aaaaaa").status == "cancelled"
    assert time.monotonic() - before < 5
    assert gone(process.pid)
    deadline = time.monotonic() + 2
    while not gone(child) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert gone(child)
    assert jobs.get("train-004-aaaaaa").status == "cancelled"


def test_a_job_that_fails_of_being_stopped_was_cancelled(jobs: Jobs, tmp_path: Path):
    card = Storage(tmp_path).job("train-004-aaaaaa") / "job.json"
    code = (
        "import json, pathlib, signal, sys, time\n"
        f"card = pathlib.Path({str(card)!r})\n"
        "def fail(sign, frame):\n"
        "    job = json.loads(card.read_text())\n"
        "    card.write_text(json.dumps({**job, 'status': 'failed', 'error': 'interrupted'}))\n"
        "    sys.exit(1)\n"
        "signal.signal(signal.SIGTERM, fail)\n"
        "print('ready', flush=True)\n"
        "time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", code], start_new_session=True, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    running(jobs, "train-004-aaaaaa", process.pid)
    assert jobs.cancel("train-004-aaaaaa").status == "cancelled"
    assert process.wait() == 1  # by its own handler
    assert jobs.get("train-004-aaaaaa").error is None


def test_a_cancelled_job_leaves_nothing_half_written(jobs: Jobs, tmp_path: Path, sleeper):
    """A process that had to be killed cleans nothing up itself; what others are writing is left alone."""
    running(jobs, "train-004-aaaaaa", sleeper[0].pid)
    datasets = Storage(tmp_path).datasets(PUMP)
    own, other = datasets / f".labels@1.half-{sleeper[0].pid}.x1", datasets / ".labels@1.half-1.x1"
    (own / "part").mkdir(parents=True)
    other.mkdir()
    jobs.cancel("train-004-aaaaaa")
    assert (own.exists(), other.exists()) == (False, True)


def test_a_job_is_stopped_when_its_time_is_over(jobs: Jobs, tmp_path: Path):
    write_machine(tmp_path, PUMP, seed=7)
    started = jobs.start("train", PUMP, TRAINING, dict(os.environ), limit_s=0.2)
    ended = jobs.wait(started.job_id)
    assert (ended.status, ended.error) == ("failed", "It ran for more than 0 s and was stopped.")
    deadline = time.monotonic() + 5
    while not gone(started.process or 0) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert gone(started.process or 0)


def test_a_job_too_stuck_to_mind_its_limit_is_stopped_from_outside(jobs: Jobs, sleeper):
    job = running(jobs, "train-004-aaaaaa", sleeper[0].pid)
    began = datetime.now(UTC) - timedelta(seconds=100)
    jobs.report(job.model_copy(update={"limit_s": 60.0, "started_at": began}), 0.4, "stuck")
    assert jobs.get("train-004-aaaaaa").status == "failed"
    assert gone(sleeper[0].pid)


@pytest.mark.parametrize(
    ("progress", "left"), [(0.5, 100.0), (0.0, 20.0)], ids=["by its pace", "at the start by what was expected"]
)
def test_the_time_left_is_reckoned(jobs: Jobs, progress: float, left: float):
    began = datetime.now(UTC) - timedelta(seconds=100)
    job = running(jobs, "train-004-aaaaaa", os.getpid())
    jobs.report(job.model_copy(update={"expected_s": 120.0, "started_at": began}), progress, "fitting")
    assert jobs.get("train-004-aaaaaa").seconds_left == pytest.approx(left, abs=3)


def test_what_a_job_wrote_is_read(jobs: Jobs, tmp_path: Path):
    running(jobs, "train-004-aaaaaa", os.getpid())
    (tmp_path / "jobs/train-004-aaaaaa/log.txt").write_text("one\ntwo\nthree\n")
    assert jobs.log("train-004-aaaaaa", lines=2) == "two\nthree"


def test_a_real_training_is_cancelled_as_soon_as_it_runs(jobs: Jobs, tmp_path: Path):
    write_machine(tmp_path, PUMP, seed=7)
    started = start(jobs)
    while jobs.get(started.job_id).progress == 0:
        time.sleep(0.05)
    before = time.monotonic()
    assert jobs.cancel(started.job_id).status == "cancelled"
    assert time.monotonic() - before < 5
    assert started.process is not None
    assert gone(started.process)
    assert Registry(Storage(tmp_path)).in_service(PUMP) == {}


def test_a_killed_training_leaves_the_registry_as_it_was_and_the_job_failed(jobs: Jobs, tmp_path: Path):
    write_machine(tmp_path, PUMP, seed=7)
    registry = serve(tmp_path, tasks=("failure", "rul"))
    started = start(jobs)
    while jobs.get(started.job_id).progress == 0:
        time.sleep(0.05)
    assert started.process is not None
    os.kill(started.process, signal.SIGKILL)
    ended = jobs.wait(started.job_id)
    assert (ended.status, ended.step) == ("failed", "failed")
    assert "ended without a result" in (ended.error or "")
    assert registry.in_service(PUMP) == {"failure": 1, "rul": 1}
    assert [card.version for card in registry.versions(PUMP, "rul")] == [1]


def test_what_has_ended_stays_as_it_ended(jobs: Jobs):
    job = running(jobs, "train-004-aaaaaa", os.getpid())
    jobs.end(job, "done", result={"models": 2})
    assert jobs.cancel("train-004-aaaaaa").status == "done"
    assert jobs.get("train-004-aaaaaa").result == {"models": 2}


def test_a_number_given_out_again_is_not_the_job(jobs: Jobs, tmp_path: Path):
    """The job's process is long gone; its number is this test's own, which must survive."""
    running(jobs, "train-004-aaaaaa", os.getpid())
    (tmp_path / "jobs/train-004-aaaaaa/process").write_text(f"{os.getpid()} 1")
    assert jobs.get("train-004-aaaaaa").status == "failed"
    stop_group(f"{os.getpid()} 1")


def test_a_process_nobody_waited_for_counts_as_ended():
    process = subprocess.Popen([sys.executable, "-c", ""])
    known = identity(process.pid)
    while runs(known):
        time.sleep(0.02)
    process.wait()
