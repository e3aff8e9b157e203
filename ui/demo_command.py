"""`millwright demo`: prepare the demo plant, then hold one conversation that goes round the whole loop."""

import shutil
import time
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from agent.service import Copilot
from agent.turns import Decision, Turn
from models.demo_plant import cached_demo_plant, copy_plant, place_plant
from models.jobs import Jobs
from models.storage import Storage
from settings import Settings
from tools.plant import open_plant
from ui.chat_command import print_step, print_turn

THREAD = "demo"
APPROVE = "approve"  # the person's click, where all else is what they type
CONVERSATION = (
    "Which three machines should I look at first?",
    "Is the pump going to make it through the weekend?",
    "the Grundfos",
    "Make 5000 rows of synthetic data for the Grundfos and label them",
    "Retrain its failure and RUL models in 60 seconds, and promote them if they are better",
    APPROVE,
    APPROVE,
    "Compare the old and the new RUL model of the Grundfos",
    "How is the Grundfos now?",
    "Export it for the Jetson Orin",
    APPROVE,
    "Order a new seal for it",
)


def demo_command() -> int:
    """0 where every step of the loop was done."""
    console, started = Console(), time.monotonic()
    settings = Settings()
    home = Storage(settings.home)
    prepared = _prepare(home, settings, console)
    scene = home.home / "demo"
    shutil.rmtree(scene, ignore_errors=True)
    copy_plant(prepared, scene)
    settings = settings.model_copy(update={"home": scene})
    plant = open_plant(settings)
    copilot = Copilot(plant, settings)
    try:
        failed = [step for step in CONVERSATION if not _step(copilot, plant.jobs, console, step)]
    finally:
        copilot.close()
    console.print(
        f"\n[bold]That was the loop[/], in {time.monotonic() - started:.0f} s. Its models and bundle lie in {scene}; "
        f"an untouched plant lies in {home.home}, and `make run` opens the chat on it.",
        soft_wrap=True,
    )
    return 1 if failed else 0


def _prepare(home: Storage, settings: Settings, console: Console) -> Path:
    """The prepared plant, and a copy of it as the plant of HOME where HOME has none."""
    with Progress(
        TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), console=console, transient=False
    ) as bars:
        bar = bars.add_task("the demo plant", total=1.0)

        def report(progress: float, step: str) -> None:
            bars.update(bar, completed=progress, description=step)

        prepared = cached_demo_plant(home.cache, settings.seed, report)
        report(1.0, "the demo plant is ready")
    if not home.plant_file.exists():
        place_plant(prepared, home.home)
    return prepared


def _step(copilot: Copilot, jobs: Jobs, console: Console, step: str) -> bool:
    card = copilot.pending(THREAD)
    if step == APPROVE:
        if card is None:
            return True  # what came of the step before left nothing to approve
        console.print(f"\n[bold cyan]you[/]   (approve: {', '.join(change.tool for change in card.changes)})")
        turn = copilot.decide(
            THREAD, [Decision(call_id=change.call_id, verdict="approve") for change in card.changes], print_step
        )
    else:
        console.print(f"\n[bold cyan]you[/]   {step}", highlight=False)
        turn = copilot.say(THREAD, step, on_event=print_step)
    print_turn(turn, receipts=True)
    return _good(turn) and _jobs_done(copilot, jobs, console)


def _jobs_done(copilot: Copilot, jobs: Jobs, console: Console) -> bool:
    """Wait for the jobs of the conversation, showing their progress, and print what came of them."""
    running = copilot.running_jobs(THREAD)
    if running:
        with Progress(TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), console=console) as bars:
            for job_id in running:
                bar = bars.add_task(job_id, total=1.0)

                def report(progress: float, step: str, bar=bar) -> None:
                    bars.update(bar, completed=progress, description=step)

                jobs.wait(job_id, report)
                report(1.0, "done")
    told = copilot.continue_after_jobs(THREAD, print_step)
    if told is not None:
        print_turn(told, receipts=True)
    return told is None or _good(told)


def _good(turn: Turn) -> bool:
    return turn.outcome != "error" and not turn.ungrounded
