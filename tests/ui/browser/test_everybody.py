"""Every page at every width, light and dark, by eye, keyboard and screen reader; and two people at once."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.ui.browser.conftest import ask, shoot

PUMP = "PUMP_GRUNDFOS_CR3_004"
PAGES = {
    "": ".welcome", "#fleet": "table.fleet", f"#fleet/{PUMP}": ".tiles", "#models": "table.matrix",
    f"#models/{PUMP}": ".version", "#knowledge": ".columns", "#jobs": "#panel-jobs h2", "#audit": ".verdict",
}  # fmt: skip


@pytest.mark.parametrize(
    ("wide", "high", "dark"), [(1440, 900, False), (820, 1180, True), (390, 844, False)],
    ids=["desktop, light", "tablet, dark", "telephone, light"],
)  # fmt: skip
def test_nothing_is_cut_off_and_nobody_is_shut_out(visit, wide, high, dark):
    page, found = visit(wide=wide, high=high, dark=dark), []
    start = page.url.split("#")[0]
    for path, shown in PAGES.items():
        page.goto(start + (path or "#chat"))
        page.locator(shown).first.wait_for()
        if path == f"#fleet/{PUMP}":
            page.locator("#panel-fleet .main-svg").nth(2).wait_for()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{path} is wider than the page"
        shoot(page, f"{(path or '#chat')[1:].replace('/', '-')}-{wide}{'-dark' if dark else ''}")
        found += _serious(page, path)
    assert not found


def test_an_answer_with_its_plots_and_a_card_shuts_nobody_out(visit):
    page = visit(wide=820, high=1180)
    ask(page, "How is pump 4 doing?")
    page.locator(".canvas .main-svg").first.wait_for()
    ask(page, "Retrain the failure model of pump 4 and export the Haas for the Jetson Orin")
    page.locator(".edit summary").first.click()
    page.get_by_role("button", name="Approve all").wait_for()
    shoot(page, "card-820")
    assert not _serious(page, "a conversation")
    page.get_by_role("button", name="Reject all").click()
    page.locator(".card").wait_for(state="detached")


def test_the_keyboard_is_enough(visit):
    page = visit()
    page.locator(".welcome").wait_for()
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("/")
    page.keyboard.type("How is pump 4 doing?")
    page.keyboard.press("Enter")
    page.locator(".answer:not(.live)").wait_for()
    page.locator(".answer .fig").first.focus()
    page.keyboard.press("Enter")
    assert page.locator("#aside").evaluate("dialog => dialog.open")
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.classList.contains('fig')")

    page.locator("#tab-chat").focus()
    page.keyboard.press("ArrowRight")
    page.locator("table.fleet").wait_for()
    assert page.evaluate("document.activeElement.id") == "tab-fleet"
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("/")
    page.keyboard.press("ArrowUp")
    assert page.input_value("#message") == "How is pump 4 doing?"


def test_a_machine_is_found_opened_and_asked_about(visit):
    page = visit("#fleet")
    page.locator("table.fleet").wait_for()
    states = page.locator("tr[data-state]").evaluate_all("rows => rows.map(row => row.dataset.state)")
    assert states.count("unknown") == 17  # nothing was recorded of them: not known, never sound
    assert states[0] == "alarm"
    page.fill("#fleet-text", "grundfos")
    assert page.locator("tr[data-row]:visible").count() == 1
    page.locator("a:visible", has_text="Grundfos CR 3-10").click()
    page.locator(".tiles").wait_for()
    page.select_option("#m-window", "7")
    page.get_by_role("button", name="Ask about this machine").click()
    assert page.input_value("#message") == "How is pump 4 doing?"


def test_the_knowledge_base_is_searched_and_added_to(visit, tmp_path):
    page = visit("#knowledge")
    document = tmp_path / "Coolant rules.md"
    document.write_text("# Coolant\nThe Zwickau plant flushes the coolant loop with reagent ZK-417 every ninth week.\n")
    page.locator(".columns").wait_for()
    page.set_input_files("#panel-knowledge input[type='file']", document)
    page.locator(".plainlist", has_text="Coolant rules").wait_for()
    page.fill("#k-question", "reagent ZK-417")
    page.keyboard.press("Enter")
    page.locator(".passage", has_text="ninth week").first.wait_for()
    page.get_by_label("Forget Coolant rules").click()
    page.get_by_text("Coolant rules is forgotten").wait_for()


def test_two_people_at_once_each_see_their_own(visit):
    anna, ben = visit(), visit(wide=820, high=1180)
    for page, text in ((anna, "How is pump 4 doing?"), (ben, "How is compressor 7 doing?")):
        page.fill("#message", text)
        page.press("#message", "Enter")
    for page in (anna, ben):
        page.locator(".answer:not(.live)").wait_for()
    assert "Grundfos" in anna.locator("#log").inner_text()
    assert "Atlas Copco" not in anna.locator("#log").inner_text()
    assert "Atlas Copco" in ben.locator("#log").inner_text()
    assert "Grundfos" not in ben.locator("#log").inner_text()


def _serious(page, where: str) -> list[str]:
    """What axe calls serious or critical."""
    found = Axe().run(page).response["violations"]
    return [
        f"{where}: {each['id']}: {each['nodes'][0]['html'][:160]}" for each in found
        if each["impact"] in ("serious", "critical")
    ]  # fmt: skip
