"""What holds for the whole: the agent starts without the heavy libraries, and our package names are ours."""

import importlib.metadata
import subprocess
import sys

import pytest

ROOMS = {"agent", "tools", "knowledge_base", "machine_profiles", "models", "ui", "evals"}
HEAVY = ("torch", "sklearn", "lightgbm", "autogluon", "sdv", "mlflow", "evidently", "gradio", "matplotlib", "chromadb")


@pytest.mark.parametrize("module", ["ui.cli", "agent.service", "agent.brains.offline", "tools.registry"])
def test_starting_the_agent_loads_no_heavy_library(module: str):
    code = f"import sys, {module}\nprint([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"


def test_naming_all_tools_loads_no_heavy_library():
    code = f"""import sys
from tools.registry import all_tools
assert len(all_tools()) >= 12
print([name for name in {HEAVY} if name in sys.modules])"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"


def test_no_installed_distribution_claims_our_package_names():
    claimed = importlib.metadata.packages_distributions()
    assert {name: claimed[name] for name in ROOMS if claimed.get(name, ["millwright"]) != ["millwright"]} == {}
