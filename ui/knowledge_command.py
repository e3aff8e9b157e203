"""`millwright knowledge`: a person's documents added, listed, removed; and the knowledge base searched."""

import json
import sys
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from knowledge_base.adding import add_document, changed_documents, remove_document
from knowledge_base.index import Index
from knowledge_base.reading import READERS
from knowledge_base.retrieval import search
from knowledge_base.stored import stored_documents
from machine_profiles.errors import MillwrightError
from machine_profiles.profile import Profile
from settings import Settings
from tools.plant import Plant, open_plant


def add_command(paths: list[Path], machine: list[str]) -> int:
    """Add each file, and each readable one of a folder; 1 where any could not be, after the others are in."""
    plant, index = _opened()
    machines = [plant.machines[machine_id] for machine_id in machine]
    failed = 0
    for path in (file for given in paths for file in _files(given)):
        failed |= _add(index, path, machines)
    index.refresh(_progress)
    return failed


def update_command() -> int:
    """Read again what has changed on disk; 1 where a file is gone or cannot be read."""
    plant, index = _opened()
    changed, gone = changed_documents(plant.storage)
    failed = int(bool(gone))
    for document in changed:
        ids = document.passages[0].machine_ids if document.passages else ()
        failed |= _add(index, Path(document.path), [plant.machines[machine_id] for machine_id in ids])
    for document in gone:
        print(f"{document.path} is gone; forget it with: millwright knowledge remove {document.id}", file=sys.stderr)
    if not changed and not gone:
        print("Every document is as it was read.")
    index.refresh(_progress)
    return failed


def _add(index: Index, path: Path, machines: list[Profile]) -> int:
    try:
        added = add_document(index, path, machines, _progress)
    except MillwrightError as error:
        print(error, file=sys.stderr)
        return 1
    document = added.document
    pages = f", {document.pages} pages" if document.pages else ""
    how = f"the same file as {document.path}, not added twice" if added.how == "duplicate" else added.how
    print(f"{document.id}: {len(document.passages)} passages{pages}, {how}")
    return 0


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    return sorted(file for file in path.rglob("*") if file.suffix.lower() in READERS and file.is_file())


def _progress(share: float, step: str) -> None:
    """One line that is written over on a terminal; on a pipe only the end of each step."""
    if sys.stderr.isatty():
        print(f"\r  {share:4.0%}  {step:<60}", end="\n" if share >= 1 else "", file=sys.stderr, flush=True)
    elif share >= 1:
        print(f"  {share:4.0%}  {step}", file=sys.stderr, flush=True)


def show_command(passage_id: str) -> int:
    """Print the passage that a citation names."""
    passage = _opened()[1].passage(passage_id)
    console = Console()
    console.print(f"[bold]{escape(passage.title)}: {escape(passage.section)}[/]")
    console.print(escape(passage.text))
    console.print(f"[dim]Source: {escape(passage.source)}[/]")
    return 0


def list_command(json_: bool) -> int:
    documents = stored_documents(open_plant(Settings()).storage)
    if json_:
        print(json.dumps([d.model_dump(mode="json", exclude={"passages"}) for d in documents], indent=1))
        return 0
    for document in documents:
        print(f"{document.id}  {len(document.passages)} passages  {document.added_at:%Y-%m-%d}  {document.path}")
    if not documents:
        print("No documents of your own yet. Add one: millwright knowledge add PATH")
    return 0


def remove_command(name: str) -> int:
    plant, index = _opened()
    document = remove_document(plant.storage, name)
    index.refresh()
    print(f"{document.id} is forgotten, {len(document.passages)} passages.")
    return 0


def search_command(question: str, machine: str | None, top: int, json_: bool) -> int:
    """Print what answers, with sources; 1 where nothing does."""
    plant, index = _opened()
    found = search(index, question, plant.machines[machine] if machine else None, top=top)
    if json_:
        print(found.model_dump_json(indent=1))
        return 0 if found.answerable else 1
    console = Console()
    if not found.answerable:
        console.print("The knowledge base holds no evidence on this.")
        return 1
    for passage in (*found.passages, *found.cases):
        console.print(f"[bold]{escape(passage.title)}: {escape(passage.section)}[/]  [dim]{escape(passage.id)}[/]")
        console.print(escape(passage.text))
        console.print(f"[dim]Source: {escape(passage.source)}[/]\n")
    return 0


def _opened() -> tuple[Plant, Index]:
    settings = Settings()
    plant = open_plant(settings)
    return plant, Index(plant.storage, plant.machines, settings.chroma_url)
