"""Turns that run now: each goes on in a thread of its own, and any number of pages may watch it, from its start."""

import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from agent.turns import Event, ToolCall, Turn

log = logging.getLogger(__name__)
Run = Callable[[Callable[[Event], None]], Turn | None]


@dataclass
class LiveTurn:
    """What is known of a turn so far; `changed` is notified whenever that is more."""

    message: str
    image: str | None
    calls: dict[str, tuple[ToolCall, bool]] = field(default_factory=dict)  # with whether it still runs
    text: str = ""
    ended: bool = False
    failed: str = ""
    seen: int = 0
    changed: threading.Condition = field(default_factory=threading.Condition)

    def take(self, event: Event) -> None:
        with self.changed:
            if event.call is not None:
                self.calls[event.call.call_id] = (event.call, event.kind == "tool_started")
            if event.kind == "text":
                self.text += event.text
            self.seen += 1
            self.changed.notify_all()


class LiveTurns:
    """By conversation; at most one runs in each."""

    def __init__(self) -> None:
        self._turns: dict[str, LiveTurn] = {}
        self._lock = threading.Lock()

    def start(self, thread: str, message: str, image: str | None, run: Run) -> LiveTurn:
        """Run a turn in the background. Where one runs already it is returned, and `run` is not called."""
        with self._lock:
            known = self._turns.get(thread)
            if known is not None and not known.ended:
                return known
            live = self._turns[thread] = LiveTurn(message, image)
        threading.Thread(target=self._work, args=(thread, live, run), daemon=True).start()
        return live

    def running(self, thread: str) -> LiveTurn | None:
        with self._lock:
            return self._turns.get(thread)

    def follow(self, live: LiveTurn) -> Iterator[LiveTurn]:
        """The turn again each time more is known of it, until it has ended."""
        seen = -1
        while True:
            with live.changed:
                while not live.ended and live.seen == seen:
                    live.changed.wait(timeout=30)
                if live.ended:
                    return
                seen = live.seen
            yield live

    def _work(self, thread: str, live: LiveTurn, run: Run) -> None:
        try:
            run(live.take)
        except Exception:  # the page's net: a turn that breaks must not leave the page waiting for ever
            log.exception("A turn of conversation %s broke", thread)
            live.failed = "Something went wrong on my side; the details are in the log. You can go on here."
        finally:
            with self._lock:
                if self._turns.get(thread) is live:
                    del self._turns[thread]
            with live.changed:
                live.ended = True
                live.changed.notify_all()
