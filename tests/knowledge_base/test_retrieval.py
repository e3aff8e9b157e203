"""Search finds by meaning and by exact code, keeps to the machine, and sees what another process has written."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from knowledge_base.index import Index
from knowledge_base.passages import Passage
from knowledge_base.retrieval import search
from knowledge_base.shipped import BadDocument, read_document
from knowledge_base.stored import StoredDocument, store_document
from machine_profiles.reading import Catalog
from models.storage import Storage
from models.telemetry import MaintenanceEvent, Telemetry


def ids(found) -> list[str]:
    return [passage.id for passage in found.passages]


def test_everyday_words_find_the_technical_passage(index: Index):
    assert ids(search(index, "water is weeping where the shaft goes in"))[0] == "seals#leaking-seals"


@pytest.mark.parametrize("written", ["6309-2RS1", "6309 2rs1", "63092RS1"])
def test_a_part_number_is_found_however_it_is_written(index: Index, written: str):
    assert ids(search(index, f"where does the {written} go"))[0] == "seals#bearings-of-the-bracket"


def test_a_machine_s_question_is_answered_from_its_own_passages(index: Index, machines: Catalog):
    assert ids(search(index, "oil mist", machines["PUMP_KSB_ETANORM_005"]))[:1] != ["mist#oil-mist"]
    assert "mist#oil-mist" not in ids(search(index, "oil mist drips", machines["PUMP_KSB_ETANORM_005"]))
    assert ids(search(index, "oil mist drips", machines["CNC_HAAS_VF2_016"])) == ["mist#oil-mist"]


def test_what_the_documents_do_not_cover_has_no_answer(index: Index):
    assert not search(index, "who won the football match last night").answerable
    assert not search(index, "").answerable


def test_a_row_written_by_another_process_is_found(index: Index, storage: Storage):
    assert "manual#brakes" not in ids(search(index, "magnetic brake air gap"))
    passage = Passage(id="manual#brakes", document="manual", title="Hoist", section="Brakes", kind="document",
                      text="The magnetic brake has an air gap of 0.3 mm.", source="manual.txt")  # fmt: skip
    store_document(storage, StoredDocument(
        id="manual", title="Hoist", path="manual.txt", sha256="0", added_at=datetime.now(UTC), passages=(passage,)
    ))  # fmt: skip
    assert ids(search(index, "magnetic brake air gap"))[0] == "manual#brakes"


def test_only_what_is_new_is_embedded(storage: Storage, machines: Catalog, documents: Path, monkeypatch):
    Index(storage, machines, shipped=documents).refresh()
    again, embedded = Index(storage, machines, shipped=documents), []
    monkeypatch.setattr(again, "embed", lambda passages: embedded.extend(passages) or Index.embed(again, passages))
    again.refresh()
    assert embedded == []
    (documents / "mist.md").write_text((documents / "mist.md").read_text().replace("two minutes", "three minutes"))
    from knowledge_base.shipped import shipped_passages

    shipped_passages.cache_clear()
    changed = Index(storage, machines, shipped=documents)
    monkeypatch.setattr(changed, "embed", lambda passages: embedded.extend(passages) or Index.embed(changed, passages))
    changed.refresh()
    assert [passage.id for passage in embedded] == ["mist#oil-mist"]


def test_past_cases_stand_apart_and_belong_to_their_machine(index: Index, storage: Storage, machines: Catalog):
    event = MaintenanceEvent(at=datetime(2026, 3, 2, tzinfo=UTC), action="failure", failure_mode="seal_leak",
                             hours=4100.0, note="Dry start after the weekend")  # fmt: skip
    Telemetry(storage).log("PUMP_KSB_ETANORM_005", event)
    found = search(index, "seal dripping", machines["PUMP_KSB_ETANORM_005"])
    assert "Dry start after the weekend" in found.cases[0].text
    assert all(passage.kind != "case" for passage in found.passages)
    assert search(index, "seal dripping", machines["PUMP_GRUNDFOS_CR3_004"]).cases == ()


def test_an_empty_knowledge_base_answers_nothing(storage: Storage, machines: Catalog):
    found = search(Index(storage, machines, shipped=None), "how do I align a pump")
    assert (found.answerable, found.passages) == (False, ())


def test_a_section_without_a_source_is_refused(tmp_path: Path):
    path = tmp_path / "bad.md"
    path.write_text("---\nid: bad\ntitle: Bad\nkind: guide\n---\n## One\nNo source here.\n")
    with pytest.raises(BadDocument, match="'One' must end with a line 'Source"):
        read_document(path)
