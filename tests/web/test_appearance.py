"""Languages, light and dark, narrow screens."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.web.fake_server import FakeServer, problem

POEM = "床前明月光，疑是地[MASK]霜。"
ALL_MESSAGES = """async () => {
    const base = new URL('.', document.querySelector('script[type=module]').src);
    const load = async (name) => (await import(new URL(`i18n/${name}.js`, base))).messages;
    return [await load('zh'), await load('en')];
}"""


@pytest.fixture
def chinese(browser: Browser, server: FakeServer) -> Iterator[Page]:
    """A visitor whose browser prefers Chinese and dark."""
    context = browser.new_context(locale="zh-CN", color_scheme="dark")
    page = context.new_page()
    page.goto(server.url)
    yield page
    context.close()


def background(page: Page) -> str:
    return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))


def test_the_browsers_language_is_the_pages(page: Page, chinese: Page) -> None:
    assert page.get_by_role("heading", level=1).inner_text() == "Find the missing word"
    assert chinese.get_by_role("heading", level=1).inner_text() == "补全句子里缺失的字"
    assert chinese.evaluate("document.documentElement.lang") == "zh-Hans"


def test_switching_the_language_turns_everything_over_and_is_remembered(page: Page, server: FakeServer) -> None:
    server.next_answers.append(problem(429, "overloaded", "full", {"Retry-After": "60"}))
    page.get_by_role("button", name=POEM).click()
    page.locator(".countdown").wait_for()
    page.get_by_role("button", name="切换到中文").click()
    expect(page.get_by_role("button", name="立即重试")).to_be_visible()
    expect(page.locator("#server-state")).to_have_text("就绪")
    page.get_by_role("button", name="立即重试").click()
    expect(page.get_by_role("button", name="填入“上”，概率 91.9%")).to_be_visible()
    page.reload()
    assert page.get_by_role("heading", level=1).inner_text() == "补全句子里缺失的字"
    assert page.title() == "填空 · BERT"


def test_both_languages_have_the_same_messages_with_the_same_parameters(page: Page) -> None:
    chinese, english = page.evaluate(ALL_MESSAGES)
    assert list(chinese) == list(english)
    placeholders = "text => [...text.matchAll(/{\\w+}/g)].map(String).sort()"
    for key in chinese:
        assert page.evaluate(placeholders, chinese[key]) == page.evaluate(placeholders, english[key]), key


def test_the_browsers_colours_are_followed_and_the_switch_is_remembered(page: Page, chinese: Page) -> None:
    light, dark = background(page), background(chinese)
    assert light != dark
    page.get_by_role("button", name="Switch between dark and light").click()
    assert background(page) == dark
    page.reload()
    assert background(page) == dark


def test_the_choice_is_there_before_the_first_paint(page: Page) -> None:
    page.get_by_role("button", name="Switch between dark and light").click()
    page.get_by_role("button", name="切换到中文").click()
    page.route("**/main.js", lambda route: route.abort())
    page.reload()
    root = page.locator("html")
    expect(root).to_have_attribute("data-theme", "dark")
    expect(root).to_have_attribute("lang", "zh-Hans")


def test_the_page_works_where_storage_is_forbidden(browser: Browser, server: FakeServer) -> None:
    context = browser.new_context(locale="en-US")
    context.add_init_script(
        "for (const name of ['localStorage', 'sessionStorage'])"
        "  Object.defineProperty(window, name, {get() { throw new DOMException('forbidden') }})"
    )
    page = context.new_page()
    page.goto(server.url)
    page.get_by_role("button", name="切换到中文").click()
    page.get_by_role("button", name=POEM).click()
    expect(page.locator(".candidate")).to_have_count(5)
    context.close()


@pytest.mark.parametrize("width", [320, 390, 768])
@pytest.mark.parametrize("view", ["fill-mask", "translate"])
def test_nothing_sticks_out_on_narrow_screens(page: Page, width: int, view: str) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.locator(f"[data-view={view}]").click()
    page.locator(f"#{view} .example").last.click()
    page.locator(f"#{view} .facts code").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_long_word_without_spaces_breaks(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    page.get_by_label("Sentence with [MASK]").fill("w" * 300 + "[MASK]")
    page.get_by_role("button", name="Predict the missing word").click()
    page.locator(".candidate").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_those_who_want_no_motion_get_none(browser: Browser, server: FakeServer) -> None:
    context = browser.new_context(locale="en-US", reduced_motion="reduce")
    page = context.new_page()
    page.goto(server.url)
    page.get_by_role("button", name=POEM).click()
    page.locator(".bar").first.wait_for()
    assert page.locator(".bar").first.evaluate("bar => parseFloat(getComputedStyle(bar).animationDuration)") < 0.001
    context.close()
