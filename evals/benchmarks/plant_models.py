"""What the models of a prepared demo plant reach on lives held out: the mean of its machines, baselines beside."""

import sys
from pathlib import Path
from statistics import mean

from machine_profiles.reading import SHIPPED, load_catalog
from models.demo_plant import cached_demo_plant
from models.registry import Registry
from models.results import Task
from models.storage import Storage
from settings import Settings

FIGURES: dict[Task, tuple[str, ...]] = {
    "failure": ("average_precision", "f1", "ece"),
    "rul": ("r2", "rmse_hours", "coverage_90"),
    "anomaly": ("auroc", "alarms_per_month"),
    "forecast": ("mase",),
}


def table(home: Path) -> list[str]:
    """One line a figure: the models in service, then each baseline; means over the machines that state it."""
    registry = Registry(Storage(home), None)
    lines = []
    for task, names in FIGURES.items():
        cards = [registry.card(machine, task, registry.in_service(machine)[task]) for machine in load_catalog(SHIPPED)]
        for name in names:
            said = [f"{task} {name}: {mean(card.metrics[name] for card in cards if name in card.metrics):.3f}"]
            for peer in cards[0].baselines:
                known = [c.baselines[peer][name] for c in cards if name in c.baselines.get(peer, {})]
                said += [f"{peer} {mean(known):.3f}"] if known else []
            lines.append(", ".join(said) + f" (n = {len(cards)} machines)")
    return lines


def main() -> None:
    settings = Settings()
    home = cached_demo_plant(Storage(settings.home).cache, settings.seed, lambda done, step: None)
    sys.stdout.write("\n".join(table(home)) + "\n")


if __name__ == "__main__":
    main()
