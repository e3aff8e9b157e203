"""The registry by machine and task: what is in service, what waits beside it, by which gates, made from what."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from agent.answers.figures import grouped
from machine_profiles.errors import MillwrightError
from machine_profiles.profile import Profile
from models.gates import MAIN_METRIC
from models.registry import ModelVersion
from models.results import TASKS, Task
from tools.plant import Plant
from ui.page._templates import render
from ui.page.naming import label, said_value
from ui.page.next_questions import short_name


def page(plant: Plant, machine_id: str) -> str:
    """The table of all machines, or one machine's versions. Raises UnknownMachine."""
    if machine_id:
        return _machine(plant, plant.machines[machine_id])
    rows = [
        {"profile": profile, "short": short_name(profile), "cells": [_cell(plant, profile, task) for task in TASKS]}
        for profile in plant.machines.values()
    ]
    return render("models", rows=rows, tasks=[said_value(task) for task in TASKS], mlflow=_mlflow(plant))


def _cell(plant: Plant, profile: Profile, task: Task) -> dict[str, Any]:
    try:
        cards = plant.registry.versions(profile.id, task)
        aliases = {plant.registry.alias(card): card for card in cards}
    except MillwrightError as error:
        return {"trouble": str(error)}
    champion = aliases.get("champion")
    value = champion.metrics.get(MAIN_METRIC[task].name) if champion else None
    return {
        "version": champion.version if champion else None,
        "figure": f"{value:.3g}" if value is not None else "",
        "metric": label(MAIN_METRIC[task].name),
        "challenger": aliases["challenger"].version if "challenger" in aliases else None,
    }


def _machine(plant: Plant, profile: Profile) -> str:
    tasks: list[dict[str, Any]] = []
    for task in TASKS:
        try:
            found = plant.registry.compare(profile.id, task)
        except MillwrightError as error:
            tasks.append({"task": said_value(task), "why": str(error), "versions": []})
            continue
        former = found.champion is not None and any(
            v.alias is None and v.version < found.champion for v in found.versions
        )
        tasks.append(
            {
                "task": said_value(task), "word": {"rul": "RUL"}.get(task, task), "metric": label(found.main_metric),
                "better": "higher is better" if found.higher_is_better else "lower is better",
                "former": former, "versions": [_version(plant, v, found.main_metric) for v in found.versions],
            }
        )  # fmt: skip
    return render(
        "model_versions", profile=profile, short=short_name(profile), tasks=tasks, bundles=_bundles(plant, profile.id),
        mlflow=_mlflow(plant),
    )  # fmt: skip


def _version(plant: Plant, version: ModelVersion, metric: str) -> dict[str, Any]:
    card = plant.registry.card(version.machine_id, version.task, version.version)
    constant = version.baselines.get("constant", {}).get(metric)
    return {
        "number": version.version, "alias": version.alias, "engine": version.engine, "at": version.created_at,
        "value": version.metrics.get(metric), "constant": constant, "gates": version.gates,
        "passes": all(gate.passed for gate in version.gates),
        "figures": [(label(name), f"{value:.3g}") for name, value in version.metrics.items()],
        "datasets": version.datasets, "data": card.data_hash[:12], "protocol": card.protocol, "seed": card.seed,
        "lives": None if card.held_lives is None else grouped(card.held_lives),
    }  # fmt: skip


def _bundles(plant: Plant, machine_id: str) -> list[dict[str, str]]:
    """Edge bundles made from these models, newest first."""
    folders = [path for path in plant.storage.bundles(machine_id).iterdir() if path.is_dir()]
    return [
        {"name": path.name, "at": f"{_made(path):%Y-%m-%d %H:%M}", "path": plant.storage.relative(path)}
        for path in sorted(folders, key=lambda path: path.stat().st_mtime, reverse=True)[:6]
    ]


def _made(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _mlflow(plant: Plant) -> dict[str, str]:
    """Where MLflow's own page is: the server's address, or the command that serves it."""
    uri = plant.mlflow_tracking_uri or ""
    if uri.startswith(("http://", "https://")):
        return {"address": uri}
    return {"command": "millwright mlflow"}
