"""`millwright import`: exit codes, and one JSON document or a readable summary."""

import json
import sys
from pathlib import Path

import pytest

from ui.cli import main

PUMP = "PUMP_GRUNDFOS_CR3_004"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "readings.csv"
    path.write_text("at,bearing_temperature [degF],colour\n2026-05-01T00:00Z,140,red\n2026-05-01T01:00Z,warm,red\n")
    return path


@pytest.fixture
def millwright(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Run the command in this process: exit code, standard output, standard error."""
    monkeypatch.setenv("MILLWRIGHT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "120")

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["millwright", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return run


def test_a_dry_run_shows_and_stores_nothing_then_the_import_stores(tmp_path: Path, file: Path, millwright):
    code, shown, _ = millwright("import", PUMP, str(file), "--dry-run")
    assert code == 0
    for said in ("1 of 2 rows would be stored", "degF → degC", "colour", "not a number"):
        assert said in shown
    assert list((tmp_path / "home").rglob("*.parquet")) == []

    code, document, _ = millwright("import", PUMP, str(file), "--json")
    assert code == 0
    result = json.loads(document)
    assert (result["rows_stored"], result["rows_rejected"], result["dataset"]) == (1, 1, "history@1")
    assert (tmp_path / "home" / result["rejected_file"]).exists()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("PUMP_4", "FILE"), 1, PUMP),
        ((PUMP, "nowhere.csv"), 1, "no file nowhere.csv"),
        ((PUMP,), 2, "file"),
        ((PUMP, "FILE", "--map", "nowhere.yaml"), 1, "no column map nowhere.yaml"),
        ((PUMP, "FILE", "--colour"), 2, "--colour"),
    ],
    ids=["unknown machine", "missing file", "no file named", "missing map", "unknown option"],
)
def test_what_is_wrong_is_said_on_standard_error(
    millwright, file: Path, arguments: tuple[str, ...], code: int, message: str
):
    exit_code, shown, said = millwright("import", *(str(file) if word == "FILE" else word for word in arguments))
    assert (exit_code, shown) == (code, "")
    assert message in said
    assert "Traceback" not in said
