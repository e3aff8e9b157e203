"""A technician's session at the machine: ask, see where a figure comes from, send a picture, ask why, take a report."""

from PIL import Image

from agent.database import open_database
from agent.threads import Threads
from models.storage import Storage
from tests.ui.browser.conftest import ask, shoot


def test_a_technicians_session(visit, home, tmp_path):
    page = visit()
    page.click("text=Will the Grundfos make it through the weekend?")
    first = page.locator(".answer:not(.live)").first
    first.wait_for()
    assert "7.13 mm/s" in first.inner_text()

    first.locator(".fig", has_text="126 h").first.click()
    receipt = page.locator("#aside")
    assert "Judged the health of Grundfos CR 3-10" in receipt.inner_text()
    assert "failure v1" in receipt.inner_text()
    page.keyboard.press("Escape")

    page.locator(".step summary").first.click()
    assert "Asked with" in page.locator(".step .inside").first.inner_text()
    page.locator(".canvas .main-svg").first.wait_for()
    page.locator(".step summary").first.click()
    page.locator("#log").evaluate("log => log.scrollTop = 0")
    shoot(page, "chat")

    why = ask(page, "why?")
    why.locator(".cite").first.click()
    assert "service sheet" in receipt.inner_text()
    page.keyboard.press("Escape")

    picture = tmp_path / "seal.png"
    Image.linear_gradient("L").resize((320, 240)).save(picture)
    page.set_input_files("#file", picture)
    page.wait_for_function("document.querySelector('#attached span').textContent === 'seal.png'")
    seen = ask(page, "What does this picture of pump 4 show?")
    assert seen.inner_text()
    thumb = page.locator(".thumb img").last
    assert "seal" not in thumb.get_attribute("src")
    assert thumb.evaluate("image => image.decode().then(() => image.naturalWidth)") == 320

    report = ask(page, "Write a report of pump 4")
    link = report.locator("a.file", has_text="PDF").get_attribute("href")
    got = page.request.get(page.url.split("#")[0].rstrip("/") + link)
    assert got.headers["content-type"] == "application/pdf"

    report.get_by_label("A poor answer").click()
    report.locator("textarea").fill("Name the seal's part number.")
    report.get_by_role("button", name="Send").click()
    page.get_by_text("Thank you, noted").wait_for()
    [rating] = Threads(open_database(Storage(home).conversations, None)).ratings()
    assert (rating.up, rating.comment) == (False, "Name the seal's part number.")


def test_conversations_are_found_renamed_and_deleted(visit):
    page = visit()
    ask(page, "Which machines are pumps?")
    page.locator(".thread[data-current] [data-act='rename-thread']").click()
    page.fill("#rename input", "The pumps")
    page.keyboard.press("Enter")
    page.locator(".thread", has_text="The pumps").wait_for()

    page.fill("#thread-search", "the pumps")
    assert page.locator(".thread:visible").count() == 1
    page.fill("#thread-search", "")

    page.locator(".thread[data-current] [data-act='remove-thread']").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    page.locator(".thread", has_text="The pumps").wait_for(state="detached")
    page.locator(".welcome").wait_for()
