"""Retrieval: recall, rank, exact codes, unanswerable questions; beside keywords, meaning or their fusion alone."""

import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from evals.benchmarks.result import BenchResult
from evals.benchmarks.retrieval.fitting import looks, out_of_fold
from evals.benchmarks.retrieval.questions import Question, questions
from knowledge_base.index import Index
from knowledge_base.looking import Mix
from knowledge_base.passages import Found
from knowledge_base.retrieval import search
from machine_profiles.reading import SHIPPED, load_catalog
from models.storage import Storage

PROTOCOL = (
    "Questions written apart from the documents' wording; one passage that answers among the first five counts. A "
    "question that nothing here answers is recognised when the search says so; false when it says so of an answerable "
    "one. Ranking and answerability are fitted on these questions, so their figures are out of fold: ten folds by "
    "document. fresh_*: the shipped weights on 100 questions that no weight was fitted on, half of them unanswerable. "
    "Peers are not ranked anew and judge answerability by the shipped weights. Milliseconds are wall-clock (and CPU) of"
    " one warm search here."
)
MIXES = {
    "bm25_alone": Mix(keywords=1.0, meaning=0.0, codes=False, rerank=False),
    "dense_alone": Mix(keywords=0.0, meaning=1.0, codes=False, rerank=False),
    "fusion_alone": Mix(rerank=False),
}


def run(data: Path | None, seed: int, report: Callable[[float, str], None]) -> BenchResult:
    """Search every question in the shipped documents; `data` is not used."""
    started = time.monotonic()
    asked, fresh, machines = questions(), questions("fresh_questions"), load_catalog(SHIPPED)
    with tempfile.TemporaryDirectory() as home:
        index = Index(Storage(Path(home) / "full"), machines)
        index.refresh()
        index.language.embed(["warm"])
        report(0.2, f"{len(index.passages)} passages indexed")

        def ask(where: Index, question: Question, mix: Mix | None = None) -> Found:
            machine = machines[question.machine_id] if question.machine_id else None
            return search(where, question.question, machine, mix=mix or Mix())

        spent, used, answered = [], [], []
        for question in fresh:
            begun, before = time.perf_counter(), time.process_time()
            answered.append(ask(index, question))
            spent.append((time.perf_counter() - begun) * 1000)
            used.append((time.process_time() - before) * 1000)
        figures = _figures(asked, out_of_fold(asked, looks(index, machines, asked), seed))
        figures |= {"p50_ms": float(np.median(spent)), "p50_cpu_ms": float(np.median(used))}
        figures |= {f"fresh_{name}": value for name, value in _figures(fresh, answered).items()}
        peers = {}
        for at, (name, mix) in enumerate(MIXES.items()):
            report(0.5 + 0.15 * at, name.replace("_", " "))
            peers[name] = _figures(asked, [ask(index, question, mix) for question in asked])
            again = _figures(fresh, [ask(index, question, mix) for question in fresh])
            peers[name] |= {f"fresh_{key}": value for key, value in again.items()}
        empty = Index(Storage(Path(home) / "empty"), machines, shipped=None)
        peers["empty_knowledge_base"] = _figures(asked, [ask(empty, question) for question in asked])
    return BenchResult(
        name="retrieval", figures=figures, peers=peers, protocol=PROTOCOL,
        data=f"{len(index.passages)} shipped passages", seed=seed, n=len(asked), seconds=time.monotonic() - started,
    )  # fmt: skip


def _figures(asked: Sequence[Question], found: Sequence[Found]) -> dict[str, float]:
    ranks = {
        question.question: next((n for n, p in enumerate(f.passages, 1) if p.id in question.answers), 0)
        for question, f in zip(asked, found, strict=True)
        if question.about != "none"
    }
    code = [ranks[question.question] for question in asked if question.about == "code"]
    none = [not f.answerable for question, f in zip(asked, found, strict=True) if question.about == "none"]
    near = [not f.answerable for question, f in zip(asked, found, strict=True) if question.near]
    some = [not f.answerable for question, f in zip(asked, found, strict=True) if question.about != "none"]
    codes = {"exact_code_recall": float(np.mean([0 < rank <= 5 for rank in code]))} if code else {}
    return {
        "recall_at_5": float(np.mean([0 < rank <= 5 for rank in ranks.values()])),
        "mrr": float(np.mean([1 / rank if rank else 0.0 for rank in ranks.values()])),
        **codes,
        **({"near_miss_recall": float(np.mean(near))} if near else {}),
        "unanswerable_recall": float(np.mean(none)),
        "unanswerable_false": float(np.mean(some)),
    }
