"""The knowledge base: its documents, adding and forgetting one, and a search of all passages."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from agent.access import NotAllowed, Person, reaches
from knowledge_base.adding import add_document, remove_document
from knowledge_base.retrieval import search
from knowledge_base.stored import stored_documents
from tools.plant import Plant
from ui.page._templates import render
from ui.page.uploads import keep_document

SHOWN = 6


def act(plant: Plant, data: Mapping[str, Any], uploads: str, by: Person) -> Iterator[dict[str, Any]]:
    """show, search, add or remove. Raises NotAllowed, BadUpload, and what reading the document raises."""
    name = data.get("name")
    if name == "search":
        yield {"html": _page(plant, by, str(data.get("question", ""))[:400], str(data.get("machine", "")))}
    elif name == "add":
        _check(by)
        machine = str(data.get("machine", ""))
        about = [plant.machines[machine]] if machine else []
        added = add_document(plant.knowledge, keep_document(plant.storage, str(data["file"]), uploads), about)
        new = f"{len(added.document.passages)} passages added" if added.how in ("new", "changed") else "known already"
        yield {"html": _page(plant, by), "notice": f"{added.document.title}: {new}."}
    elif name == "remove":
        _check(by)
        document = remove_document(plant.storage, str(data["document"]))
        plant.knowledge.refresh()
        yield {"html": _page(plant, by), "notice": f"{document.title} is forgotten."}
    else:
        yield {"html": _page(plant, by)}


def _check(by: Person) -> None:
    if not reaches(by.role, "technician"):
        raise NotAllowed(f"{by.name} is a {by.role}, who only looks. A technician or an engineer can add documents.")


def _page(plant: Plant, by: Person, question: str = "", machine_id: str = "") -> str:
    profile = plant.machines[machine_id] if machine_id else None
    found = search(plant.knowledge, question, profile, top=SHOWN) if question.strip() else None
    if found is None:
        plant.knowledge.refresh()
    own = stored_documents(plant.storage)
    known = {document.id for document in own}
    shipped = Counter(
        (p.title, p.kind) for p in plant.knowledge.passages if p.document not in known and p.kind != "case"
    )
    cases = sum(p.kind == "case" for p in plant.knowledge.passages)
    return render(
        "knowledge", own=own, shipped=sorted(shipped.items()), cases=cases, found=found, question=question,
        machine_id=machine_id, machines=list(plant.machines.values()), may_add=reaches(by.role, "technician"),
    )  # fmt: skip
