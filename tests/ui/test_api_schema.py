"""What the OpenAPI document says of the interface holds for whatever Schemathesis makes up from it."""

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck

from agent.service import Copilot
from settings import Settings
from tools.plant import open_plant
from ui._web import web_app

HERE = {"host": "127.0.0.1"}
A_PICTURE_IS_WANTED = "/diagnose"  # its schema can ask for a file, but not for one that is a picture
BOUNDED = hypothesis.settings(
    max_examples=5, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory):
    settings = Settings(home=tmp_path_factory.mktemp("home"), user="anna")
    plant = open_plant(settings)
    talk = Copilot(plant, settings)
    yield schemathesis.openapi.from_asgi("/api/v1/openapi.json", web_app(talk, plant), headers=HERE)
    talk.close()


def test_every_endpoint_keeps_to_its_schema_whatever_it_is_sent(schema):
    asked = set()
    for found in schema.get_all_operations():
        operation = found.ok()
        asked.add(operation.path)
        _holds(operation)
    assert len(asked) > 15, "the whole interface was asked"


def _holds(operation) -> None:
    from schemathesis.specs.openapi.checks import positive_data_acceptance

    excluded = [positive_data_acceptance] if operation.path.endswith(A_PICTURE_IS_WANTED) else []

    @BOUNDED
    @hypothesis.given(case=operation.as_strategy())
    def holds(case):
        case.call_and_validate(headers=HERE, timeout=60, excluded_checks=excluded)

    holds()
