"""A conversation as blocks of HTML: what was said, each step, the answer with its figures, what waits, what runs."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from agent.answers.figures import say_seconds, say_time
from agent.turns import Card, Receipt, ToolCall, Turn
from machine_profiles.profile import Profile
from models.jobs import Job
from ui.page._templates import render
from ui.page.answer import answer_html, passages_of, spoken
from ui.page.approval_card import card_html
from ui.page.figures import figures_of
from ui.page.naming import machine_name, step_title
from ui.page.next_questions import next_questions
from ui.page.values import rows_of

Block = dict[str, str]  # `key`, the same as long as it is the same thing, and `html`


def turn_blocks(
    number: int, turn: Turn, machines: Mapping[str, Profile], last: bool, waiting: Collection[str] = (),
    rating: bool | None = None,
) -> list[Block]:  # fmt: skip
    """One turn that has ended. `number` counts turns from 0; `last`: nothing has been said since; `waiting`: ids of
    changes on the card; `rating`: the thumb it was given."""
    blocks = (
        [_block(f"t{number}-said", said_html(turn.message, turn.image, last))] if turn.message or turn.image else []
    )
    if turn.calls:
        blocks.append(_block(f"t{number}-steps", steps_html([(call, False) for call in turn.calls], machines, waiting)))
    html = render(
        "answer",
        turn=turn,
        number=number,
        html=answer_html(turn, machine_words(machines)),
        plain=spoken(turn),
        figures=figures_of(turn, number),
        passages=passages_of(turn),
        receipts=[shown_receipt(each, machines) for each in turn.receipts],
        questions=next_questions(turn, machines) if last else (),
        files=_files(turn.calls),
        pictures=_pictures(turn.calls),
        last=last,
        rating=rating,
    )
    return [*blocks, _block(f"t{number}-answer", html)]


def live_blocks(
    number: int, message: str, image: str | None, calls: Sequence[tuple[ToolCall, bool]], text: str,
    machines: Mapping[str, Profile],
) -> list[Block]:  # fmt: skip
    """One turn that runs: each call with whether it still runs, and the answer as far as it is there."""
    blocks = [_block(f"t{number}-said", said_html(message, image, False))] if message or image else []
    if calls:
        blocks.append(_block(f"t{number}-steps", steps_html(calls, machines)))
    html = render("live", text=text, working=not text and not any(running for _, running in calls))
    return [*blocks, _block(f"t{number}-answer", html)]


def waiting_block(card: Card, machines: Mapping[str, Profile]) -> Block:
    ids = "-".join(change.call_id for change in card.changes)
    return _block(f"card-{ids}", card_html(card, machines))


def job_block(job: Job, machines: Mapping[str, Profile]) -> Block:
    return _block(f"job-{job.job_id}", render("job", job=job, title=job_title(job, machines), small=True))


def job_title(job: Job, machines: Mapping[str, Profile]) -> str:
    work = {"train": "Training", "synthesize": "Synthetic data", "export": "Export"}.get(job.work, job.work)
    return f"{work} of {machine_name(job.machine_id, machines)}"


def said_html(message: str, image: str | None, last: bool) -> str:
    return render("said", message=message, image=image and _name(image), last=last, picture=_is_picture(image))


def steps_html(
    calls: Sequence[tuple[ToolCall, bool]], machines: Mapping[str, Profile], waiting: Collection[str] = ()
) -> str:
    steps = [
        {
            "call": call,
            "running": running,
            "state": "running" if running else call.status,
            "waits": call.call_id in waiting,
            "title": step_title(call.name, call.args, machines, running, call.status == "done"),
            "time": "" if running else say_seconds(call.seconds),
            "args": rows_of(call.args, machines),
            "result": _result(call, machines),
        }
        for call, running in calls
    ]
    return render("steps", steps=steps)


def shown_receipt(receipt: Receipt, machines: Mapping[str, Profile]) -> dict[str, Any]:
    """A receipt in words: rows of label and value."""
    args = {"machine_id": receipt.machine_id} if receipt.machine_id else {}
    models = ", ".join(f"{step} v{version}" for step, version in receipt.models.items())
    rows = [
        ("Worked out by", f"{step_title(receipt.tool, args, machines, False)} ({receipt.tool})"),
        ("Machine", machine_name(receipt.machine_id, machines) if receipt.machine_id else "the whole plant"),
        ("Models", models or "none: read from the record"),
        ("Data version", receipt.data_version or "not stated"),
        ("At", say_time(receipt.at)),
    ]
    return {"id": receipt.receipt_id, "rows": rows}


def machine_words(machines: Mapping[str, Profile]) -> tuple[str, ...]:
    """Machine ids, names and numbers, whose digits are no figures of an answer."""
    words: list[str] = []
    for profile in machines.values():
        called = {"cnc": "machining centre", "hydraulic": "power unit"}.get(profile.kind, profile.kind)
        words += [profile.id, profile.name, profile.model, f"{called} {profile.number}", *profile.aliases]
    return tuple(words)


def _result(call: ToolCall, machines: Mapping[str, Profile]) -> tuple[Any, ...]:
    if call.status == "proposed" or not call.result:
        return ()
    return rows_of(call.result, machines)


def _files(calls: Sequence[ToolCall]) -> list[tuple[str, str]]:
    """Documents that the turn wrote: a title and a path below HOME."""
    files = []
    for call in calls:
        found = call.result or {}
        if call.kind == "WrittenReport":
            files += [("Report to print (PDF)", str(found["pdf"])), ("Report to read", str(found["html"]))]
        if call.kind == "DriftReport" and found.get("evidently_report"):
            files.append(("Evidently's own page", str(found["evidently_report"])))
    return files


def _pictures(calls: Sequence[ToolCall]) -> list[tuple[str, str]]:
    """Drawn pictures of the turn, thermograms with their spots: a title and a path below HOME."""
    found = [(call.result or {}) for call in calls if call.kind == "ImageDiagnosis"]
    return [("The picture with its hot spots", each["plot"]) for each in found if each.get("plot")]


def _is_picture(image: str | None) -> bool:
    return bool(image) and str(image).endswith((".jpg", ".png"))


def _name(path: str) -> str:
    return path.rsplit("/", 1)[-1]


def _block(key: str, html: str) -> Block:
    return {"key": key, "html": html}


def ago(moment: datetime, now: datetime) -> str:
    """
    >>> from datetime import UTC, timedelta
    >>> now = datetime(2026, 6, 1, tzinfo=UTC)
    >>> ago(now - timedelta(minutes=5), now), ago(now - timedelta(days=3), now)
    ('5 min ago', '3 days ago')
    """
    seconds = (now - moment).total_seconds()
    if seconds < 60:
        return "just now"
    if seconds < 3600:
        return f"{seconds / 60:.0f} min ago"
    if seconds < 86400:
        return f"{seconds / 3600:.0f} h ago"
    days = round(seconds / 86400)
    return "yesterday" if days == 1 else f"{days} days ago"
