"""The parts of what one result says, in the order a colleague would say them."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Said:
    """`figures` are lines; `advice` is what to do, safety included; `rests_on` names models and data."""

    finding: str
    figures: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()
    rests_on: str = ""
    doubts: tuple[str, ...] = field(default=())

    def body(self) -> str:
        """Everything but the advice."""
        listed = [f"- {line}" for line in self.figures]
        foot = " ".join(part for part in (self.rests_on, *self.doubts) if part)
        return "\n".join(part for part in (self.finding, *listed, foot) if part)
