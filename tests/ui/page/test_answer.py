"""An answer on the page: figures open their receipt, marks their passage, and nothing that was said becomes markup."""

import pytest

from agent.turns import ToolCall, Turn
from ui.page.answer import answer_html, passages_of, spoken


def turn(answer: str, result: dict | None = None, kind: str = "HealthPrediction") -> Turn:
    call = ToolCall(
        call_id="c1", name="predict_health", args={}, effect="read", status="done", kind=kind,
        result=result or {"rul": {"value": 126.3, "unit": "h"}}, receipt="r3",
    )  # fmt: skip
    return Turn(
        thread="t", outcome="answer", answer=answer, calls=(call,), card=None, receipts=(), model="m", latency_s=0.1
    )


def test_a_figure_opens_the_receipt_of_the_result_it_comes_from():
    html = answer_html(turn("Its RUL is about 126 h."), ())
    assert '<button type="button" class="fig" data-receipt="r3">126 h</button>' in html


@pytest.mark.parametrize("text", ["It fails in 99 h.", "CR 3-10 is sound."], ids=["not in a result", "a name"])
def test_what_no_result_bears_out_has_no_receipt(text):
    assert "data-receipt" not in answer_html(turn(text), ("CR 3-10",))


def test_markup_and_pictures_in_an_answer_stay_text():
    html = answer_html(turn("<script>x()</script> ![a](http://elsewhere/p.png) [b](javascript:x())"), ())
    assert "<script" not in html
    assert "<img" not in html
    assert "href" not in html


def test_a_mark_opens_the_passage_that_the_answer_gives_it():
    cited = [{"reference": "Sheet, Seal", "passage": "s#1", "source": "EN 809", "text": "Close both valves."}]
    said = turn("Worn seal [a]. Sources: [a] Sheet, Seal (EN 809).", {"citations": cited}, "Explanation")
    assert [(each.mark, each.text) for each in passages_of(said)] == [("a", "Close both valves.")]
    html = answer_html(said, ())
    assert html.count('data-cite="a"') == 2
    assert answer_html(turn("Bolt [c]."), ()).count("data-cite") == 0


def test_a_list_stands_apart_from_what_follows_it():
    html = answer_html(turn("It is sound.\n- one\n- two\nThis rests on v1."), ())
    assert "<li>two</li>\n</ul>\n<p>This rests" in html


def test_paths_of_files_are_not_read_out():
    assert spoken(turn("Vibration. Plot: plots/a-1.png.")) == "Vibration."


def test_a_picture_is_not_called_by_the_name_it_is_kept_under():
    said = turn("3f2a.jpg shows wear.\n- The hot spots are drawn in plots/h.png\nSee 3f2a.jpg.")
    assert spoken(said.model_copy(update={"image": "/home/uploads/3f2a.jpg"})) == (
        "Your picture shows wear.\nSee your picture."
    )
