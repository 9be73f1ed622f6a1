"""Keyboard and screen reader."""

import pytest
from playwright.sync_api import Page, expect

from tests.web.fake_server import FakeServer, problem

TWO_LINES = "白日依山尽，黄[MASK]入海流。欲穷千里目，更[MASK]一层楼。"
AA_TEXT = 4.5

# Contrast as WCAG 2.2 defines it (success criterion 1.4.3), of every visible text against what lies behind it. Colours
# are read by painting them, whatever notation the style sheet uses.
CONTRASTS = """() => {
    const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
    const rgba = (colour) => {
        canvas.clearRect(0, 0, 1, 1);
        canvas.fillStyle = colour;
        canvas.fillRect(0, 0, 1, 1);
        return [...canvas.getImageData(0, 0, 1, 1).data];
    };
    const luminance = (colour) => {
        const [r, g, b] = rgba(colour).slice(0, 3).map((v) => v / 255)
            .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const backdrop = (node) => {
        for (let at = node; at; at = at.parentElement) {
            const bar = at.querySelector(':scope > .bar');
            const colour = getComputedStyle(bar ?? at).backgroundColor;
            if (rgba(colour)[3] === 255) return colour;
        }
        throw new Error('no backdrop');
    };
    const inactive = (node) => node.closest(':disabled, [hidden], noscript, .stale');
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found = [];
    while (walker.nextNode()) {
        const node = walker.currentNode.parentElement;
        if (!walker.currentNode.data.trim() || !node.checkVisibility() || inactive(node)) continue;
        const pair = [luminance(getComputedStyle(node).color), luminance(backdrop(node))];
        const ratio = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
        found.push([walker.currentNode.data.trim().slice(0, 30), ratio]);
    }
    return found;
}"""


def answer(page: Page) -> None:
    page.get_by_label("Sentence with [MASK]").fill(TWO_LINES)
    page.get_by_role("button", name="Predict the missing word").click()
    page.locator(".mask").first.wait_for()


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()"))


@pytest.mark.parametrize("view", ["fill-mask", "translate"])
def test_every_control_has_a_name(page: Page, view: str) -> None:
    page.locator(f"[data-view={view}]").click()
    page.locator(f"#{view} .example").last.click()
    page.locator(f"#{view} .facts code").wait_for()
    page.locator(f"#{view} summary").click()
    controls = page.locator("button:visible, a:visible, textarea:visible, input:visible, [tabindex='0']:visible")
    nameless = [
        control.evaluate("node => node.outerHTML")
        for control in controls.all()
        if not control.aria_snapshot().partition('"')[2] and control.evaluate("node => node.localName") != "pre"
    ]
    assert controls.count() > 10
    assert nameless == []


def test_the_tab_key_goes_through_the_page_in_reading_order(page: Page) -> None:
    order = []
    for _ in range(9):
        page.keyboard.press("Tab")
        order.append(focused(page))
    expected = ["Skip to content", "Fill-mask", "Translation", "language", "theme"]
    assert order == [*expected, "fill-mask-text", "insert-mask", "fill-mask-link", "predict"]


def test_the_skip_link_leads_past_the_header_and_keeps_the_view(page: Page) -> None:
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert focused(page) == "main"
    assert "#main" not in page.url
    expect(page.get_by_label("Sentence with [MASK]")).to_be_visible()


def test_the_whole_task_can_be_done_with_the_keyboard(page: Page) -> None:
    text = page.get_by_label("Sentence with [MASK]")
    text.focus()
    page.keyboard.type("画龙点[MASK]睛")
    page.keyboard.press("Control+Enter")
    best = page.get_by_role("button", name="Fill in “上”")
    best.wait_for()
    best.focus()
    page.keyboard.press("Space")
    expect(text).to_have_value("画龙点上睛")
    expect(page.get_by_role("button", name="Take out “上”")).to_be_focused()


def test_a_focused_control_can_be_seen(page: Page) -> None:
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"


def test_the_current_view_and_chosen_candidates_are_marked(page: Page) -> None:
    expect(page.get_by_role("link", name="Fill-mask")).to_have_attribute("aria-current", "page")
    expect(page.get_by_role("link", name="Translation")).not_to_have_attribute("aria-current", "page")
    answer(page)
    page.get_by_role("button", name="Fill in “上”").first.click()
    expect(page.get_by_role("button", name="Take out “上”")).to_have_attribute("aria-pressed", "true")


def test_answers_and_problems_are_announced(page: Page, server: FakeServer) -> None:
    answer(page)
    statuses = page.get_by_role("status")
    expect(statuses.filter(has_text="Done. Likeliest: 上 上")).to_have_count(1)
    server.next_answers.append(problem(429, "overloaded", "full", {"Retry-After": "60"}))
    page.get_by_role("button", name="Predict the missing word").click()
    expect(statuses.filter(has_text="The server is busy")).to_have_count(1)
    # A clock that is read out every second would drown everything else.
    expect(page.locator(".countdown")).to_have_attribute("aria-hidden", "true")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("view", ["fill-mask", "translate"])
def test_every_text_stands_out_from_its_background(page: Page, server: FakeServer, theme: str, view: str) -> None:
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
    page.locator(f"[data-view={view}]").click()
    page.locator(f"#{view} .example").first.click()
    page.locator(f"#{view} .facts code").wait_for()
    server.next_answers.append(problem(500, "bug", "its log has the details"))
    page.locator(f"#{view} .example").last.click()
    page.locator(".notice.error").wait_for()
    server.status, server.reason = "loading", "compiling"
    page.evaluate("window.dispatchEvent(new Event('online'))")
    page.locator("#banner").wait_for()
    contrasts = page.evaluate(CONTRASTS)
    assert len(contrasts) > 25
    assert [(text, round(ratio, 2)) for text, ratio in contrasts if ratio < AA_TEXT] == []
