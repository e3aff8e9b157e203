"""Search finds by meaning and by exact code, keeps to the machine, and sees what another process has written."""

import socket
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from knowledge_base.adding import add_document
from knowledge_base.index import Index, UnknownPassage
from knowledge_base.looking import Mix, look
from knowledge_base.passages import Passage
from knowledge_base.retrieval import search
from knowledge_base.shipped import BadDocument, read_document
from knowledge_base.stored import StoredDocument, store_document
from machine_profiles.errors import MillwrightError
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


def test_a_kind_keeps_what_is_about_other_kinds_away(index: Index):
    assert "mist#oil-mist" in ids(search(index, "oil mist drips", kind="cnc"))
    assert "mist#oil-mist" not in ids(search(index, "oil mist drips", kind="pump"))


def test_the_profiles_word_for_a_sensor_finds_the_technical_one(storage: Storage, machines: Catalog, documents: Path):
    machine = machines["CNC_HAAS_VF2_016"]
    sensor = next(s for s in machine.sensors if s.synonyms)
    everyday, technical = sensor.synonyms[0], sensor.name.replace("_", " ")
    (documents / "zz.md").write_text(
        f"---\nid: zz\ntitle: Note\nkind: guide\nmachine_ids: []\nmachine_kinds: []\n---\n"
        f"## Note\nOn {technical} look at the card.\n\nSource: here\n"
    )
    index = Index(storage, machines, shipped=documents)
    index.refresh()
    at = [p.id for p in index.passages].index("zz#note")
    assert (
        look(index, everyday, machine, None, Mix()).keyword[at] > look(index, everyday, None, None, Mix()).keyword[at]
    )


def test_pieces_of_one_section_that_follow_each_other_are_read_as_one(
    storage: Storage, machines: Catalog, index: Index
):
    texts = ("The crane hook is worn.", "Measure the crane hook throat.", "Replace the crane hook at ten percent.")
    store_document(storage, StoredDocument(
        id="crane", title="Crane", path="crane.txt", sha256="0", added_at=datetime.now(UTC), passages=tuple(
            Passage(id=f"crane#{n}", document="crane", title="Crane", section="Hook", kind="document", text=text,
                    source="crane.txt") for n, text in enumerate(texts))
    ))  # fmt: skip
    found = [p for p in search(index, "crane hook worn").passages if p.document == "crane"]
    assert [p.text for p in found] == [" ".join(texts)]


def test_a_citation_opens_its_passage_and_an_unknown_one_says_so(index: Index):
    assert "worn faces" in index.passage("seals#leaking-seals").text
    with pytest.raises(UnknownPassage, match="No passage 'seals#gone'"):
        index.passage("seals#gone")


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory, machines: Catalog) -> Index:
    return Index(Storage(tmp_path_factory.mktemp("shipped")), machines)


def test_what_is_no_answer_though_near_is_told_from_one(shipped: Index):
    assert search(shipped, "how much grease does a 6309 bearing take").answerable
    assert not search(shipped, "Bitzer ammonia chiller oil return ejector").answerable


def test_a_server_holds_the_same_index_as_the_folder(tmp_path: Path, machines: Catalog, documents: Path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    command = [
        str(Path(sys.executable).with_name("chroma")),
        "run",
        "--path",
        str(tmp_path / "server"),
        "--port",
        str(port),
    ]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            _until_it_answers(port, server)
            storage = Storage(tmp_path / "home")
            index = Index(storage, machines, url, shipped=documents)
            assert ids(search(index, "water is weeping where the shaft goes in"))[0] == "seals#leaking-seals"
            path = tmp_path / "notes.txt"
            path.write_text("The hoist brake has an air gap of 0.3 mm.")
            add_document(index, path)
            other = Index(storage, machines, url, shipped=documents)  # another process sees what the first one wrote
            assert search(other, "hoist brake air gap").passages[0].source == "notes.txt, notes"
            assert not (storage.knowledge("index") / "chroma.sqlite3").exists()
        finally:
            server.terminate()
    with pytest.raises(MillwrightError, match=f"No Chroma server answers at {url}"):
        search(Index(Storage(tmp_path / "third"), machines, url, shipped=documents), "seal")


def _until_it_answers(port: int, server: subprocess.Popen) -> None:
    for _ in range(150):
        assert server.poll() is None, "the server has ended"
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise AssertionError("the server did not answer within 30 s")
