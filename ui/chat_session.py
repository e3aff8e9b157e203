"""A conversation in the terminal: steps as they happen, the card answered change by change, jobs followed."""

import signal
import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

import yaml

from agent.service import Copilot
from agent.turns import Decision, Turn
from machine_profiles.errors import MillwrightError
from ui.chat_command import new_thread, print_step, print_turn
from ui.rendering import receipt_text

HELP = """Say what you want to know or have done. Changes wait for you:
  a [N]               approve all changes, or number N
  r [N]               reject all changes, or number N
  e [N] ARG=VALUE …   approve a change with other arguments
  /jobs               follow the jobs of this conversation (Ctrl-C stops following)
  /receipts           where the last answer's numbers come from
  /history            this conversation so far
  /threads, /thread ID, /new    other conversations
  /help, /quit        Ctrl-C stops a turn; the conversation stays."""


class ChatSession:
    def __init__(self, copilot: Copilot, thread: str, receipts: bool) -> None:
        self._copilot, self._thread, self._receipts = copilot, thread, receipts
        self._last: Turn | None = None

    def run(self) -> int:
        """Read lines until the end of input or /quit. Works with a pipe for standard input as well."""
        ask = _prompt(self._job_line)
        print(f"Millwright, conversation {self._thread}. /help says what you can do.")
        while True:
            try:
                line = ask().strip()
                if line == "/quit":
                    return 0
                if line:
                    self._answer(line)
                self._tell_of_jobs()
            except EOFError:
                return 0
            except KeyboardInterrupt:
                print("\nStopped; the conversation is as it was. /quit leaves it.")

    def _answer(self, line: str) -> None:
        try:
            if line.startswith("/"):
                self._command(*line[1:].split(maxsplit=1))
            elif (decisions := self._decisions(line)) is not None:
                self._show(lambda: self._copilot.decide(self._thread, decisions, on_event=print_step))
            else:
                self._show(lambda: self._copilot.say(self._thread, line, on_event=print_step))
        except MillwrightError as error:
            print(error)

    def _command(self, name: str = "", rest: str = "") -> None:
        if name == "receipts":
            for receipt in self._last.receipts if self._last else ():
                print(f"  {receipt_text(receipt)}")
        elif name == "history":
            for turn in self._copilot.history(self._thread):
                print(f"\n> {turn.message or '(a decision, or a job that ended)'}\n{turn.answer}")
        elif name == "threads":
            for info in self._copilot.threads():
                print(f"  {info.thread}: {info.title} ({info.turns} turns{', a card waits' if info.waiting else ''})")
        elif name == "jobs":
            self._follow_jobs()
        elif name == "new" or (name == "thread" and rest):
            self._thread, self._last = rest or new_thread(), None
            print(f"Conversation {self._thread}.")
        else:
            print(HELP)

    def _decisions(self, line: str) -> list[Decision] | None:
        """What `a`, `r` or `e` at a waiting card decide; None for a line that is none of these.

        Raises MillwrightError where it names a change that is not there, or gives no argument to edit.
        """
        verb, *rest = line.split()
        card = self._copilot.pending(self._thread)
        if card is None or verb not in ("a", "r", "e"):
            return None
        changes = list(card.changes)
        if rest and rest[0].isdigit():
            number = int(rest.pop(0))
            if not 1 <= number <= len(changes):
                raise MillwrightError(f"There is no change {number}; the card has {len(changes)}.")
            changes = changes[number - 1 : number]
        if verb == "e":
            if len(changes) > 1 or not rest:
                raise MillwrightError("Say which change and what: e 1 time_limit_s=300.")
            return [Decision(call_id=changes[0].call_id, verdict="edit", args=_edits(rest))]
        if rest:
            return None
        verdict = "approve" if verb == "a" else "reject"
        return [Decision(call_id=change.call_id, verdict=verdict) for change in changes]

    def _show(self, take_turn: Callable[[], Turn]) -> None:
        before = signal.signal(signal.SIGINT, self._stop) if sys.stdin.isatty() else None
        try:
            self._last = take_turn()
        finally:
            if before is not None:
                signal.signal(signal.SIGINT, before)
        print_turn(self._last, self._receipts)
        if self._last.outcome == "approval":
            print("(a approves, r rejects, e edits; /help says more)")
        print()

    def _stop(self, signum: int, frame: FrameType | None) -> None:
        """The first Ctrl-C lets the step in hand end; a second one breaks it off."""
        signal.signal(signal.SIGINT, signal.default_int_handler)
        self._copilot.cancel(self._thread)
        print("\nStopping after this step; Ctrl-C again breaks it off.")

    def _follow_jobs(self) -> None:
        last = ""
        try:
            while running := self._copilot.running_jobs(self._thread):
                for job in map(self._copilot.job, running):
                    line = f"{job.job_id}: {100 * job.progress:3.0f} %  {job.step:60.60}"
                    if line != last:
                        print(f"\r  {line}" if sys.stdout.isatty() else f"  {line.rstrip()}\n", end="", flush=True)
                    last = line
                time.sleep(0.5)
        except KeyboardInterrupt:
            print("\nThe job goes on.")
            return
        print()

    def _job_line(self) -> str:
        """The foot of the prompt: how this conversation's jobs stand."""
        jobs = [self._copilot.job(job_id) for job_id in self._copilot.running_jobs(self._thread)]
        if jobs:
            return "  ".join(f"{job.job_id} {100 * job.progress:.0f} % {job.step}" for job in jobs)
        return "a job has ended: press Enter" if self._copilot.has_news(self._thread) else ""

    def _tell_of_jobs(self) -> None:
        while (turn := self._copilot.continue_after_jobs(self._thread, on_event=print_step)) is not None:
            self._last = turn
            print_turn(turn, self._receipts)


def _edits(words: list[str]) -> dict[str, Any]:
    """`time_limit_s=300 tasks=failure,rul`: values as YAML reads them, lists with commas."""
    edits: dict[str, Any] = {}
    for word in words:
        name, sign, value = word.partition("=")
        if not sign:
            raise MillwrightError(f"{word!r} is no edit; write it as argument=value.")
        edits[name] = yaml.safe_load(f"[{value}]" if "," in value else value)
    return edits


def _prompt(foot: Callable[[], str]) -> Callable[[], str]:
    if not sys.stdin.isatty():
        return _read_line
    from prompt_toolkit import PromptSession

    session: PromptSession[str] = PromptSession()
    return lambda: session.prompt("> ", bottom_toolbar=lambda: foot() or None, refresh_interval=1.0)


def _read_line() -> str:
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    print(f"> {line.rstrip()}")
    return line
