"""The folder of a run under HOME: the plan, each conversation as it ends, the result; a killed run goes on in it."""

import hashlib
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import agent
import knowledge_base
import machine_profiles
import models
import tools
from evals.results import RunRecord
from evals.scenario import Scenario
from machine_profiles.errors import MillwrightError
from models.locks import Locked, locked
from models.results import Result
from models.storage import whole_file


class Plan(Result):
    """All that the conversations of a run depend on; a run goes on only where none of it has changed."""

    model: str
    agent: str | None
    model_base_url: str | None
    seed: int
    repeat: int
    code: str
    scenarios: str

    @property
    def key(self) -> str:
        return _digest(self.model_dump_json().encode())


class NothingToResume(MillwrightError):
    def __init__(self, folder: Path) -> None:
        super().__init__(f"No run of these scenarios with this model and code lies in {folder}. Run without --resume.")


class RunFolder:
    """Records are written whole, one file a conversation, so that a kill loses only those that were going on."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def plants(self) -> Path:
        return self.path / "plants"

    def keep(self, scenario: int, run: int, record: RunRecord) -> None:
        with whole_file(self._file(scenario, run)) as temporary:
            temporary.write_text(record.model_dump_json(), encoding="utf-8")

    def kept(self, scenario: int, run: int) -> RunRecord | None:
        file = self._file(scenario, run)
        return RunRecord.model_validate_json(file.read_text(encoding="utf-8")) if file.exists() else None

    def finish(self, result: str) -> None:
        with whole_file(self.path / "result.json") as temporary:
            temporary.write_text(result, encoding="utf-8")

    def _file(self, scenario: int, run: int) -> Path:
        return self.path / "records" / f"{scenario:04d}-{run:03d}.json"


@contextmanager
def run_folder(home: Path, plan: Plan, resume: bool) -> Iterator[RunFolder]:
    """The folder for a run of `plan` under HOME/evals, new or the last one there is; one process at a time has it.

    Raises NothingToResume. Plants that a killed run left behind go.
    """
    evals = home / "evals"
    evals.mkdir(parents=True, exist_ok=True)
    with ExitStack() as held:
        path = _latest(evals, plan, held) if resume else None
        if resume and path is None:
            raise NothingToResume(evals)
        if path is None:
            path = evals / f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{plan.key}"
            (path / "records").mkdir(parents=True)
            held.enter_context(locked(path / ".lock"))
            (path / "plan.json").write_text(plan.model_dump_json(indent=1), encoding="utf-8")
        _clear(evals)
        folder = RunFolder(path)
        shutil.rmtree(folder.plants, ignore_errors=True)
        folder.plants.mkdir()
        try:
            yield folder
        finally:
            shutil.rmtree(folder.plants, ignore_errors=True)


def plan_of(
    scenarios: Sequence[Scenario], model: str, agent_: str | None, base_url: str | None, seed: int, repeat: int
) -> Plan:
    said = "\n".join(scenario.model_dump_json() for scenario in scenarios)
    return Plan(
        model=model, agent=agent_, model_base_url=base_url, seed=seed, repeat=repeat, code=_code(),
        scenarios=_digest(said.encode()),
    )  # fmt: skip


def _latest(evals: Path, plan: Plan, held: ExitStack) -> Path | None:
    path = max(evals.glob(f"*-{plan.key}"), default=None)
    if path is not None:
        held.enter_context(locked(path / ".lock", wait_s=1.0))
    return path


def _clear(evals: Path) -> None:
    for plants in evals.glob("*/plants"):
        try:
            with locked(plants.parent / ".lock", wait_s=0.0):
                shutil.rmtree(plants, ignore_errors=True)
        except Locked:
            continue  # another run is at it


def _code() -> str:
    digest = hashlib.sha256()
    for package in (agent, knowledge_base, machine_profiles, models, tools):
        root = Path(str(package.__file__)).parent
        for path in sorted(p for p in root.rglob("*") if p.suffix in (".py", ".yaml", ".npz", ".md")):
            digest.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:12]
