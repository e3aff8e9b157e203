"""`millwright chat`: one message and its answer, or a conversation in the terminal."""

import logging
import sys
import uuid

from agent.graph import OFFLINE
from agent.service import Copilot
from agent.turns import Event, Turn
from agent.yes_or_no import yes_or_no
from machine_profiles.errors import MillwrightError
from settings import Settings
from tools.plant import open_plant
from ui.rendering import card_text, receipt_text, step_text


def chat_command(
    message: str | None, thread: str | None = None, json_: bool = False, receipts: bool = False, yes: bool = False
) -> int:
    """Answer `message`, or open a conversation where there is none; `yes` approves whatever the message proposes.

    With `json_` the turn is printed as one JSON document and nothing else. Returns 1 where the outcome is an error.
    """
    settings = Settings()
    copilot = Copilot(open_plant(settings), settings)
    try:
        if message is None and json_:
            raise MillwrightError("--json prints one turn; give a message with it.")
        if message is None:
            from ui.chat_session import ChatSession

            return ChatSession(copilot, thread or new_thread(), receipts).run()
        if json_:
            logging.disable(logging.CRITICAL)  # the one document is all that may appear
        turn = _one_message(copilot, message, thread, quiet=json_, yes=yes)
        if json_:
            sys.stdout.write(turn.model_dump_json(indent=1) + "\n")
        else:
            print_turn(turn, receipts)
            print(f"\n(go on with: --thread {turn.thread})" if thread is None else "")
        return 1 if turn.outcome == "error" else 0
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 1
    finally:
        copilot.close()


def new_thread() -> str:
    return f"chat-{uuid.uuid4().hex[:8]}"


def print_turn(turn: Turn, receipts: bool) -> None:
    """The answer, the card where one waits, and the receipts where they are wanted."""
    print(f"\n{turn.answer}")
    if turn.card is not None and turn.outcome == "approval" and turn.model != OFFLINE:
        print(f"\n{card_text(turn.card)}")  # the offline brain's answer says all that is on the card
    if receipts and turn.receipts:
        print("\nReceipts")
        for receipt in turn.receipts:
            print(f"  {receipt_text(receipt)}")
    if turn.ungrounded:
        print(f"\nWithheld for want of a receipt: {', '.join(turn.ungrounded)}")


def print_step(event: Event) -> None:
    if event.kind == "tool_done" and event.call is not None:
        print(f"  {step_text(event.call)[0]}", flush=True)


def _one_message(copilot: Copilot, message: str, thread: str | None, quiet: bool, yes: bool) -> Turn:
    chosen = thread or _waiting_thread(copilot, message) or new_thread()
    on_event = None if quiet else print_step
    turn = copilot.say(chosen, message, on_event=on_event)
    if yes and turn.outcome == "approval":
        if not quiet:
            print_turn(turn, receipts=False)
        turn = copilot.say(chosen, "yes", on_event=on_event)
    return turn


def _waiting_thread(copilot: Copilot, message: str) -> str | None:
    """A bare yes or no without a thread answers the one card that waits, where there is just one."""
    if yes_or_no(message) is None:
        return None
    waiting = [info.thread for info in copilot.threads() if info.waiting]
    if len(waiting) > 1:
        raise MillwrightError(f"Cards wait in several conversations; say which with --thread: {', '.join(waiting)}.")
    return waiting[0] if waiting else None
