"""A report holds what was judged, is whole in one page and one PDF, and shows foreign text as text."""

from pathlib import Path

import pandas as pd
import pytest
from pypdf import PdfReader

from evals.benchmarks.drift.worlds import world
from knowledge_base import _report_html
from knowledge_base.index import Index
from knowledge_base.machine_report import ReportContent, Section, write_report
from machine_profiles.errors import MillwrightError
from machine_profiles.reading import SHIPPED, load_catalog
from models.demo_machine import NOW
from models.registry import Registry
from models.storage import Storage
from models.telemetry import MaintenanceEvent, Telemetry
from tests.models.small_models import register_small

CATALOG = load_catalog(SHIPPED)
PUMP = CATALOG["PUMP_KSB_ETANORM_005"]


def plant(home: Path) -> tuple[Storage, Telemetry, Registry]:
    storage = Storage(home)
    telemetry, registry = Telemetry(storage), Registry(storage, None)
    known = world(PUMP, "trouble", 1)
    telemetry.append(PUMP.id, pd.concat([known.reference, known.window]).assign(unit="main", life="1"))
    telemetry.log(PUMP.id, MaintenanceEvent(at=NOW, action="inspection", note="<b>greased</b> & checked", by="Kim"))
    register_small(registry, PUMP, home / "small")
    return storage, telemetry, registry


def test_page_and_pdf_hold_condition_causes_actions_log_and_lines_to_sign(tmp_path: Path):
    storage, telemetry, registry = plant(tmp_path)
    found = write_report(storage, Index(storage, CATALOG), telemetry, registry, PUMP, NOW, "Kim")
    html = storage.absolute(found.html).read_text()
    pdf = "\n".join(page.extract_text() for page in PdfReader(storage.absolute(found.pdf)).pages)
    for title in ("Condition", "Likely causes", "What to do", "Maintenance log", "Checked and released"):
        assert title in html
        assert title in pdf
    assert "&lt;b&gt;greased&lt;/b&gt;" in html
    assert "<b>greased</b>" in pdf
    assert "http" not in html.split("</style>")[1]
    assert html.count("data:image/png;base64") >= 1
    assert sorted(path.suffix for path in storage.reports(PUMP.id).iterdir()) == [".html", ".pdf"]


def test_a_machine_without_readings_gets_no_report(tmp_path: Path):
    storage = Storage(tmp_path)
    with pytest.raises(MillwrightError, match="recorded"):
        write_report(storage, Index(storage, CATALOG), Telemetry(storage), Registry(storage, None), PUMP, NOW, "Kim")
    assert list(storage.reports(PUMP.id).iterdir()) == []


def test_what_is_not_known_stands_in_the_report():
    content = ReportContent("T", "S", "V", "watch", "made", (Section("A", lines=("x",)),), ("why",))
    assert "Not known" in _report_html.page(content)
