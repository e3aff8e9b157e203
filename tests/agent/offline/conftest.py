from datetime import UTC, datetime

import pytest

from agent.brains.offline.reading import Reader
from agent.brains.offline.referring import Context
from knowledge_base.embedding import MiniLM
from machine_profiles.reading import SHIPPED, Catalog, load_catalog

NOW = datetime(2026, 6, 1, tzinfo=UTC)  # a Monday


@pytest.fixture(scope="session")
def language() -> MiniLM:
    return MiniLM()


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return load_catalog(SHIPPED)


@pytest.fixture(scope="session")
def reader(catalog: Catalog, language: MiniLM) -> Reader:
    return Reader(catalog, language)


@pytest.fixture
def context() -> Context:
    return Context(now=NOW)
