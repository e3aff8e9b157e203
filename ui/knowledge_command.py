"""`millwright knowledge`: a person's documents added, listed, removed; and the knowledge base searched."""

import json
import sys
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from knowledge_base.adding import add_document, remove_document
from knowledge_base.index import Index
from knowledge_base.retrieval import search
from knowledge_base.stored import stored_documents
from machine_profiles.errors import MillwrightError
from settings import Settings
from tools.plant import open_plant


def add_command(paths: list[Path], machine: list[str]) -> int:
    """Add each file; 1 where any could not be, after the others are in."""
    plant, failed = open_plant(Settings()), 0
    machine_ids = tuple(plant.machines[machine_id].id for machine_id in machine)
    for path in paths:
        try:
            document = add_document(plant.storage, path, machine_ids)
        except MillwrightError as error:
            failed = 1
            print(error, file=sys.stderr)
            continue
        pages = f", {document.pages} pages" if document.pages else ""
        print(f"{document.id}: {len(document.passages)} passages{pages}")
    _index().refresh(lambda share, step: print(f"  {share:4.0%}  {step}", file=sys.stderr, flush=True))
    return failed


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
    document = remove_document(open_plant(Settings()).storage, name)
    _index().refresh()
    print(f"{document.id} is forgotten, {len(document.passages)} passages.")
    return 0


def search_command(question: str, machine: str | None, top: int, json_: bool) -> int:
    """Print what answers, with sources; 1 where nothing does."""
    profile = open_plant(Settings()).machines[machine] if machine else None
    found = search(_index(), question, profile, top=top)
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


def _index() -> Index:
    settings = Settings()
    plant = open_plant(settings)
    return Index(plant.storage, plant.machines, settings.chroma_url)
