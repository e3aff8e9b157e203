"""What a message asks for, once read: orders for tools, and what stands in their way."""

from dataclasses import dataclass, field, replace
from typing import Any, Literal

Topic = Literal["overview", "ratings", "limits", "sensors", "failure_modes", "maintenance"]
Slot = Literal["machine", "task", "action", "path", "image_path", "sensor", "job", "limits", "new_machine"]


@dataclass(frozen=True)
class Missing:
    """What a person must still say. `said` are the words that did not suffice, `choices` what would fit."""

    slot: Slot
    said: str = ""
    choices: tuple[str, ...] = ()
    why: str = ""


@dataclass(frozen=True)
class Order:
    """One call to be made. `after` are the places, in the message, of the orders it depends on.

    `condition` is the person's own "if it is better"; with `otherwise` it is for where that does not hold.
    """

    tool: str
    args: dict[str, Any]
    said: str
    missing: Missing | None = None
    machine_from_history: bool = False
    after: tuple[int, ...] = ()
    condition: str | None = None
    otherwise: bool = False
    check: dict[str, Any] = field(default_factory=dict)  # arguments of the look that judges the condition
    horizon: str | None = None
    sensors: tuple[str, ...] = ()
    topic: Topic = "overview"
    rating: str | None = None

    @property
    def machine_id(self) -> str | None:
        return self.args.get("machine_id")

    @property
    def task(self) -> str | None:
        return self.args.get("task")

    def but(self, **args: Any) -> "Order":
        return replace(self, args={**self.args, **args})


@dataclass(frozen=True)
class Remark:
    """A clause that is for no tool: small talk, a refusal, something not understood.

    `answer`: what to say to a question about the conversation itself, word for word.
    """

    intent: str
    said: str
    machine_id: str | None = None
    suggestions: tuple[str, ...] = ()
    answer: str = ""


@dataclass(frozen=True)
class Reading:
    """`corrects`: it amends what was asked before, so that its changes replace those that wait.

    `withdraws` are calls on the card that go as soon as these orders are proposed: "only the first".
    """

    orders: tuple[Order, ...] = ()
    remarks: tuple[Remark, ...] = ()
    machines: tuple[str, ...] = field(default=())
    corrects: bool = False
    withdraws: tuple[str, ...] = ()

    @property
    def missing(self) -> tuple[Order, ...]:
        return tuple(order for order in self.orders if order.missing)
