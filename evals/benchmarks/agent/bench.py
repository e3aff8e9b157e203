"""What a turn costs beside its tool call: overhead, the offline brain's CPU, and how soon a fresh process is ready."""

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from langchain.agents import create_agent
from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.messages import BaseMessage, HumanMessage
from langchain_core.outputs import ChatResult

from agent.brains.offline import OfflineBrain
from agent.graph import SYSTEM_PROMPT
from agent.service import Copilot
from agent.turns import Turn
from evals.benchmarks.agent.ready import start_once
from evals.benchmarks.result import BenchResult
from models.demo_plant import cached_demo_plant, copy_plant
from models.jobs import Report
from models.storage import Storage
from settings import Settings
from tools.plant import Plant, open_plant
from tools.registry import all_tools, langchain_tools, read_arguments

MACHINES = ("PUMP_KSB_ETANORM_005",)
QUESTION, TOOL = "how is pump 5 doing?", "predict_health"
ROUNDS, WARM_UP, STARTS = 40, 3, 3


class TimedBrain(OfflineBrain):
    """The offline brain; it notes the CPU seconds of its own calls."""

    spent: list[float] = []

    def _generate(
        self, messages: list[BaseMessage], stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None, **kwargs: Any,
    ) -> ChatResult:  # fmt: skip
        begun = time.process_time()
        try:
            return super()._generate(messages, stop, run_manager, **kwargs)
        finally:
            self.spent.append(time.process_time() - begun)


@dataclass
class Clock:
    """Wall and CPU seconds of each round of one rival."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def time(self, work: Callable[[], Any]) -> Any:
        wall, cpu = time.perf_counter(), time.process_time()
        done = work()
        self.wall.append(time.perf_counter() - wall)
        self.cpu.append(time.process_time() - cpu)
        return done


def run(data: Path | None, seed: int, report: Report, rounds: int = ROUNDS) -> BenchResult:
    """Ask about one machine of the demo plant (or of the prepared plant `data`), each time in a fresh thread.

    `rounds`: how many turns are timed, beside as many bare tool calls and turns of a plain LangChain agent.
    """
    started = time.monotonic()
    source = data or cached_demo_plant(Storage(Settings().home).cache, seed, report, machines=MACHINES)
    with tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as folder:
        home = Path(folder) / "home"
        copy_plant(source, home)
        settings = Settings(home=home, model="offline", seed=seed)
        plant = open_plant(settings)
        report(0.5, f"{rounds} turns, tool calls and turns of a plain agent")
        clocks, brain_s = _timed(plant, settings, rounds)
        report(0.9, f"{STARTS} fresh processes")
        starts = [start_once(home, QUESTION) for _ in range(STARTS)]
    tool = clocks["tool"]
    return BenchResult(
        name="agent",
        figures={
            **_over(clocks["millwright"], tool),
            "brain_cpu_ms_p50": _ms(brain_s),
            "brain_cpu_ms_p95": _ms(brain_s, 95),
            "tool_ms_p50": _ms(tool.wall),
            "ready_s": round(min(start.ready for start in starts), 3),
            "ready_cpu_s": round(min(start.ready_cpu for start in starts), 3),
            "first_answer_s": round(min(start.answered for start in starts), 3),
        },
        peers={"plain_langchain_agent": _over(clocks["langchain"], tool)},
        protocol=(
            f"{QUESTION!r}, {rounds} warm turns, each in a fresh thread, and in each round the bare {TOOL} with the "
            f"same arguments and a turn of LangChain's create_agent with the same offline brain, tools and prompt but "
            f"no middleware and no checkpointer, in rotating order after {WARM_UP} rounds of warm-up; overhead is the "
            f"turn less the bare call of its round. brain_cpu is process time within the brain's own calls, summed "
            f"over a turn. ready_s is a fresh process from its start until a copilot stands with weights and names "
            f"loaded, and first_answer_s until it has answered, each the least of {STARTS}. Wall times depend on what "
            f"else the computer does; the *_cpu figures hardly do."
        ),
        data=f"demo plant, {TOOL} of one machine",
        seed=seed,
        n=rounds,
        seconds=round(time.monotonic() - started, 1),
    )


def _timed(plant: Plant, settings: Settings, rounds: int) -> tuple[dict[str, Clock], list[float]]:
    """Each rival's times, and the brain's CPU seconds of each of our turns."""
    brain = TimedBrain(catalog=lambda: plant.machines, now=lambda: plant.now, spent=[])
    brain.warm_up()
    copilot = Copilot(plant, settings, brain)
    plain = create_agent(brain, langchain_tools(plant), system_prompt=SYSTEM_PROMPT.read_text(encoding="utf-8"))
    declared = all_tools()[TOOL]
    arguments = read_arguments(declared, _answered(copilot, "first").calls[0].args)
    rivals: list[tuple[str, Callable[[int], Any]]] = [
        ("tool", lambda number: declared.run(plant, arguments)),
        ("millwright", lambda number: _answered(copilot, f"turn {number}")),
        ("langchain", lambda number: _answered_plainly(plain)),
    ]
    clocks, brain_s = {name: Clock() for name, _ in rivals}, []
    try:
        for number in range(-WARM_UP, rounds):
            for name, work in rivals[number % 3 :] + rivals[: number % 3]:
                brain.spent.clear()
                clock = clocks[name] if number >= 0 else Clock()
                clock.time(lambda work=work, number=number: work(number))  # type: ignore[misc]
                if name == "millwright" and number >= 0:
                    brain_s.append(sum(brain.spent))
    finally:
        copilot.close()
    return clocks, brain_s


def _answered(copilot: Copilot, thread: str) -> Turn:
    """A turn of ours; it must have called the one tool and answered, or its time would mean nothing."""
    turn = copilot.say(thread, QUESTION)
    if [call.name for call in turn.calls if call.status == "done"] != [TOOL] or turn.outcome != "answer":
        raise RuntimeError(f"{QUESTION!r} was answered without {TOOL}: {turn.answer}")
    return turn


def _answered_plainly(plain: Any) -> None:
    messages = plain.invoke({"messages": [HumanMessage(QUESTION)]})["messages"]
    if [message.name for message in messages if message.type == "tool" and message.status == "success"] != [TOOL]:
        raise RuntimeError(f"The plain agent answered {QUESTION!r} without {TOOL}: {messages[-1].text}")


def _over(turns: Clock, tool: Clock) -> dict[str, float]:
    over = np.subtract(turns.wall, tool.wall)
    return {
        "turn_overhead_ms_p50": _ms(over),
        "turn_overhead_ms_p95": _ms(over, 95),
        "turn_overhead_cpu_ms_p50": _ms(np.subtract(turns.cpu, tool.cpu)),
    }


def _ms(seconds: Sequence[float] | np.ndarray, percentile: float = 50) -> float:
    return round(1e3 * float(np.percentile(seconds, percentile)), 2)
