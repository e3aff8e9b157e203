"""The page of benchmarks holds every figure beside its peers, and every benchmark has a peer in its run."""

import inspect
from importlib import import_module
from pathlib import Path

import pytest

from evals.benchmarks import BENCHMARKS
from evals.benchmarks.page import NoBenchmark, page, read
from evals.benchmarks.result import BenchResult

ONE = BenchResult(
    name="skab", figures={"f1": 0.83127, "rows": 11760.0}, peers={"isolation_forest": {"f1": 0.73, "far": 60.1}},
    protocol="As the leaderboard.", data="skab_valve1", seed=7, n=11760, seconds=20.1,
)  # fmt: skip


def test_a_section_sets_each_figure_beside_those_of_its_peers():
    text = page([ONE, ONE.model_copy(update={"name": "ai4i", "data": "rows"})])
    assert "| | Millwright | isolation forest |" in text
    assert "| f1 | 0.8313 | 0.73 |" in text
    assert "| rows | 11,760 | – |" in text
    assert "| far | – | 60.10 |" in text
    assert text.index("## ai4i: rows") < text.index("## skab")
    assert "(#ai4i-rows)" in text
    assert "As the leaderboard." in text


def test_what_is_no_benchmark_is_told(tmp_path: Path):
    (tmp_path / "x.json").write_text("{}")
    with pytest.raises(NoBenchmark, match="millwright bench NAME"):
        read(tmp_path / "x.json")


@pytest.mark.parametrize("name", sorted(BENCHMARKS))
def test_a_benchmark_has_a_peer_in_the_same_run(name: str):
    source = inspect.getsource(import_module(BENCHMARKS[name]))
    assert "peers=" in source
    assert "peers={}" not in source


def test_the_shipped_page_is_made_from_the_shipped_documents():
    docs = Path(__file__).parents[2] / "docs"
    results = [read(path) for path in sorted((docs / "benchmarks").glob("*.json"))]
    assert page(results) == (docs / "benchmarks.md").read_text(encoding="utf-8")
    assert all(result.peers for result in results)
