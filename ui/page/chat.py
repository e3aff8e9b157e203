"""What the chat shows and takes: a conversation opened, a message, a decision, a job watched."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from agent.access import Person
from agent.service import Copilot
from machine_profiles.errors import MillwrightError
from tools.plant import Plant
from ui.page._templates import render
from ui.page.approval_card import decisions_of
from ui.page.conversation import Block, ago, job_block, live_blocks, turn_blocks, waiting_block
from ui.page.live_turns import LiveTurn, LiveTurns
from ui.page.uploads import keep_upload

WAITING = "waiting"  # opens what waits for this person in the conversations of others
MOST_DRAWN = 4000  # turns that are kept as they were drawn
Shown = dict[str, Any]  # a value for page.js: `thread`, `blocks` from turn `from` on, `busy`, `running`, `threads`, …


class Chat:
    """The chat of every person. Each method gives what the page then shows; nothing is kept of who watches."""

    def __init__(self, copilot: Copilot, plant: Plant) -> None:
        self._copilot, self._plant, self._live = copilot, plant, LiveTurns()
        self._drawn: dict[object, list[Block]] = {}  # turns that have ended stay as they are

    def open(self, thread: str, by: Person | None) -> Iterator[Shown]:
        """The whole conversation; where a turn runs in it, that too, to its end."""
        if (live := self._live.running(thread)) is not None:
            yield {**self._whole(thread, by), "busy": True, "jump": True}
            yield from self._followed(thread, live, by)
        else:
            yield {**self._whole(thread, by), "jump": True}

    def say(self, thread: str, text: str, upload: str | None, uploads: str, by: Person | None) -> Iterator[Shown]:
        """Answer a message; `upload` is a file that the browser has sent, which must lie below `uploads`."""
        image = None
        if upload:
            kept = keep_upload(
                self._plant.storage, upload, uploads, self._plant.storage.uploads_of(by.name) if by else None
            )
            image = str(kept) if kept.suffix in (".png", ".jpg", ".csv") and "import" not in text.lower() else None
            text = text if image else f"{text} {kept}".strip()
            text = text or "What does this picture show?"
        self._copilot.history(thread, by)  # somebody else's conversation is refused before anything starts
        live = self._live.start(
            thread, text, image, lambda told: self._copilot.say(thread, text, image, on_event=told, by=by)
        )
        yield from self._followed(thread, live, by)

    def decide(self, thread: str, answers: Sequence[Mapping[str, Any]], by: Person | None) -> Iterator[Shown]:
        """Carry out what a person has answered to the card."""
        card = self._copilot.pending(thread, by)
        if card is None:
            yield {
                **self._whole(thread, by),
                "notice": "Nothing waits here any more: it was answered already.",
            }
            return
        decisions = decisions_of(card, list(answers), self._plant.machines)
        if not self._owns(thread, by):
            turn = self._copilot.decide(thread, decisions, by=by)
            yield {**self._waiting(by), "notice": _first_line(turn.answer)}
            return
        live = self._live.start(
            thread, "", None, lambda told: self._copilot.decide(thread, decisions, on_event=told, by=by)
        )
        yield from self._followed(thread, live, by)

    def tick(self, thread: str, by: Person | None) -> Iterator[Shown]:
        """How the jobs of the conversation stand; where one has ended, what comes of it."""
        if self._live.running(thread) is None and self._copilot.has_news(thread, by):
            live = self._live.start(
                thread, "", None, lambda told: self._copilot.continue_after_jobs(thread, on_event=told, by=by)
            )
            yield from self._followed(thread, live, by)
        else:
            turns = self._copilot.history(thread, by)
            yield {"thread": thread, "from": len(turns), "blocks": self._below(thread, by), **self._running(thread, by)}

    def act(self, data: Mapping[str, Any], by: Person | None) -> Shown:
        """Whatever takes no turn: names, thumbs, a job cancelled."""
        thread, name = str(data.get("thread", "")), data.get("name")
        if name == "rename":
            self._copilot.rename(thread, str(data.get("title", "")).strip()[:80] or "Untitled", by)
        elif name == "remove":
            self._copilot.delete(thread, by)
        elif name == "rate":
            self._copilot.rate(thread, int(data["turn"]) + 1, bool(data["up"]), str(data.get("comment", "")), by)
            return {"thread": thread}
        elif name == "cancel":
            job_id = str(data["job"])
            if job_id not in self._copilot.running_jobs(thread, by):
                raise MillwrightError("That job does not run in this conversation any more.")
            self._plant.jobs.cancel(job_id)
            return {"thread": thread, "running": True, "notice": "The job is cancelled."}
        return {"thread": thread, "threads": self.threads_html(by)}

    def stop(self, thread: str, by: Person | None) -> None:
        self._copilot.cancel(thread, by)

    def threads_html(self, by: Person | None) -> str:
        now = datetime.now(UTC)
        infos = [(info, ago(info.updated_at, now)) for info in self._copilot.threads(by)]
        own = {info.thread for info, _ in infos}
        others = [card for card in self._copilot.waiting(by) if card.thread not in own]
        return render("threads", threads=infos, others=sum(len(card.changes) for card in others))

    def _followed(self, thread: str, live: LiveTurn, by: Person | None) -> Iterator[Shown]:
        number, machines = len(self._copilot.history(thread, by)), self._plant.machines
        jobs = self._below(thread, by, card=False)
        for seen in self._live.follow(live):
            calls = list(seen.calls.values())
            blocks = live_blocks(number, seen.message, seen.image, calls, seen.text, machines)
            yield {"thread": thread, "from": number, "blocks": [*blocks, *jobs], "busy": True}
        # the answer before loses its "ask again" and its next questions, so that it is drawn again as well
        whole = self._whole(thread, by, since=max(0, number - 1))
        yield {**whole, "notice": live.failed} if live.failed else whole

    def _whole(self, thread: str, by: Person | None, since: int = 0) -> Shown:
        if thread == WAITING:
            return {**self._waiting(by), "threads": self.threads_html(by)}
        turns = self._copilot.history(thread, by)
        machines = self._plant.machines
        card = self._copilot.pending(thread, by)
        waiting = frozenset(change.call_id for change in card.changes) if card else frozenset()
        thumbs = {each.number: each.up for each in self._copilot.ratings() if each.thread == thread}
        if len(self._drawn) > MOST_DRAWN:
            self._drawn.clear()
        blocks: list[Block] = []
        for number, turn in enumerate(turns[since:], since):
            last = number == len(turns) - 1
            open_calls, thumb = waiting & {call.call_id for call in turn.calls}, thumbs.get(number + 1)
            key = (thread, number, last, open_calls, thumb)
            if key not in self._drawn:
                self._drawn[key] = turn_blocks(number, turn, machines, last, open_calls, thumb)
            blocks += self._drawn[key]
        return {
            "thread": thread,
            "from": since,
            "blocks": blocks + self._below(thread, by),
            "busy": False,
            "threads": self.threads_html(by),
            "empty": render("empty", role=(by or self._copilot.person).role, waiting=self._copilot.waiting(by)),
            **self._running(thread, by),
        }

    def _below(self, thread: str, by: Person | None, card: bool = True) -> list[Block]:
        """What stands below the last turn: jobs that run, and the card that waits."""
        machines = self._plant.machines
        blocks = [job_block(self._copilot.job(id_), machines) for id_ in self._copilot.running_jobs(thread, by)]
        waits = self._copilot.pending(thread, by) if card else None
        return blocks + ([waiting_block(waits, machines)] if waits else [])

    def _running(self, thread: str, by: Person | None) -> Shown:
        return {"running": bool(self._copilot.running_jobs(thread, by)) or self._copilot.has_news(thread, by)}

    def _waiting(self, by: Person | None) -> Shown:
        machines = self._plant.machines
        cards = [card for card in self._copilot.waiting(by) if not self._owns(card.thread, by)]
        blocks = [waiting_block(card, machines) for card in cards]
        return {"thread": WAITING, "from": 0, "blocks": blocks, "busy": False, "threads": self.threads_html(by)}

    def _owns(self, thread: str, by: Person | None) -> bool:
        return any(info.thread == thread for info in self._copilot.threads(by))


def _first_line(text: str) -> str:
    return text.strip().splitlines()[0] if text.strip() else "Done."
