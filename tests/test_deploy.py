"""The files that deploy Millwright say what its code says."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

DEPLOY, WORKFLOWS = Path("deploy"), sorted(Path(".github/workflows").glob("*.yml"))


def _check(schema: str, *files: Path) -> None:
    command = [Path(sys.executable).parent / "check-jsonschema", "--builtin-schema", schema, *files]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_workflows_are_valid_and_call_commands_there_are():
    _check("vendor.github-workflows", *WORKFLOWS)
    help_text = subprocess.run([sys.executable, "-m", "ui.cli", "--help"], capture_output=True, text=True, check=True)
    for path in WORKFLOWS:
        for command in re.findall(r"bin/millwright ([a-z]+)", path.read_text()):
            assert re.search(rf"^\W+{command}\b", help_text.stdout, re.MULTILINE), f"{path.name}: millwright {command}"


def test_the_compose_file_is_valid_and_mounts_files_there_are():
    _check("vendor.compose-spec", DEPLOY / "compose.yml")
    for service in yaml.safe_load((DEPLOY / "compose.yml").read_text())["services"].values():
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            assert not source.startswith(".") or (DEPLOY / source).is_file(), source


def test_the_image_copies_what_there_is():
    for line in (DEPLOY / "Dockerfile").read_text().splitlines():
        if line.startswith("COPY "):
            for source in line.split()[1:-1]:
                assert Path(source).exists(), source


@pytest.mark.parametrize(
    "package", ["lightgbm", "sklearn", "torch", "pandas", "duckdb", "mlflow", "gradio", "langchain"]
)
def test_the_slim_server_imports_no_training_library(package: str):
    """The same list as serving.lock's: what is not in it must not be needed."""
    code = f"import sys; sys.modules[{package!r}] = None\nsys.path.insert(0, 'deploy')\nimport serve_models"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert not re.search(rf"^{package}==", (DEPLOY / "serving.lock").read_text(), re.MULTILINE)
