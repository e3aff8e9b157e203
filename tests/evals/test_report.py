"""The report is one file that needs nothing else, and shows why a scenario failed next to what was expected."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

from evals.comparing import compare
from evals.controls import COMMONEST, NOTHING, run_controls
from evals.report import render, write_report
from evals.results import EvalResult
from evals.runner import run_suite
from evals.scenario import Scenario
from settings import Settings
from tests.evals.turns import PUMP

ASKS = {
    "user": "<script>alert(1)</script>",
    "expect": {"tools": [{"name": "describe_machine", "args": {"machine_id": PUMP}}]},
}
REFUSES = {"user": "order a seal", "expect": {"outcome": "refuse"}}
STATED = [{"id": "asks", "tags": ["plain"], "turns": [ASKS]}, {"id": "<refuses>", "tags": ["x"], "turns": [REFUSES]}]
SCENARIOS = [Scenario.model_validate({**each, "plant": "empty"}) for each in STATED]


def result(home: Path, model: str = COMMONEST) -> EvalResult:
    return run_suite(SCENARIOS, Settings(home=home, model=model), workers=1)


def test_the_report_is_whole_and_escapes_what_was_said(tmp_path: Path):
    page = write_report(result(tmp_path / "home"), tmp_path / "report").read_text()
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "<refuses>" not in page
    assert not re.search(r"(?:src|href)\s*=\s*[\"']?(?!#)", page.replace('href="#', ""))
    assert "@import" not in page
    assert "url(" not in page
    assert {each.name for each in (tmp_path / "report").iterdir()} == {"report.html", "result.json", "junit.xml"}
    assert json.loads((tmp_path / "report" / "result.json").read_text())["pass_rate"] == 0.5


def test_a_failure_stands_first_and_next_to_what_was_expected(tmp_path: Path):
    page = render(result(tmp_path))
    assert page.index("<b>&lt;refuses&gt;</b>") < page.index("<b>asks</b>")
    failed = page[page.index('id="s--refuses-"') : page.index('id="s-asks"')]
    assert "outcome: answer, expected refuse" in failed
    assert "<dt>outcome</dt><dd>refuse</dd>" in failed
    assert "describe_machine(machine_id=" in page


def test_comparison_and_controls_stand_in_it(tmp_path: Path):
    before, after = result(tmp_path), result(tmp_path, NOTHING)
    shown = after.model_copy(update={"comparisons": (compare(before, after),), "controls": run_controls(SCENARIOS)})
    page = render(shown)
    assert '<a href="#s-asks">asks</a> <small>1 of 1 → 0 of 1</small>' in page
    assert "A control passes more than 5\u202f%" in page  # the commonest call is half of this suite


class _Tags(HTMLParser):
    void = {"meta", "input", "br"}

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self.ids += [value for name, value in attrs if name == "id"]
        if tag not in self.void:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("option", "li", "tr", "td", "th", "p"):
            while self.open and self.open[-1] != tag:
                self.open.pop()
        assert self.open.pop() == tag


def test_every_element_is_closed_and_every_anchor_is_there_once(tmp_path: Path):
    page = _Tags()
    page.feed(render(result(tmp_path)))
    assert page.open == []
    assert len(page.ids) == len(set(page.ids))
