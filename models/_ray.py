"""Tasks on other processes and computers by Ray, each result as it comes; the only module that imports it."""

import logging
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import ray
from ray._common.usage.usage_lib import set_usage_stats_enabled_via_env_var
from ray._private import worker
from ray.exceptions import RayError, RayTaskError

from machine_profiles.errors import MillwrightError

log = logging.getLogger(__name__)

RETRIES = 2  # of a task whose process or computer went away
CONNECT_S = 10.0
LOOK_S = 2.0  # how often a cluster that has grown is noticed
STORE_BYTES = 256 << 20


class RayUnavailable(MillwrightError):
    def __init__(self, address: str | None, error: Exception) -> None:
        where = f"The Ray cluster at {address} cannot be used" if address else "Ray could not start on this computer"
        right = (
            "Check that `ray status` works there and that both have the same Ray and Python, or unset "
            "MILLWRIGHT_RAY_ADDRESS and RAY_ADDRESS to train on this computer alone."
            if address
            else "Try again when it is less busy, or join a running cluster with MILLWRIGHT_RAY_ADDRESS=host:port."
        )
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        super().__init__(f"{where}: {reason} {right} Nothing was changed.")


class TaskLost(MillwrightError):
    """The task gave no result: its process ended each time it was tried, or it met a fault of ours."""


class Pool:
    """One task for each free processor of the cluster."""

    def __init__(self) -> None:
        self._running: dict[Any, str] = {}

    @property
    def free(self) -> bool:
        return len(self._running) < max(1, int(ray.cluster_resources().get("CPU", 1)))

    @property
    def busy(self) -> bool:
        return bool(self._running)

    def start(self, name: str, work: Callable[..., Any], *arguments: Any) -> None:
        """`work` and its arguments travel by pickle; it must be importable on every node."""
        task = ray.remote(num_cpus=1, max_retries=RETRIES)(work)
        self._running[task.remote(*arguments)] = name

    def finished(self) -> tuple[str, Any] | None:
        """The name and result of a task that has ended, or its TaskLost; None where none has within two seconds."""
        done, _ = ray.wait(list(self._running), num_returns=1, timeout=LOOK_S)
        if not done:
            return None
        name = self._running.pop(done[0])
        try:
            return name, ray.get(done[0])
        except RayTaskError as error:
            log.error("A fault while working on %s", name, exc_info=error)
            return name, TaskLost(f"A fault in Millwright: {type(error.cause).__name__}; the log has the details.")
        except RayError as error:
            return name, TaskLost(f"Its process was lost {RETRIES + 1} times: {str(error).strip().splitlines()[0]}")

    def stop(self) -> None:
        for task in self._running:
            ray.cancel(task, force=True)
        self._running.clear()


@contextmanager
def pool(address: str | None, workers: int) -> Iterator[Pool]:
    """The cluster at `address`, or `workers` processes of this computer; left, and ended if it is ours, afterwards.

    Ray sends no usage statistics home and opens no dashboard. Raises RayUnavailable.
    """
    set_usage_stats_enabled_via_env_var(False)
    worker.print_to_stdstream = _log  # it would write on standard output, where a JSON document may stand
    options: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    if not address:
        options |= {"num_cpus": workers, "include_dashboard": False, "object_store_memory": STORE_BYTES}
    try:
        _reach(address)
        ray.init(address=address or "local", **options)
    except Exception as error:
        ray.shutdown()
        raise RayUnavailable(address, error) from error
    opened = Pool()
    try:
        yield opened
    finally:
        opened.stop()
        ray.shutdown()


def _reach(address: str | None) -> None:
    """Raises OSError where nothing listens; Ray itself would try for minutes."""
    host, _, port = (address or "").removeprefix("ray://").rpartition(":")
    if host and port.isdigit():
        socket.create_connection((host, int(port)), CONNECT_S).close()


def _log(data: Any, ignore_prefix: bool) -> None:
    """What the cluster tells its users, such as that a process died and its task will be tried again."""
    log.warning("Ray: %s", " ".join(data["lines"]).strip().split(". ")[0])
