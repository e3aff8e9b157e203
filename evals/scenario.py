"""Scenario files: what is said to the agent turn by turn, and what each turn should bring."""

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from agent.turns import Outcome
from evals.known_tools import faults_of_arguments
from evals.snapshot import SUBJECTS
from evals.tool_faults import ToolFault
from evals.yaml_reading import line_of, read_yaml
from machine_profiles.errors import MillwrightError

SHIPPED = Path(__file__).parent / "scenarios"
Match = Literal["strict", "ordered", "unordered", "superset", "subset"]
ATTACHED = re.compile(r"[\w./~-]+\.(?:csv|parquet|ya?ml|png|jpe?g|pdf|txt|md)\b", re.I)


class InvalidScenario(MillwrightError):
    """A scenario file breaks the format; the text names file, scenario and key, one fault a line."""


def _several(stated: Any) -> Any:
    """One value may stand for a list of one."""
    return [stated] if isinstance(stated, str) else stated


Texts = Annotated[tuple[str, ...], BeforeValidator(_several)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", coerce_numbers_to_str=True)


PartT = TypeVar("PartT", bound=_Part)


def _raise(part: PartT, faults: list[str]) -> PartT:
    if faults:
        raise ValueError("; ".join(faults))
    return part


class ExpectedCall(_Part):
    name: str
    args: dict[str, Any] = {}

    @model_validator(mode="after")
    def _fits_the_tool(self) -> "ExpectedCall":
        return _raise(self, faults_of_arguments(self.name, self.args))


class Expectation(_Part):
    outcome: Annotated[tuple[Outcome, ...], BeforeValidator(_several)] | None = None
    tools: tuple[ExpectedCall, ...] | None = None
    match: Match = "superset"
    forbid: Texts = ()
    contains: Texts = ()
    not_contains: Texts = ()
    cites: bool | None = None
    grounded: bool = True

    @model_validator(mode="after")
    def _forbids_known_tools(self) -> "Expectation":
        return _raise(self, [fault for name in self.forbid for fault in faults_of_arguments(name, {})])


class Edit(_Part):
    """Approval with other arguments for the tools named; what is not named is approved as it stands."""

    edit: dict[str, dict[str, Any]] = Field(min_length=1)

    @model_validator(mode="after")
    def _edits_known_arguments(self) -> "Edit":
        return _raise(self, [fault for name, args in self.edit.items() for fault in faults_of_arguments(name, args)])


def _approval(stated: Any) -> Any:
    return Edit.model_validate(stated) if isinstance(stated, dict) else stated


class ScriptedTurn(_Part):
    """Either something said (`user`, with an `image` or without) or the answer to a card (`approve`)."""

    user: str | None = None
    image: str | None = None
    approve: Annotated[bool | Edit | None, BeforeValidator(_approval)] = None
    expect: Expectation = Expectation()

    @property
    def said(self) -> str:
        """The message, or the answer to the card in words."""
        if self.user is not None:
            return self.user
        if isinstance(self.approve, Edit):
            return f"approve, edited: {self.approve.edit}"
        return "approve" if self.approve else "reject"

    @model_validator(mode="after")
    def _is_one_thing(self) -> "ScriptedTurn":
        if (self.user is None) == (self.approve is None):
            raise ValueError("a turn is either `user` (what is said) or `approve` (the answer to a card)")
        if self.image is not None and self.user is None:
            raise ValueError("`image` goes with `user`")
        return self


class EndState(_Part):
    """What must be under HOME when the conversation is over; what each key leaves out is free.

    `changed`: these subjects and no others (registry:MACHINE/TASK, telemetry:MACHINE…; * stands for any part).
    `in_service`: MACHINE/TASK → version. `files`: patterns below HOME. `audit`: every line: "approved promote_model"…
    """

    changed: Texts | None = None
    in_service: dict[str, int] = {}
    files: Texts = ()
    audit: Texts | None = None

    @model_validator(mode="after")
    def _names_what_there_is(self) -> "EndState":
        kinds = [form.split(":")[0] for form in SUBJECTS.values()]
        unknown = [each for each in self.changed or () if each.split(":")[0] not in kinds]
        faults = [
            f"changed: no subject is called {each!r}; there are {', '.join(SUBJECTS.values())}" for each in unknown
        ]
        formless = [each for each in self.in_service if each.count("/") != 1]
        return _raise(self, faults + [f"in_service: {each!r} is not of the form MACHINE/TASK" for each in formless])


class Scenario(_Part):
    id: str = Field(min_length=1)
    tags: Texts = ()
    plant: Literal["demo", "empty"] = "demo"
    faults: tuple[ToolFault, ...] = ()
    turns: tuple[ScriptedTurn, ...] = Field(min_length=1)
    end_state: EndState | None = None


def read_scenarios(paths: Iterable[Path]) -> list[Scenario]:
    """All scenarios of the files (a folder stands for its *.yaml), in their order.

    Images and files named in what is said lie relative to the scenario file. Raises InvalidScenario with every fault.
    """
    scenarios: list[Scenario] = []
    faults: list[str] = []
    origin: dict[str, Path] = {}
    for path in _files(paths):
        for number, stated in enumerate(_list_in(path), start=1):
            read = _read(path, number, stated)
            if isinstance(read, list):
                faults += read
            elif read.id in origin:
                faults.append(f"{path}: scenario {read.id!r}: id: also used in {origin[read.id]}; ids must be unique")
            else:
                origin[read.id] = path
                scenarios.append(read)
    if faults:
        raise InvalidScenario("\n".join(faults))
    return scenarios


def selected(scenarios: Iterable[Scenario], tags: Sequence[str], only: Sequence[str]) -> list[Scenario]:
    """Those that have one of `tags` and whose id fits one of the patterns `only`; none of either leaves all in.

    Raises InvalidScenario where none is left, and names the tags there are.
    """
    every = list(scenarios)
    left = [
        each
        for each in every
        if (not tags or set(tags) & set(each.tags)) and (not only or any(fnmatchcase(each.id, p) for p in only))
    ]
    if not left:
        known = ", ".join(sorted({tag for each in every for tag in each.tags}))
        raise InvalidScenario(f"No scenario has such a tag or id. Tags there are: {known or 'none'}.")
    return left


def _files(paths: Iterable[Path]) -> list[Path]:
    files: list[Path] = []
    for path in paths:
        found = sorted(path.glob("*.yaml")) if path.is_dir() else [path] if path.is_file() else []
        if not found:
            raise InvalidScenario(f"{path}: no scenario file there. Shipped suites: {', '.join(shipped_suites())}.")
        files += [each for each in found if each not in files]
    return files


def shipped_suites() -> list[str]:
    return [_shown(path) for path in sorted(SHIPPED.glob("*.yaml"))]


def _shown(path: Path) -> str:
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def _list_in(path: Path) -> list[Any]:
    try:
        stated = read_yaml(path)
    except ValueError as error:
        raise InvalidScenario(f"{path}: {error}") from error
    if not isinstance(stated, list) or not stated:
        raise InvalidScenario(f"{path}: a scenario file is a list of scenarios, this one holds {_kind(stated)}.")
    return stated


def _kind(stated: Any) -> str:
    if isinstance(stated, dict):
        return "a mapping"
    return "an empty list" if isinstance(stated, list) else "nothing" if stated is None else type(stated).__name__


def _read(path: Path, number: int, stated: Any) -> Scenario | list[str]:
    named = stated.get("id") if isinstance(stated, dict) else None
    where = f"{path}: scenario {named!r}" if named is not None else f"{path}: scenario number {number}"
    try:
        scenario = Scenario.model_validate(stated)
    except ValidationError as error:
        # a list that lost its faulty items is not "too short" as well
        faults = [f for f in error.errors() if not (f["type"] == "too_short" and f["input"])]
        return [f"{where}: {_say(f)} (line {line_of(path, (number - 1, *f['loc']))})" for f in faults]
    missing = [
        f"{where}: turns.{n}.image: no file {turn.image!r} beside the scenario file"
        for n, turn in enumerate(scenario.turns)
        if turn.image is not None and not (path.parent / turn.image).is_file()
    ]
    return missing or _anchored(scenario, path.parent.resolve())


def _anchored(scenario: Scenario, folder: Path) -> Scenario:
    """With the image, and each file said that lies beside the scenario file, named by its whole path."""

    def whole(found: re.Match[str]) -> str:
        beside = folder / found[0]
        return str(beside) if beside.is_file() else found[0]

    turns = [
        turn.model_copy(
            update={
                "image": str(folder / turn.image) if turn.image else None,
                "user": ATTACHED.sub(whole, turn.user) if turn.user else turn.user,
            }
        )
        for turn in scenario.turns
    ]
    return scenario.model_copy(update={"turns": tuple(turns)})


def _say(fault: Mapping[str, Any]) -> str:
    key = ".".join(str(part) for part in fault["loc"] if part not in ("bool", "Edit")) or "scenario"
    if fault["type"] == "extra_forbidden":
        return f"{key}: unknown key{_near(str(fault['loc'][-1]))}"
    if fault["type"] == "missing":
        return f"{key}: missing; it is required"
    if fault["type"] == "value_error":
        return f"{key}: {fault['ctx']['error']}"
    hint = "; put the text in quotes" if fault["type"] == "string_type" else ""
    return f"{key}: {fault['msg']}, got {fault['input']!r:.60}{hint}"


def _near(key: str) -> str:
    parts = (Scenario, ScriptedTurn, Expectation, ExpectedCall, Edit, EndState, ToolFault)
    near = difflib.get_close_matches(key, [name for part in parts for name in part.model_fields], n=1)
    return f"; did you mean `{near[0]}`?" if near else "; remove it or correct its spelling"
