"""Translating while the user types."""

import re
from urllib.parse import urlencode

from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.web.fake_server import FakeServer, problem

TYPING_PAUSE_MS = 350


def open_view(page: Page) -> None:
    page.get_by_role("link", name="Translation").click()


def source(page: Page) -> Locator:
    return page.get_by_label("Chinese", exact=True)


def write(page: Page, text: str) -> None:
    source(page).fill(text)


def expect_translation(page: Page, text: str | re.Pattern[str]) -> None:
    expect(page.get_by_role("region", name="English", exact=True)).to_have_text(text)


def test_typing_is_translated_once_it_pauses(still_page: Page, server: FakeServer) -> None:
    open_view(still_page)
    source(still_page).press_sequentially("今天天气很好。")
    still_page.clock.run_for(TYPING_PAUSE_MS - 1)
    assert server.asked == {}
    still_page.clock.run_for(1)
    expect_translation(still_page, "[今天天气很好。]")
    assert server.asked["/translate"] == [{"text": "今天天气很好。"}]


def test_a_newer_text_aborts_the_request_for_the_older(page: Page, server: FakeServer) -> None:
    open_view(page)
    server.holding = True
    with page.expect_request("**/translate"):
        write(page, "今天")
    with page.expect_event("requestfailed", lambda request: request.post_data == '{"text":"今天"}'):
        write(page, "今天天气")
    server.holding = False
    expect_translation(page, "[今天天气]")


def test_nothing_is_sent_while_an_input_method_composes(still_page: Page, server: FakeServer) -> None:
    open_view(still_page)
    source(still_page).focus()
    keyboard = still_page.context.new_cdp_session(still_page)
    for letters in ("j", "ji", "jin"):
        keyboard.send("Input.imeSetComposition", {"text": letters, "selectionStart": 0, "selectionEnd": len(letters)})
    still_page.clock.run_for(10 * TYPING_PAUSE_MS)
    expect(source(still_page)).to_have_value("jin")
    assert server.asked == {}
    keyboard.send("Input.insertText", {"text": "今"})
    still_page.clock.run_for(TYPING_PAUSE_MS)
    expect_translation(still_page, "[今]")
    assert server.asked["/translate"] == [{"text": "今"}]


def test_line_breaks_stay_where_they_are(page: Page) -> None:
    open_view(page)
    source(page).fill("床前明月光，\n\n疑是地上霜。")
    expect_translation(page, re.compile("疑是地上霜"))
    assert page.locator("#target").inner_text() == "[床前明月光，]\n\n[疑是地上霜。]"
    font = "pane => [getComputedStyle(pane).lineHeight, getComputedStyle(pane).paddingTop]"
    assert page.locator("#source").evaluate(font) == page.locator("#target").evaluate(font)


def test_the_counter_counts_characters_as_people_do(page: Page) -> None:
    open_view(page)
    source(page).fill("你好👋𠮷")
    expect(page.locator("#counter")).to_have_text("4 / 10,000 characters")


def test_a_text_beyond_the_limit_is_not_sent_and_the_limit_is_named(page: Page, server: FakeServer) -> None:
    open_view(page)
    source(page).fill("字" * 10_001)
    expect(page.get_by_text("The text is too long: 10,001, where 10,000 is the limit.")).to_be_visible()
    assert "/translate" not in server.asked
    source(page).fill("字")
    expect_translation(page, "[字]")
    expect(page.get_by_text("The text is too long")).to_have_count(0)


def test_the_servers_own_limit_is_named_too(page: Page, server: FakeServer) -> None:
    server.next_answers.append(problem(422, "text-too-long", "too long", field="text", limit=100, actual=180))
    open_view(page)
    source(page).fill("字" * 180)
    expect(page.get_by_text("The text is too long: 180, where 100 is the limit.")).to_be_visible()


def test_the_translation_can_be_copied_and_the_button_says_so(page: Page, context: BrowserContext) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    open_view(page)
    write(page, "好")
    expect_translation(page, "[好]")
    copy = page.locator("#copy-target")
    copy.click()
    expect(copy).to_have_text("Copied")
    expect(page.locator("#announcer")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == "[好]"
    expect(copy).to_have_text("Copy")


def test_copying_works_where_the_browser_has_no_clipboard_interface(page: Page, context: BrowserContext) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    open_view(page)
    write(page, "好")
    expect_translation(page, "[好]")
    page.evaluate("navigator.clipboard.writeText = undefined")
    page.locator("#copy-target").click()
    expect(page.locator("#copy-target")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == "[好]"


def test_clearing_empties_both_panes(page: Page) -> None:
    open_view(page)
    write(page, "好")
    expect_translation(page, "[好]")
    page.get_by_role("button", name="Clear").click()
    expect(source(page)).to_have_value("")
    expect_translation(page, "The translation will appear here.")
    expect(page.locator("#copy-target")).to_be_disabled()


def test_a_link_restores_view_text_and_translation(page: Page) -> None:
    open_view(page)
    page.get_by_role("button", name="今天天气很好。").click()
    page.wait_for_url(lambda url: "text=" in url)
    page.reload()
    expect(source(page)).to_have_value("今天天气很好。")
    expect_translation(page, "[今天天气很好。]")


def test_each_view_keeps_its_text(page: Page) -> None:
    page.get_by_label("Sentence with [MASK]").fill("画龙点[MASK]睛")
    open_view(page)
    write(page, "好")
    expect_translation(page, "[好]")
    page.get_by_role("link", name="Fill-mask").click()
    assert page.get_by_label("Sentence with [MASK]").input_value() == "画龙点[MASK]睛"
    page.wait_for_url(lambda url: "#/fill-mask?text=" in url)


def test_what_was_typed_before_a_view_was_left_does_not_bring_its_address_back(still_page: Page) -> None:
    still_page.get_by_label("Sentence with [MASK]").fill("春[MASK]")
    open_view(still_page)
    still_page.clock.run_for(10 * TYPING_PAUSE_MS)
    assert still_page.url.endswith("#/translate")
    write(still_page, "今天")
    still_page.get_by_role("link", name="Fill-mask").click()
    still_page.clock.run_for(10 * TYPING_PAUSE_MS)
    expect(still_page.get_by_label("Sentence with [MASK]")).to_be_visible()
    assert still_page.url.endswith(f"#/fill-mask?{urlencode({'text': '春[MASK]'})}")
