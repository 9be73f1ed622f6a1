"""Filling masks in the page."""

import json
import shlex
from urllib.parse import quote

from playwright.sync_api import Page, expect

from tests.web.fake_server import FINGERPRINT, VERSION, FakeServer

POEM = "床前明月光，疑是地[MASK]霜。"
TWO_LINES = "白日依山尽，黄[MASK]入海流。欲穷千里目，更[MASK]一层楼。"


def ask(page: Page, text: str) -> None:
    page.get_by_label("Sentence with [MASK]").fill(text)
    page.get_by_role("button", name="Predict the missing word").click()


def text_of(page: Page) -> str:
    return page.get_by_label("Sentence with [MASK]").input_value()


def candidates(page: Page, group: str = "Candidates") -> list[str]:
    """Once there are any."""
    rows = page.get_by_role("list", name=group).get_by_role("button")
    rows.first.wait_for()
    return rows.all_inner_texts()


def test_five_candidates_are_shown_with_their_probabilities_as_numbers_and_bars(page: Page, server: FakeServer) -> None:
    ask(page, POEM)
    assert candidates(page) == ["上\n91.9%", "中\n3.1%", "下\n1.1%", "如\n0.4%", "成\n<0.1%"]
    row = page.locator(".candidate").first.bounding_box()
    bar = page.locator(".bar").first.evaluate("bar => parseFloat(getComputedStyle(bar).width)")
    assert row is not None
    assert abs(bar / row["width"] - 0.919) < 0.01
    assert server.asked["/fill-mask"] == [{"text": POEM, "top_k": 5}]


def test_the_chinese_button_bears_its_crystal_ball(page: Page) -> None:
    page.get_by_role("button", name="切换到中文").click()
    assert page.locator("#predict").text_content() == "🔮 预测缺失内容"


def test_control_and_enter_predict(page: Page) -> None:
    text = page.get_by_label("Sentence with [MASK]")
    text.fill(POEM)
    text.press("Control+Enter")
    assert len(candidates(page)) == 5


def test_several_masks_have_a_group_of_candidates_each_that_shows_their_place(page: Page) -> None:
    ask(page, TWO_LINES)
    assert len(candidates(page, "Blank 1 日依山尽，黄□入海流。欲穷")) == 5
    assert len(candidates(page, "Blank 2 穷千里目，更□一层楼。")) == 5


def test_clicking_candidates_fills_them_into_their_masks_and_takes_them_out_again(page: Page) -> None:
    ask(page, TWO_LINES)
    second = page.locator(".mask").nth(1)
    second.get_by_role("button", name="Fill in “上”").click()
    assert text_of(page) == "白日依山尽，黄[MASK]入海流。欲穷千里目，更上一层楼。"
    page.locator(".mask").nth(0).get_by_role("button", name="Fill in “中”").click()
    assert text_of(page) == "白日依山尽，黄中入海流。欲穷千里目，更上一层楼。"
    second.get_by_role("button", name="Take out “上”").click()
    assert text_of(page) == "白日依山尽，黄中入海流。欲穷千里目，更[MASK]一层楼。"
    expect(second.get_by_role("button", name="Fill in “上”")).to_be_focused()


def test_a_piece_that_continues_a_word_joins_it(page: Page, server: FakeServer) -> None:
    server.extra = {"result": [{"token": "##ing", "score": 0.9}]}
    ask(page, "play [MASK] games")
    page.get_by_role("button", name="Fill in “ing”").click()
    assert text_of(page) == "playing games"


def test_an_edited_text_keeps_the_results_for_reading_only(page: Page) -> None:
    ask(page, POEM)
    best = page.get_by_role("button", name="Fill in “上”")
    expect(best).to_be_enabled()
    text = page.get_by_label("Sentence with [MASK]")
    text.press("End")
    text.press_sequentially("好")
    expect(best).to_be_disabled()
    expect(page.get_by_text("The sentence has changed")).to_be_visible()
    text.press("Backspace")
    expect(best).to_be_enabled()


