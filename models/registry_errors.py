"""What the registry refuses, and what to do instead."""

from machine_profiles.errors import MillwrightError
from models.gates import Gate
from models.model_card import ModelCard
from models.results import Task


class NoModel(MillwrightError):
    def __init__(self, machine_id: str, tasks: str) -> None:
        super().__init__(f"{machine_id} has no {tasks} model yet; train its models first.")


class UnknownVersion(MillwrightError):
    def __init__(self, machine_id: str, task: Task, version: int, known: tuple[int, ...]) -> None:
        have = f"Its versions: {', '.join(map(str, known))}." if known else "It has none yet; train it first."
        super().__init__(f"{machine_id} has no version {version} of its {task} model. {have}")


class GateFailed(MillwrightError):
    def __init__(self, card: ModelCard, failed: list[Gate]) -> None:
        faults = "; ".join(f"{gate.name}: {gate.figure}" for gate in failed)
        super().__init__(
            f"Version {card.version} of the {card.task} model of {card.machine_id} was not put into service; "
            f"it does not pass: {faults}. What is in service was not changed."
        )


class NothingToRollBackTo(MillwrightError):
    def __init__(self, machine_id: str, task: Task, champion: int | None) -> None:
        now = f"Version {champion} is in service and replaced none" if champion else "None is in service"
        super().__init__(f"There is no earlier {task} model of {machine_id} to go back to. {now}.")
