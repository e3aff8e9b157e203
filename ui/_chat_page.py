"""The chat in the browser: messages, tool steps as they happen, and the card of changes that wait for a person."""

import queue
import re
import threading
import uuid
from collections.abc import Iterator
from typing import Any

import gradio as gr

from agent.service import Copilot
from agent.turns import Card, Decision, Event, ToolCall, Turn
from ui.rendering import card_text, step_text

EXAMPLES = (
    "Which three machines should I look at first?",
    "Will the Grundfos make it through the weekend?",
    "Show me the last week of vibration on the Haas",
    "Make 5000 rows of synthetic data for the Kaeser and label them",
    "Retrain the failure model of pump 4",
)
STYLE = """
#conversation {height: calc(100dvh - 250px) !important; min-height: 320px}
footer {display: none !important}
"""

Messages = list[dict[str, Any]]


def build_page(copilot: Copilot) -> gr.Blocks:
    """The page as a Gradio app. A thread belongs to one browser and is found again after a reload."""
    with gr.Blocks(title="Millwright", analytics_enabled=False, fill_height=True) as page:
        thread = gr.BrowserState("", storage_key="millwright-thread")
        gr.Markdown("## Millwright\nTalk to your machines. Changes wait for your approval; numbers carry receipts.")
        conversation = gr.Chatbot(
            elem_id="conversation",
            label="Conversation",
            show_label=False,
            buttons=["copy"],
            feedback_options=None,
            allow_tags=False,
        )
        with gr.Row(visible=False) as decision:
            approve = gr.Button("Approve all", variant="primary")
            reject = gr.Button("Reject all", variant="stop")
        with gr.Row():
            message = gr.Textbox(
                placeholder="Ask about a machine, or say what to do", show_label=False, scale=8, autofocus=True
            )
            send = gr.Button("Send", variant="primary", scale=1, min_width=90)
            stop = gr.Button("Stop", scale=1, min_width=90)
            new = gr.Button("New", scale=1, min_width=90)
        gr.Examples([[text] for text in EXAMPLES], inputs=[message], label="For example")

        def said(text: str, name: str) -> Iterator[tuple[Any, ...]]:
            name = name or new_thread()
            if not text.strip():
                yield (*shown(copilot, name), name, text)
                return
            before = [*transcript(copilot, name), {"role": "user", "content": text}]
            yield before, gr.update(), name, ""
            for steps in live(lambda on_event: copilot.say(name, text, on_event=on_event)):
                yield before + steps, gr.update(), name, ""
            yield (*shown(copilot, name), name, "")

        def decided(verdict: str, name: str) -> Iterator[tuple[Any, ...]]:
            card = copilot.pending(name) if name else None
            if card is None:
                yield (*shown(copilot, name), name, "")
                return
            answers = [Decision(call_id=change.call_id, verdict=verdict) for change in card.changes]
            before = transcript(copilot, name)
            for steps in live(lambda on_event: copilot.decide(name, answers, on_event=on_event)):
                yield before + steps, gr.update(visible=False), name, ""
            yield (*shown(copilot, name), name, "")

        def watched(name: str) -> tuple[Any, ...]:
            if name and copilot.continue_after_jobs(name) is not None:
                return shown(copilot, name)
            return gr.update(), gr.update()

        def stopped(name: str) -> None:
            if name:
                copilot.cancel(name)

        def approved(name: str) -> Iterator[tuple[Any, ...]]:
            yield from decided("approve", name)

        def rejected(name: str) -> Iterator[tuple[Any, ...]]:
            yield from decided("reject", name)

        outputs = [conversation, decision, thread, message]
        gr.on([message.submit, send.click], said, [message, thread], outputs, api_visibility="private")
        approve.click(approved, [thread], outputs, api_visibility="private")
        reject.click(rejected, [thread], outputs, api_visibility="private")
        # the turn itself is cancelled, and its stream then ends by itself with what was done so far
        stop.click(stopped, [thread], None, queue=False, api_visibility="private")
        new.click(lambda: ([], gr.update(visible=False), new_thread(), ""), None, outputs, api_visibility="private")
        page.load(lambda name: shown(copilot, name), [thread], [conversation, decision], api_visibility="private")
        gr.Timer(3.0).tick(
            watched, [thread], [conversation, decision], api_visibility="private", show_progress="hidden"
        )
    return page


def new_thread() -> str:
    return f"web-{uuid.uuid4().hex[:12]}"


def shown(copilot: Copilot, thread: str) -> tuple[Messages, Any]:
    """The whole conversation and whether something waits for a decision."""
    if not thread:
        return [], gr.update(visible=False)
    return transcript(copilot, thread), gr.update(visible=copilot.pending(thread) is not None)


def transcript(copilot: Copilot, thread: str) -> Messages:
    turns, card = copilot.history(thread), copilot.pending(thread)
    messages = [message for turn in turns for message in _turn(turn)]
    just_said = bool(turns) and turns[-1].outcome == "approval"  # the answer above says what waits
    return messages + ([_card(card)] if card and not just_said else [])


def live(run: Any) -> Iterator[Messages]:
    """Run a turn in a thread of its own and yield its steps as they happen. Raises what the turn raised."""
    events: queue.Queue[Event | None] = queue.Queue()
    failure: list[BaseException] = []

    def work() -> None:
        try:
            run(events.put)
        except BaseException as error:  # noqa: BLE001 - handed to the caller's thread, where it is raised again
            failure.append(error)
        finally:
            events.put(None)

    threading.Thread(target=work, daemon=True).start()
    steps: dict[str, ToolCall] = {}
    text = ""
    while (event := events.get()) is not None:
        if event.call is not None:
            steps[event.call.call_id] = event.call
        pending = event.call.call_id if event.kind == "tool_started" and event.call is not None else ""
        if event.kind == "text":
            text += event.text
        messages = [_step(call, pending=call.call_id == pending) for call in steps.values()]
        yield messages + ([{"role": "assistant", "content": text}] if text else [])
    if failure:
        raise failure[0]


def _turn(turn: Turn) -> Messages:
    asked = [{"role": "user", "content": turn.message}] if turn.message else []
    return [*asked, *(_step(call) for call in turn.calls), {"role": "assistant", "content": _markdown(turn.answer)}]


def _markdown(answer: str) -> str:
    """An answer's plain text, with the blank line that Markdown needs after a list."""
    return re.sub(r"(?m)^((?:- |\d+\. ).*)\n(?!- |\d+\. |\n)", r"\1\n\n", answer)


def _step(call: ToolCall, pending: bool = False) -> dict[str, Any]:
    title, body = step_text(call)
    return {
        "role": "assistant",
        "content": body,
        "metadata": {"title": title, "id": call.call_id, "status": "pending" if pending else "done"},
    }


def _card(card: Card) -> dict[str, Any]:
    return {"role": "assistant", "content": card_text(card)}
