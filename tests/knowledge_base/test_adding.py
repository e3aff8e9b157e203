"""A person's documents: read with pages and headings, read again only when changed, refused where unreadable."""

import zipfile
from pathlib import Path

import pytest
from pypdf import PdfWriter

from knowledge_base.adding import add_document, remove_document
from knowledge_base.index import Index
from knowledge_base.retrieval import search
from knowledge_base.stored import stored_documents
from machine_profiles.errors import MillwrightError
from models.storage import Storage

HOIST = "The hoist brake has an air gap of 0.3 mm. Set it with a feeler."
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def pdf(path: Path, texts: list[str]) -> Path:
    """A PDF by hand: one page a text, Helvetica."""
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", "", "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    pages = []
    for text in texts:
        stream = f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET"
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {len(objects)} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>"
        )
        pages.append(f"{len(objects)} 0 R")
    objects[1] = f"<< /Type /Pages /Count {len(pages)} /Kids [{' '.join(pages)}] >>"
    body, offsets = "%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        offsets.append(len(body))
        body += f"{number} 0 obj\n{content}\nendobj\n"
    table = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    size = len(objects) + 1
    trailer = f"trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{len(body)}\n%%EOF"
    path.write_text(f"{body}xref\n0 {size}\n0000000000 65535 f \n{table}{trailer}")
    return path


def docx(path: Path) -> Path:
    xml = (
        f'<w:document {W}><w:body><w:p><w:pPr><w:pStyle w:val="Heading1"/></w:pPr><w:r><w:t>Brake</w:t></w:r></w:p>'
        f"<w:p><w:r><w:t>{HOIST}</w:t></w:r></w:p></w:body></w:document>"
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", xml)
    return path


def written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_a_pdf_keeps_its_page_and_is_found(tmp_path: Path, storage: Storage, index: Index):
    document = add_document(storage, pdf(tmp_path / "hoist.pdf", ["Contents", HOIST]))
    assert document.pages == 2
    best = search(index, "air gap of the hoist brake").passages[0]
    assert (best.page, best.source, best.text) == (2, "hoist.pdf, page 2", HOIST)


@pytest.mark.parametrize(
    "make",
    [
        lambda folder: docx(folder / "hoist.docx"),
        lambda folder: written(folder / "hoist.html", f"<h1>Brake</h1><script>x</script><p>{HOIST}</p>"),
        lambda folder: written(folder / "hoist.md", f"# Brake\n{HOIST}\n"),
    ],
    ids=["docx", "html", "markdown"],
)
def test_headings_become_sections(tmp_path: Path, storage: Storage, make):
    (passage,) = add_document(storage, make(tmp_path)).passages
    assert (passage.section, passage.text) == ("Brake", HOIST)


def test_an_unchanged_file_is_not_read_again_and_a_changed_one_is(tmp_path: Path, storage: Storage):
    path = written(tmp_path / "notes.txt", HOIST)
    first = add_document(storage, path)
    assert add_document(storage, path).added_at == first.added_at
    written(path, HOIST.replace("0.3", "0.4"))
    assert "0.4 mm" in add_document(storage, path).passages[0].text
    assert len(stored_documents(storage)) == 1


def test_a_removed_document_is_found_no_more(tmp_path: Path, storage: Storage, index: Index):
    add_document(storage, written(tmp_path / "notes.txt", HOIST))
    assert search(index, "hoist brake air gap").passages[0].document.startswith("notes")
    remove_document(storage, "notes.txt")
    assert not any(p.document.startswith("notes") for p in search(index, "hoist brake air gap").passages)
    with pytest.raises(MillwrightError, match=r"No document 'notes\.txt'"):
        remove_document(storage, "notes.txt")


def locked_pdf(folder: Path) -> Path:
    writer = PdfWriter(clone_from=pdf(folder / "open.pdf", [HOIST]))
    writer.encrypt("secret", algorithm="RC4-128")
    writer.write(folder / "locked.pdf")
    return folder / "locked.pdf"


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (locked_pdf, "locked with a password"),
        (lambda folder: written(folder / "bad.pdf", "%PDF-1.4 nothing more"), "damaged"),
        (lambda folder: written(folder / "bad.docx", "no zip"), "no DOCX"),
        (lambda folder: written(folder / "a.exe", "x"), "not read. Give one of"),
        (lambda folder: written(folder / "empty.txt", " "), "holds no text"),
        (lambda folder: folder / "missing.txt", "No file"),
    ],
    ids=["locked", "damaged", "no docx", "wrong kind", "empty", "missing"],
)
def test_what_cannot_be_read_is_refused_with_a_reason(tmp_path: Path, storage: Storage, make, says: str):
    with pytest.raises(MillwrightError, match=says):
        add_document(storage, make(tmp_path))
    assert stored_documents(storage) == []
