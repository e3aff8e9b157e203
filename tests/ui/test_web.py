"""The web application gives out what the page needs, and no other file."""

import pytest
from gradio import processing_utils
from gradio.context import LocalContext
from gradio.exceptions import InvalidPathError
from starlette.testclient import TestClient

from agent.service import Copilot
from settings import Settings
from tests.agent.scripted import plant_at, script
from ui._web import web_app


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    home = tmp_path_factory.mktemp("site")
    plant = plant_at(home)
    (home / "reports" / "P").mkdir(parents=True)
    (home / "reports" / "P" / "r.html").write_text("<script>x()</script>")
    (home / "uploads").mkdir()
    (home / "uploads" / "a.csv").write_text("1,2")
    (home / "truth").mkdir()
    (home / "truth" / "truth.json").write_text("{}")
    with TestClient(
        web_app(Copilot(plant, Settings(home=home), script()), plant), base_url="http://127.0.0.1"
    ) as client:
        yield client, home


@pytest.mark.parametrize(
    "path",
    ["truth/truth.json", "conversations.sqlite", "reports/../truth/truth.json", "reports/%2e%2e/truth/truth.json",
     "%2e%2e/%2e%2e/etc/passwd", "/etc/passwd", "reports", "uploads/missing.png"],
)  # fmt: skip
def test_no_file_but_what_tools_have_made_for_reading(site, path):
    assert site[0].get(f"/files/{path}").status_code == 404


def test_gradios_own_file_route_is_closed(site):
    client, home = site
    for path in ("/etc/passwd", f"{home}/truth/truth.json"):
        for route in ("/gradio_api/file=", "/file="):
            assert client.get(f"{route}{path}").status_code in (403, 404), f"{route}{path}"


def test_gradio_copies_no_local_file_that_a_request_names(site):
    [mounted] = [route.app for route in site[0].app.routes if hasattr(getattr(route, "app", None), "get_blocks")]
    LocalContext.blocks.set(mounted.get_blocks())
    with pytest.raises(InvalidPathError):
        processing_utils._check_allowed("/etc/passwd", check_in_upload_folder=True)


def test_a_report_is_shown_without_its_scripts_and_data_is_never_shown_inside_the_page(site):
    client, _ = site
    report = client.get("/files/reports/P/r.html")
    assert report.headers["content-security-policy"].startswith("sandbox")
    assert "script-src" not in report.headers["content-security-policy"]
    assert client.get("/files/uploads/a.csv").headers["content-disposition"].startswith("attachment")


def test_the_page_may_ask_no_other_host(site):
    client, _ = site
    policy = client.get("/").headers["content-security-policy"]
    assert "img-src 'self' data: blob:" in policy
    assert "connect-src 'self'" in policy
    assert "http" not in policy


@pytest.mark.parametrize("name", ["page.js", "page.css", "icon.svg", "plotly.min.js"])
def test_what_the_page_is_made_of_is_there(site, name):
    assert site[0].get(f"/static/{name}").status_code == 200


def test_a_figure_of_no_conversation_is_said_to_be_missing(site):
    missing = site[0].get("/figures/t/0/0/life")
    assert missing.status_code == 404
    assert "No figure" in missing.json()["detail"]
