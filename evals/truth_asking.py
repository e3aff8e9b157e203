"""Ask the copilot about a plant in plain words, and keep what it claims: in typed results and in its answers."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from agent.turns import Turn
from evals.truth_plants import TruthPlant, take_picture
from machine_profiles.profile import Profile
from models.plant_simulator import generator
from models.results import Result
from tools.plant import Plant

ASKED = {
    "worst": ("Which of our machines is in the worst shape?", "Which machine should I worry about first?",
              "What needs attention most urgently in the plant?"),
    "health": ("How is the {name} doing?", "Is the {name} all right?", "Give me the condition of the {name}."),
    "rul": ("How long will the {name} last?", "How much life is left in the {name}?",
            "What is the remaining useful life of the {name}?"),
    "why": ("What is wrong with the {name}?", "What is the likely cause of the trouble with the {name}?",
            "Why is the {name} acting up?"),
    "drift": ("Has the data of the {name} drifted in the last 7 days?", "Any drift on the {name} over the last week?",
              "Can I still trust the sensors of the {name}?"),
    "picture": ("Here is a picture of the {name}, what do you make of it?",
                "Picture of the {name} attached. Anything wrong?", "What does this picture of the {name} show?"),
}  # fmt: skip
ALARMING = {"act", "alarm"}
DEGRADES, OTHER = "degrades", "another cause"
NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")


class Life(Result):
    """What is claimed of the hours left: `at_least` where the figure is a lower bound."""

    hours: float
    low: float
    high: float
    at_least: bool


class Pictured(Result):
    agreement: str
    modes: tuple[str, ...]  # likeliest first


class Claims(Result):
    """What the copilot claims of one plant; None or empty where it claims nothing. Words and typed results agree.

    `alarms`: by machine, at the first moment. `later`: of the machine `later_of`, by the hours that are really left.
    `drifted`: by machine, the sensor blamed, DEGRADES or OTHER; empty: nothing drifted; None: nothing was claimed.
    """

    worst: str | None = None
    modes: tuple[str, ...] = ()
    life: Life | None = None
    alarms: dict[str, bool] = {}
    later_of: str | None = None
    later: dict[float, bool] = {}
    drifted: dict[str, str | None] = {}
    pictures: tuple[Pictured | None, ...] = ()
    answers: dict[str, str] = {}  # what was asked → what was answered, for the report


@dataclass(frozen=True)
class MovingPlant(Plant):
    """A plant whose now is set from outside, as time passes."""

    clock: list[datetime] = field(default_factory=list)

    @property
    def now(self) -> datetime:
        return self.clock[-1]


class Interview:
    """Each question stands alone, in a conversation of its own. `say` is that of agent.service.Copilot."""

    def __init__(self, plant: MovingPlant, say: Callable[..., Turn], known: TruthPlant, seed: int) -> None:
        self._plant, self._say, self._known, self._truth = plant, say, known, known.truth
        self._random = generator(seed, "asking", str(known.truth.plant))
        self._answers: dict[str, str] = {}

    def hold(self, everything: bool = True) -> Claims:
        """`everything`: also what rests on no model; a control that takes models away need not ask it again."""
        truth = self._truth
        self._at(truth.now)
        health = {each: self._state(each) for each in (truth.failing, truth.off, *truth.sound)}
        life, worst = self._life(), self._worst()
        modes = self._modes() if everything else ()
        drifted = {each: self._drifted(each) for each in health} if everything else {}
        pictured = tuple(self._picture(n) for n in range(2)) if everything else ()
        later = {}
        for left, moment in sorted(truth.later.items(), reverse=True):
            self._at(moment)
            later[left] = self._state(truth.failing)
        return Claims(
            worst=worst, modes=modes, life=life, alarms=health, later_of=truth.failing, later=later, drifted=drifted,
            pictures=pictured, answers=self._answers,
        )  # fmt: skip

    def _at(self, moment: datetime) -> None:
        self._known.record(self._plant.telemetry, moment)
        self._plant.clock[:] = [moment]

    def _ask(self, topic: str, machine_id: str | None = None, image: Path | None = None) -> Turn:
        forms = ASKED[topic]
        name = self._plant.machines[machine_id].name if machine_id else ""
        question = forms[int(self._random.integers(len(forms)))].format(name=name)
        turn = self._say(f"{topic}-{len(self._answers)}", question, str(image) if image else None)
        self._answers[f"{len(self._answers) + 1}. {question}"] = turn.answer
        return turn

    def _worst(self) -> str | None:
        turn = self._ask("worst")
        named = {each.id: place for each in self._plant.machines.values() if (place := _place(turn.answer, each)) >= 0}
        first = min(named, key=lambda each: named[each]) if named else None
        ranking = _result(turn, "FleetRanking")
        if ranking is None:
            return first
        ranked = [each["machine_id"] for each in ranking["machines"]]
        return first if ranked and ranked[0] == first else None

    def _state(self, machine_id: str) -> bool:
        found = _result(self._ask("health", machine_id), "HealthPrediction")
        return found is not None and found["machine_id"] == machine_id and found["state"] in ALARMING

    def _life(self) -> Life | None:
        turn = self._ask("rul", self._truth.failing)
        found = _result(turn, "HealthPrediction")
        if found is None or found["machine_id"] != self._truth.failing or found["rul"] is None:
            return None
        hours, interval = float(found["rul"]["value"]), found["rul"]["interval"]
        if not any(abs(each - hours) <= max(1.0, 0.06 * hours) for each in _numbers(turn.answer)):
            return None
        low, high = (float(interval["low"]), float(interval["high"])) if interval else (hours, hours)
        return Life(hours=hours, low=low, high=high, at_least=bool(found["rul_at_cap"]))

    def _modes(self) -> tuple[str, ...]:
        turn = self._ask("why", self._truth.failing)
        found, said = _result(turn, "Explanation"), turn.answer.casefold()
        if found is None or found["machine_id"] != self._truth.failing:
            return ()
        return tuple(each["failure_mode"] for each in found["causes"] if each["title"].casefold() in said)

    def _drifted(self, machine_id: str) -> str | None:
        turn = self._ask("drift", machine_id)
        found, said = _result(turn, "DriftReport"), turn.answer.casefold()
        if found is None or found["machine_id"] != machine_id:
            return None
        if not found["drifted"]:
            return ""
        first: dict[str, Any] = found["causes"][0] if found["causes"] else {"cause": None}
        if first["cause"] == "sensor" and str(first["sensor"]).replace("_", " ") in said:
            return str(first["sensor"])
        return DEGRADES if first["cause"] == "degradation" else OTHER

    def _picture(self, number: int) -> Pictured | None:
        machine_id = (self._truth.failing, self._truth.sound[0])[number]
        shot = take_picture(self._truth.pictures[number], self._plant.storage.cache, 2 * self._truth.plant + number)
        turn = self._ask("picture", machine_id, shot)
        found = _result(turn, "ImageDiagnosis")
        fusion = found["fusion"] if found else None
        if fusion is None or found is None or found["machine_id"] != machine_id or fusion["said"] not in turn.answer:
            return None
        return Pictured(agreement=fusion["agreement"], modes=tuple(each["failure_mode"] for each in fusion["modes"]))


def _result(turn: Turn, kind: str) -> dict[str, Any] | None:
    return next((call.result for call in reversed(turn.calls) if call.kind == kind and call.status == "done"), None)


def _place(answer: str, profile: Profile) -> int:
    places = [place for name in (profile.name, profile.id) if (place := answer.find(name)) >= 0]
    return min(places, default=-1)


def _numbers(text: str) -> list[float]:
    return [float(found.replace(",", "")) for found in NUMBER.findall(text)]
