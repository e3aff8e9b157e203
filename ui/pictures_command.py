"""`millwright pictures …`: what cameras write is diagnosed and filed."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from settings import Settings

if TYPE_CHECKING:
    from tools.camera_folder import Filed

pictures = typer.Typer(help="Pictures that cameras take of the machines.", no_args_is_help=True)


@pictures.callback()
def _group() -> None:
    """Keeps `watch` a command of its own while it is the only one."""


@pictures.command()
def watch(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where cameras write MACHINE_ID_2026-05-31T08-00.jpg.")],
    once: Annotated[bool, typer.Option("--once", help="Take what is there, wait for what is being written, end.")] = (
        False
    ),
    every: Annotated[float, typer.Option(min=0.5, max=3600, help="Seconds between two looks.")] = 2.0,
    json_: Annotated[bool, typer.Option("--json", help="Print a JSON document for each picture.")] = False,
) -> None:
    """Diagnose each picture beside the readings of its time and file it under HOME/pictures. Ctrl-C ends it.

    Exit code 1 where --once rejected a picture; those go to DIR/rejected, with the reason.
    """
    raise typer.Exit(watch_command(folder, once, every, json_))


def watch_command(folder: Path, once: bool, every_s: float, as_json: bool) -> int:
    from tools.camera_folder import CameraFolder
    from tools.plant import open_plant

    plant = open_plant(Settings())
    camera, rejected = CameraFolder(folder.expanduser()), 0
    try:
        while True:
            filed, waited_for = camera.look(plant, time.monotonic())
            for each in filed:
                rejected += each.reason is not None
                line = each.model_dump_json() if as_json else f"{each.picture}: {each.reason or _place(each)}"
                print(line, flush=True)
            if once and not waited_for:
                return 1 if rejected else 0
            time.sleep(every_s)
    except KeyboardInterrupt:
        return 0


def _place(each: "Filed") -> str:
    return f"{each.said}; {each.kept}"