def test_an_answer_to_a_sentence_that_was_changed_meanwhile_cannot_be_filled_in(page: Page, server: FakeServer) -> None:
    server.holding = True
    with page.expect_request("**/fill-mask"):
        ask(page, POEM)
    page.get_by_label("Sentence with [MASK]").fill(POEM + TWO_LINES)
    server.holding = False
    expect(page.locator(".candidate").first).to_be_disabled()
    expect(page.get_by_text("The sentence has changed")).to_be_visible()
    assert text_of(page) == POEM + TWO_LINES


def test_the_mask_button_writes_at_the_cursor_and_can_be_undone(page: Page) -> None:
    text = page.get_by_label("Sentence with [MASK]")
    text.fill("画龙睛")
    text.evaluate("area => area.setSelectionRange(2, 2)")
    page.get_by_role("button", name="Insert at the cursor").click()
    assert text_of(page) == "画龙[MASK]睛"
    text.press("Control+z")
    assert text_of(page) == "画龙睛"


def test_an_example_is_answered_with_one_click(page: Page) -> None:
    page.get_by_role("button", name=POEM).click()
    assert text_of(page) == POEM
    assert len(candidates(page)) == 5


def test_times_version_and_fingerprint_of_the_answer_are_shown(page: Page) -> None:
    ask(page, POEM)
    facts = page.locator("#results .facts")
    expect(facts).to_contain_text("Inference 6.2 ms")
    expect(facts).to_contain_text("Queue 0.31 ms")
    expect(facts).to_contain_text("Round trip")
    expect(facts).to_contain_text(f"Answered by {VERSION}")
    expect(facts.locator("code")).to_have_attribute("title", FINGERPRINT)
    expect(page.get_by_role("contentinfo")).to_contain_text(f"Version{VERSION}")


def test_the_json_view_shows_a_command_that_asks_the_same_and_the_whole_response(page: Page) -> None:
    text = "It's a [MASK] day"
    ask(page, text)
    page.locator("#fill-mask summary").click()
    request, response = page.locator("#fill-mask pre").all_inner_texts()
    words = shlex.split(request)
    assert words[2].endswith("/fill-mask")
    assert json.loads(words[-1]) == {"text": text, "top_k": 5}
    assert json.loads(response)["result"][0] == {"token": "上", "score": 0.918873}


def test_a_link_restores_the_text_and_its_answer(page: Page, server: FakeServer) -> None:
    ask(page, TWO_LINES)
    page.locator(".mask").first.wait_for()
    address = page.url
    assert quote("黄") in address
    page.goto("about:blank")
    page.goto(address)
    assert text_of(page) == TWO_LINES
    expect(page.locator(".mask")).to_have_count(2)


def test_typing_alone_reaches_the_address(page: Page) -> None:
    page.get_by_label("Sentence with [MASK]").press_sequentially("a?b=c&d#e")
    page.wait_for_url(lambda url: url.endswith("#/fill-mask?text=a%3Fb%3Dc%26d%23e"))
    page.reload()
    assert text_of(page) == "a?b=c&d#e"


def test_a_long_text_tells_which_part_of_it_the_model_saw(page: Page, server: FakeServer) -> None:
    server.extra = {"window": {"first_token": 119, "last_token": 630, "total_tokens": 900}}
    ask(page, POEM)
    expect(page.get_by_text("The text has 900 tokens")).to_contain_text("tokens 120 to 631")


def test_what_comes_from_the_server_is_shown_as_text(page: Page, server: FakeServer) -> None:
    markup = "<img src=x onerror=alert(1)>"
    server.extra = {"result": [{"token": markup, "score": 0.5}], "version": markup}
    ask(page, f"{markup}[MASK]")
    assert candidates(page) == [f"{markup}\n50.0%"]
    expect(page.locator("#results .sentence")).to_have_text(markup * 2)
    assert page.locator("img").count() == 0
