"""The page that lists where figures come from is the one the command makes."""

import subprocess
import sys
from pathlib import Path

from machine_profiles.coverage import coverage, rated_bases
from machine_profiles.reading import SHIPPED, load_catalog

PAGE = Path(__file__).parents[2] / "docs" / "machine_profiles.md"


def test_the_page_in_docs_is_what_the_command_prints():
    printed = subprocess.run(
        [sys.executable, "-m", "machine_profiles.coverage"], check=True, capture_output=True, cwd=PAGE.parents[1]
    ).stdout
    assert printed.decode() == PAGE.read_text(encoding="utf-8"), (
        "profiles have changed: python -m machine_profiles.coverage > docs/machine_profiles.md"
    )


def test_every_rated_figure_stands_on_the_page_with_its_basis():
    catalog = load_catalog(SHIPPED)
    page = coverage(catalog)
    rows = [line for line in page.splitlines() if line.endswith(" |") and " | " in line]
    for basis in ("datasheet", "standard", "estimate"):
        count = sum(rated_bases(profile)[basis] for profile in catalog.values())
        assert sum(f"| {basis} |" in row for row in rows if not row.startswith("| |")) == count
