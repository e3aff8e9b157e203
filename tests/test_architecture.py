"""What holds for the whole: the agent starts without the heavy libraries, and our package names are ours."""

import importlib.metadata
import subprocess
import sys
from pathlib import Path

import pytest

ROOMS = {"agent", "tools", "knowledge_base", "machine_profiles", "models", "ui", "evals"}
HEAVY = ("torch", "sklearn", "lightgbm", "autogluon", "sdv", "mlflow", "evidently", "gradio", "matplotlib", "chromadb")

# what a conversation may come to need, and a start does not: a quarter of what it took
LATER = ("pint", "PIL", "httpx", "rich", "websockets", "langgraph_sdk.client", "langsmith.types.run", "dateparser",
         "prompt_toolkit", "openai", "IPython", "plotly", "jinja2",
         "langchain.agents.middleware.shell_tool")  # fmt: skip


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


def test_a_copilot_is_ready_without_what_only_some_turns_need(tmp_path: Path):
    code = f"""import sys
from pathlib import Path
from agent.service import Copilot
from settings import Settings
from tools.plant import open_plant
settings = Settings(home=Path({str(tmp_path)!r}), model="offline")
copilot = Copilot(open_plant(settings), settings)
copilot.close()
print([name for name in {HEAVY + LATER} if name in sys.modules])"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"


def test_a_package_left_for_later_is_whole_when_asked():
    code = """import sys, agent
from langgraph_sdk.auth import types
import langgraph_sdk
assert "langgraph_sdk.client" not in sys.modules
assert callable(langgraph_sdk.get_client) and "langgraph_sdk.client" in sys.modules
from langchain.agents.middleware import AgentMiddleware, TodoListMiddleware
from langchain.agents.middleware.types import AgentMiddleware as same
assert AgentMiddleware is same and issubclass(TodoListMiddleware, same)
assert not hasattr(langgraph_sdk, "no_such_name") and type(langgraph_sdk).__name__ == "module" """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_no_installed_distribution_claims_our_package_names():
    claimed = importlib.metadata.packages_distributions()
    assert {name: claimed[name] for name in ROOMS if claimed.get(name, ["millwright"]) != ["millwright"]} == {}
