"""Two people with accounts side by side: who is signed in is shown, each has their own, and signing out ends it."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from agent.accounts import Accounts
from models.demo_plant import copy_plant
from models.storage import Storage
from tests.ui.browser.conftest import ask, served, shoot

PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def guarded(home, tmp_path_factory):
    """The address of a server of its own, with a technician, an engineer and a second technician."""
    place = tmp_path_factory.mktemp("guarded") / "home"
    copy_plant(home, place)
    for name, role in {"tom": "technician", "tina": "technician", "eve": "engineer"}.items():
        Accounts(Storage(place)).add(name, role, PASSWORD)
    with served(Path(place)) as address:
        yield address


@pytest.fixture
def person(browser, guarded):
    """A page for whoever is named, in a browser of their own, signed in."""
    contexts = []

    def signed_in(name: str, wide: int = 1440, high: int = 900, dark: bool = False):
        context = browser.new_context(
            viewport={"width": wide, "height": high}, color_scheme="dark" if dark else "light"
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.goto(guarded)
        sign_in(page, name)
        return page

    yield signed_in
    for context in contexts:
        context.close()


def test_two_people_side_by_side_see_their_own_and_answer_their_own(person):
    tom, tina = person("tom"), person("tina", wide=390, high=844, dark=True)
    ask(tom, "Log that I greased the bearings of pump 4 today")
    tom.locator(".card").wait_for()
    ask(tina, "How is compressor 7 doing?")
    assert tina.locator(".thread").count() == 1
    assert "greased" not in tina.locator("#log").inner_text() + tina.locator("#thread-list").inner_text()
    toms = tom.locator(".thread[data-current]").get_attribute("data-thread")
    tina.goto(tina.url.split("#")[0] + f"#chat/{toms}")  # its name is known: it stays closed all the same
    tina.get_by_text("is not tina's").wait_for()
    assert tina.locator(".card").count() == 0
    start = tina.url.split("#")[0]
    [card] = tom.request.get(f"{start}api/v1/approvals").json()
    decided = {"decisions": [{"call_id": card["changes"][0]["call_id"], "verdict": "approve"}]}
    assert tina.request.post(f"{start}api/v1/approvals/{toms}", data=decided).status == 404
    tom.reload()
    tom.locator(".card").wait_for()
    assert "Nothing has been done yet." in tom.locator(".card").inner_text()


@pytest.mark.parametrize(("wide", "dark"), [(1440, False), (390, True)], ids=["desktop, light", "telephone, dark"])
def test_who_is_signed_in_is_shown_and_can_sign_out(person, wide, dark):
    page = person("tom", wide=wide, dark=dark)
    page.locator(".who").wait_for()
    if wide < 1180:
        page.get_by_role("button", name="Who is signed in").click()
    assert "tom" in page.locator("#who").inner_text()
    assert "technician" in page.locator("#who").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    shoot(page, f"who-{wide}{'-dark' if dark else ''}")
    page.get_by_role("button", name="Sign out").click()
    page.get_by_label("Password").wait_for()
    shoot(page, f"sign-in-{wide}{'-dark' if dark else ''}")
    assert not [each["id"] for each in Axe().run(page).response["violations"]]
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == ("rgb(15, 21, 19)" if dark else "rgb(246, 247, 245)")
    sign_in(page, "tina")  # who comes next in this browser begins anew
    page.locator(".welcome").wait_for()


def sign_in(page, name: str) -> None:
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_selector("#message", state="attached")
