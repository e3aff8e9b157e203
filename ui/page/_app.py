"""The page as a Gradio app: what a person does comes in as events, what is shown goes out as values."""

import itertools
import threading
from collections.abc import Iterator
from typing import Any

import gradio as gr
from gradio.utils import get_upload_folder

from agent.access import Person
from agent.service import Copilot
from machine_profiles.errors import MillwrightError
from tools.plant import Plant
from ui.page._templates import render
from ui.page.chat import Chat, Shown
from ui.page.head import MARK
from ui.page.panels import PANELS, Panels
from ui.page.person import person_of

TABS = (
    ("chat", "Chat", '<path d="M4 5h16v11H9l-5 4z"/>'),
    ("fleet", "Fleet", '<path d="M4 19V9m5 10V5m5 14v-7m5 7V8"/>'),
    ("models", "Models", '<path d="M12 3 4 7.5v9L12 21l8-4.5v-9z"/><path d="M4 7.5 12 12l8-4.5M12 12v9"/>'),
    (
        "knowledge",
        "Knowledge",
        '<path d="M5 4h10a4 4 0 0 1 4 4v12H8a3 3 0 0 1-3-3zM5 17a3 3 0 0 1 3-3h11"/>',
    ),
    ("jobs", "Jobs", '<circle cx="12" cy="12" r="8.5"/><path d="M12 7v5l3.5 2"/>'),
    ("audit", "Audit", '<path d="M12 3 5 6v6c0 4.5 3 7.5 7 9 4-1.5 7-4.5 7-9V6z"/><path d="m9 12 2 2 4-4"/>'),
)
EVENTS = ("open", "say", "decide", "tick", "act", "stop")
_stamps = itertools.count()
_QUIET: dict[str, Any] = {
    "api_visibility": "private", "show_progress": "hidden", "concurrency_limit": 32, "trigger_mode": "multiple",
}  # fmt: skip


def build_page(copilot: Copilot, plant: Plant) -> gr.Blocks:
    """The page. Who speaks is told by `person_of` from each request; no state is kept between events."""
    chat, panels = Chat(copilot, plant), Panels(copilot, plant)
    threading.Thread(target=panels.warm, daemon=True).start()
    with gr.Blocks(title="Millwright", analytics_enabled=False, fill_width=True, fill_height=True) as page:
        gr.HTML(render("shell", tabs=TABS, mark=MARK), elem_id="shell", js_on_load=None, apply_default_css=False)
        with gr.Column(elem_id="panel-chat", elem_classes="panel"):
            _talk(chat)
        for name in PANELS:
            with gr.Column(elem_id=f"panel-{name}", elem_classes="panel"):
                _panel(panels, name)
    return page


def theme() -> gr.themes.Base:
    """Fonts of the reader's own system: the page asks no other host for any."""
    return gr.themes.Base(font=["system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"])


def _talk(chat: Chat) -> None:
    shown = gr.HTML(
        value={},
        html_template=render("chat"),
        js_on_load=f"mw.conversation(element, trigger, props, upload, watch, {list(EVENTS)})",
        elem_id="talk",
        apply_default_css=False,
    )

    def opened(data: gr.EventData, request: gr.Request) -> Iterator[Shown]:
        yield from _told(data, lambda: chat.open(_thread(data), person_of(request)))

    def said(data: gr.EventData, request: gr.Request) -> Iterator[Shown]:
        text, file = str(data._data.get("text", ""))[:4000], data._data.get("file")
        yield from _told(data, lambda: chat.say(_thread(data), text, file, get_upload_folder(), person_of(request)))

    def decided(data: gr.EventData, request: gr.Request) -> Iterator[Shown]:
        yield from _told(data, lambda: chat.decide(_thread(data), data._data.get("answers", []), person_of(request)))

    def ticked(data: gr.EventData, request: gr.Request) -> Iterator[Shown]:
        yield from _told(data, lambda: chat.tick(_thread(data), person_of(request)))

    def acted(data: gr.EventData, request: gr.Request) -> Iterator[Shown]:
        yield from _told(data, lambda: iter([chat.act(data._data, person_of(request))]))

    def stopped(data: gr.EventData, request: gr.Request) -> None:
        chat.stop(_thread(data), person_of(request))

    shown.open(opened, None, shown, **_QUIET)
    shown.say(said, None, shown, **_QUIET)
    shown.decide(decided, None, shown, **_QUIET)
    shown.tick(ticked, None, shown, **_QUIET)
    shown.act(acted, None, shown, **_QUIET)
    # not in the queue behind the turn that it stops
    shown.stop(stopped, None, None, queue=False, **_QUIET)


def _panel(panels: Panels, name: str) -> None:
    shown = gr.HTML(
        value={},
        html_template=render("panel", panel=name),
        js_on_load=f"mw.panel('{name}', element, trigger, props, upload, watch, ['act'])",
        apply_default_css=False,
    )

    def acted(data: gr.EventData, request: gr.Request) -> Iterator[dict[str, Any]]:
        person: Person | None = person_of(request)
        try:
            yield from map(_stamped, panels.act(name, data._data or {}, get_upload_folder(), person))
        except MillwrightError as error:
            yield _stamped({"notice": str(error)})

    shown.act(acted, None, shown, **_QUIET)


def _thread(data: gr.EventData) -> str:
    return str((data._data or {}).get("thread", ""))[:80]


def _told(data: gr.EventData, values: Any) -> Iterator[Shown]:
    """What cannot be done is said to the person, in the words of the error; the page stays as it is."""
    try:
        yield from map(_stamped, values())
    except MillwrightError as error:
        yield _stamped({"thread": _thread(data), "refused": str(error)})


def _stamped(value: dict[str, Any]) -> dict[str, Any]:
    """With a number of its own: Gradio passes over a value that equals the one before, and the page waits for it."""
    return {**value, "stamp": next(_stamps)}
