"""`millwright fleet synthesize`: synthetic data for every machine, with a table of what came of it."""

import json
import sys
import time
from typing import get_args

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from machine_profiles.errors import MillwrightError
from models.fleet_synthesis import MachineSynthesis, synthesize_fleet
from models.synthesis import Method
from settings import Settings
from tools.plant import Plant, open_plant


def synthesize_command(
    machines: list[str],
    rows: int,
    method: str,
    seconds: int,
    workers: int,
    as_json: bool,
    console: Console | None = None,
) -> int:
    """Make each machine's synthetic data; 1 where one could not be made or Ctrl-C stopped the work."""
    console, began = console or Console(stderr=as_json), time.monotonic()
    wanted = _method(method)
    plant = open_plant(Settings())
    catalog = plant.machines
    ids = [catalog[machine].id for machine in machines] or list(catalog)
    console.print(f"Synthetic data for {len(ids)} machines, {rows:,} rows each, method {wanted}.", soft_wrap=True)
    done: list[MachineSynthesis] = []
    stopped = False
    steps = synthesize_fleet(plant.storage.home, ids, rows, wanted, seconds, plant.seed, plant.fixed_now, workers)
    try:
        for each in steps:
            done.append(each)
            console.print(f"{len(done):>3}/{len(ids)}  {escape(_line(each))}", soft_wrap=True)
    except KeyboardInterrupt:
        stopped = True
    finally:
        steps.close()
    took = time.monotonic() - began
    if as_json:
        sys.stdout.write(json.dumps(_document(done, ids, took, stopped), indent=1) + "\n")
    else:
        console.print(_table(done, plant))
        console.print(_summary(done, ids, took, stopped), soft_wrap=True)
    return 1 if stopped or any(each.error for each in done) else 0


def _method(name: str) -> Method:
    if name not in get_args(Method):
        raise MillwrightError(f"No method {name!r}. There are: {', '.join(get_args(Method))}.")
    return name  # type: ignore[return-value]


def _line(each: MachineSynthesis) -> str:
    if each.error:
        return f"{each.machine_id}: {each.error}"
    if each.made is None:
        return f"{each.machine_id}: {each.kept} is there already"
    made = each.made
    return (
        f"{each.machine_id}: {made.dataset} by {made.method}, quality {made.quality:.3f}, "
        f"{made.violations} violations, {made.seconds:.0f} s"
    )


def _table(done: list[MachineSynthesis], plant: Plant) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("machine", "data set", "learnt from", "method"):
        table.add_column(name, overflow="fold")
    for name in ("rows", "lives", "quality", "AP", "R²", "s"):
        table.add_column(name, justify="right")
    order = {machine: place for place, machine in enumerate(plant.machines)}
    for each in sorted(done, key=lambda each: order[each.machine_id]):
        if each.made is None:
            table.add_row(each.machine_id, each.kept or "none", escape("kept" if each.kept else "not made"))
            continue
        made = each.made
        taught = {found.trained_on: found for found in made.taught}.get("synthetic")
        table.add_row(
            each.machine_id, made.dataset, made.made_from, made.method, f"{made.rows:,}", f"{made.lives:,}",
            f"{made.quality:.3f}", f"{taught.average_precision:.2f}" if taught else "–",
            f"{taught.rul_r2:.2f}" if taught else "–", f"{made.seconds:.0f}",
        )  # fmt: skip
    return table


def _summary(done: list[MachineSynthesis], ids: list[str], took: float, stopped: bool) -> str:
    made = [each.made for each in done if each.made]
    kept, failed = sum(each.kept is not None for each in done), sum(each.error is not None for each in done)
    said = [f"{sum(each.rows for each in made):,} rows made for {len(made)} of {len(ids)} machines in {took:.0f} s"]
    said += [f"{kept} had theirs already"] if kept else []
    said += [f"{failed} could not be made"] if failed else []
    if made:
        quality, broken = sum(each.quality for each in made) / len(made), sum(each.violations for each in made)
        said.append(f"mean quality {quality:.3f}, {broken} rows break a constraint")
    end = " Stopped: what is made is whole; the same command goes on with the rest." if stopped else ""
    judged = (
        " AP and R² are of a small model trained on synthetic data and judged on recorded lives held out."
        if any(each.taught for each in made)
        else ""
    )
    return "; ".join(said) + "." + judged + end


def _document(done: list[MachineSynthesis], ids: list[str], took: float, stopped: bool) -> dict[str, object]:
    made = [each.made for each in done if each.made]
    return {
        "name": "fleet synthesize",
        "machines": [each.model_dump(mode="json") for each in done],
        "asked": len(ids),
        "rows": sum(each.rows for each in made),
        "quality": sum(each.quality for each in made) / len(made) if made else None,
        "violations": sum(each.violations for each in made),
        "stopped": stopped,
        "seconds": round(took, 1),
    }
