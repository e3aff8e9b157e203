"""A call that is given so long: what has not ended by then is left, and whoever asked goes on without it."""

import threading
from collections.abc import Callable
from contextvars import copy_context
from typing import Any

from machine_profiles.errors import MillwrightError


class TookTooLong(MillwrightError):
    """Nothing was heard of it in time. Python cannot stop a thread, so it may still end, unheard."""

    def __init__(self, effect: str, limit_s: float) -> None:
        left = "" if effect == "read" else " Whether it took effect is not known; look before you ask for it again."
        super().__init__(f"No result came within {limit_s:.3g} s, and it was not waited for any longer.{left}")


def within(limit_s: float, effect: str, run: Callable[[], Any]) -> Any:
    """What `run` gives or raises, in the caller's context but a thread of its own. Raises TookTooLong."""
    given: list[Any] = []
    raised: list[BaseException] = []

    def hear() -> None:
        try:
            given.append(run())
        except BaseException as error:  # noqa: BLE001 - it is raised where the caller waits
            raised.append(error)

    thread = threading.Thread(target=copy_context().run, args=(hear,), daemon=True)
    thread.start()
    thread.join(limit_s)
    if raised:
        raise raised[0]
    if not given:
        raise TookTooLong(effect, limit_s)
    return given[0]
