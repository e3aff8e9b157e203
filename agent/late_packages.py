"""Packages of LangChain's that are read when first asked for something: a start needs single modules inside them."""

import sys
import threading
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

# the clients of LangGraph's server, all types of LangSmith's, and middleware that is not ours
LATE = frozenset({"langgraph_sdk", "langsmith.types", "langchain.agents.middleware"})
_one_at_a_time = threading.RLock()


def read_when_asked() -> None:
    """From here on, to import a package in LATE, or a module inside one, leaves its `__init__` to the first use of it.

    A third of what `import langchain.agents` takes goes into them. Whoever uses such a package finds it as ever.
    """
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


class _Finder(MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(fullname, path, target) if fullname in LATE else None
        if spec is not None and spec.loader is not None:
            spec.loader = _Later(spec.loader)
        return spec


class _Later(Loader):
    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _Unread(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        assert module.__spec__ is not None
        module.__loader__ = module.__spec__.loader = self._loader  # what `_Unread` reads it by


class _Unread(ModuleType):
    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        with _one_at_a_time:
            if type(self) is _Unread:
                _read(self)
        return getattr(self, name)


class _BeingRead(ModuleType):
    """Its names are not all there yet: other threads wait for them."""

    def __getattr__(self, name: str) -> object:
        with _one_at_a_time:
            return super().__getattribute__(name)


def _read(module: ModuleType) -> None:
    assert isinstance(module.__loader__, Loader)
    module.__class__ = _BeingRead
    module.__loader__.exec_module(module)
    module.__class__ = ModuleType
