"""An engineer's session: retrain, edit the card, watch over a reload, promote, roll back, export; all of it audited."""

from tests.ui.browser.conftest import answered, ask, shoot


def test_an_engineers_session(visit):
    page = visit()
    ask(page, "Retrain the anomaly model of pump 4")
    card = page.locator(".card")
    assert "Nothing has been done yet." in card.inner_text()
    page.locator(".edit summary").click()
    page.get_by_label("Time limit (seconds)").fill("5")
    page.get_by_role("button", name="Approve").click()
    assert "10" in page.locator(".wrong:visible").inner_text()
    page.get_by_label("Time limit (seconds)").fill("12")
    shoot(page, "approval")

    page.reload()
    page.locator(".card").wait_for()  # what waits is still there
    page.locator(".edit summary").click()
    page.get_by_label("Time limit (seconds)").fill("12")
    page.get_by_role("button", name="Approve").click()

    page.locator(".job .bar").wait_for()
    before = page.locator(".answer:not(.live)").count()
    page.reload()
    page.locator(".job .bar").wait_for()  # so is what runs
    page.set_default_timeout(240_000)
    answered(page, before)
    assert "version 2" in page.locator(".answer").last.inner_text()
    assert page.locator("#log .job").count() == 0

    page.click("#tab-jobs")
    page.locator("#panel-jobs .job", has_text="Training of Grundfos").locator("summary").click()
    assert "12" in page.locator("#panel-jobs .job details").inner_text()

    page.goto(page.url.split("#")[0] + "#models/PUMP_GRUNDFOS_CR3_004")
    page.locator(".version", has_text="Challenger").wait_for()
    shoot(page, "versions")
    _press_and_approve(page, "Put into service")
    assert "version 2" in page.locator(".answer").last.inner_text()

    page.click("#tab-models")
    page.locator("#panel-models a", has_text="Grundfos CR 3-10").click()
    page.get_by_role("button", name="Bring the previous one back").wait_for()
    _press_and_approve(page, "Bring the previous one back")
    assert "version 1" in page.locator(".answer").last.inner_text()

    ask(page, "Export pump 4 for the Jetson Orin in fp32")
    before = page.locator(".answer:not(.live)").count()
    page.get_by_role("button", name="Approve", exact=True).click()
    answered(page, before + 1)  # it has started, and then it has ended
    page.click("#tab-models")
    page.locator("#panel-models a", has_text="Grundfos CR 3-10").click()
    page.locator(".plainlist", has_text="jetson_orin").wait_for()

    page.click("#tab-audit")
    page.get_by_text("Chain verified").wait_for()
    said = page.locator(".audit").inner_text()
    for event in ("Approved with changes", "Done", "Put a new anomaly model", "Bring back the previous anomaly model"):
        assert event in said


def test_a_change_that_is_rejected_is_not_done(visit):
    page = visit()
    ask(page, "Export pump 4 for the Jetson Orin")
    page.get_by_role("button", name="Reject").click()
    assert "Nothing was changed" in answered(page, 1).inner_text()
    assert page.locator(".card").count() == 0


def _press_and_approve(page, name: str) -> None:
    """What is pressed stands in the chat as a card, which is then approved."""
    page.get_by_role("button", name=name).click()
    page.locator(".card").wait_for()
    before = page.locator(".answer:not(.live)").count()
    page.get_by_role("button", name="Approve", exact=True).click()
    answered(page, before)
    page.locator(".card").wait_for(state="detached")
