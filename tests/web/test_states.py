"""What the page says, and does, when there is no answer."""

import re

from playwright.sync_api import BrowserContext, Page, expect
from starlette.responses import PlainTextResponse, Response

from tests.web.fake_server import FakeServer, problem

POEM = "床前明月光，疑是地[MASK]霜。"


def ask(page: Page, text: str = POEM) -> None:
    page.get_by_label("Sentence with [MASK]").fill(text)
    page.get_by_role("button", name="Predict the missing word").click()


def expect_notice(page: Page, text: str) -> None:
    expect(page.locator("#fill-mask-notice")).to_contain_text(text)


def expect_answer(page: Page) -> None:
    expect(page.locator(".candidate")).to_have_count(5)
    expect(page.locator("#fill-mask-notice")).to_be_empty()


def overloaded(seconds: int) -> Response:
    return problem(429, "overloaded", "the queue is full", {"Retry-After": str(seconds)})


def test_an_empty_text_is_asked_for(page: Page, server: FakeServer) -> None:
    ask(page, "  ")
    expect_notice(page, "Write a sentence first.")
    expect(page.get_by_label("Sentence with [MASK]")).to_be_focused()
    assert server.asked == {}


def test_a_text_without_a_mask_is_offered_one(page: Page, server: FakeServer) -> None:
    ask(page, "画龙点")
    expect_notice(page, "There is no [MASK] yet")
    page.get_by_role("button", name="Insert [MASK]").click()
    assert page.get_by_label("Sentence with [MASK]").input_value() == "画龙点[MASK]"
    assert server.asked == {}


def test_what_was_meant_as_a_mask_is_turned_into_one(page: Page) -> None:
    ask(page, "画龙点【mask】睛，守株____兔")
    page.get_by_role("button", name="Change to [MASK]").click()
    assert page.get_by_label("Sentence with [MASK]").input_value() == "画龙点[MASK]睛，守株[MASK]兔"
    expect(page.locator(".mask")).to_have_count(2)


def test_a_text_that_is_too_long_is_told_its_length_and_the_limit(page: Page, server: FakeServer) -> None:
    server.next_answers.append(problem(422, "text-too-long", "too long", field="text", limit=512, actual=900))
    ask(page)
    expect_notice(page, "The text is too long: 900, where 512 is the limit.")


def test_an_overloaded_server_is_asked_again_after_the_countdown(page: Page, server: FakeServer) -> None:
    server.next_answers.append(overloaded(1))
    ask(page)
    expect_notice(page, "The server is busy")
    expect(page.locator(".countdown")).to_have_text("1 s")
    expect_answer(page)
    assert len(server.asked["/fill-mask"]) == 2


def test_the_countdown_prefers_the_exact_time_and_counts_down(still_page: Page, server: FakeServer) -> None:
    server.next_answers.append(problem(429, "overloaded", "full", {"Retry-After": "30"}, retry_after_ms=8_500))
    ask(still_page)
    expect(still_page.locator(".countdown")).to_have_text("9 s")
    still_page.clock.run_for(4_000)
    expect(still_page.locator(".countdown")).to_have_text("5 s")
    assert len(server.asked["/fill-mask"]) == 1
    still_page.clock.run_for(5_000)
    expect_answer(still_page)


def test_the_countdown_can_be_cut_short(page: Page, server: FakeServer) -> None:
    server.next_answers.append(overloaded(60))
    ask(page)
    page.get_by_role("button", name="Retry now").click()
    expect_answer(page)


def test_the_countdown_can_be_called_off(still_page: Page, server: FakeServer) -> None:
    server.next_answers.append(overloaded(10))
    ask(still_page)
    still_page.get_by_role("button", name="Cancel").click()
    expect(still_page.locator("#fill-mask-notice")).to_be_empty()
    still_page.clock.run_for(20_000)
    assert len(server.asked["/fill-mask"]) == 1


def test_a_server_that_stays_overloaded_is_left_alone_until_the_user_asks(still_page: Page, server: FakeServer) -> None:
    server.next_answers.extend(overloaded(1) for _ in range(5))
    ask(still_page)
    for attempts in range(1, 5):
        expect(still_page.locator(".countdown")).to_be_visible()
        assert len(server.asked["/fill-mask"]) == attempts
        with still_page.expect_response("**/fill-mask"):
            still_page.clock.run_for(1_200)
    expect_notice(still_page, "The server is still busy")
    still_page.get_by_role("button", name="Retry now").click()
    expect_answer(still_page)


def test_a_starting_server_shows_its_progress_and_answers_by_itself_when_ready(page: Page, server: FakeServer) -> None:
    server.status, server.reason = "loading", "compiling the model"
    page.reload()
    expect(page.locator("#banner")).to_contain_text("The server is starting")
    expect(page.locator("#banner")).to_contain_text("compiling the model")
    server.next_answers.append(problem(503, "not-ready", "the server is loading", {"Retry-After": "1"}))
    ask(page)
    expect_notice(page, "this will be tried again when it is")
    server.reason = "asking the golden prompts"
    expect(page.locator("#banner")).to_contain_text("asking the golden prompts")
    server.status = "ready"
    expect_answer(page)
    expect(page.locator("#banner")).to_be_hidden()
    expect(page.locator("#identity")).to_contain_text("poems (int8)")


def test_a_model_that_failed_to_load_is_said_with_the_reason(page: Page, server: FakeServer) -> None:
    server.status, server.reason = "failed", "model.bin is damaged"
    page.reload()
    expect(page.locator("#banner")).to_contain_text("The model could not be loaded")
    expect(page.locator("#banner")).to_contain_text("model.bin is damaged")
    expect(page.locator("#server-state")).to_have_text("Not loaded")


def test_going_offline_is_said_and_the_request_is_sent_when_the_server_is_back(
    page: Page, context: BrowserContext
) -> None:
    context.set_offline(True)
    ask(page)
    expect_notice(page, "The server cannot be reached")
    expect(page.locator("#server-state")).to_have_text("Offline")
    context.set_offline(False)
    expect_answer(page)
    expect(page.locator("#server-state")).to_have_text("Ready")


def test_a_bug_of_the_server_is_named_with_the_request_to_look_for(page: Page, server: FakeServer) -> None:
    server.next_answers.append(problem(500, "bug", "its log has the details"))
    ask(page)
    expect_notice(page, "Something went wrong in the server.")
    expect_notice(page, "its log has the details")
    expect_notice(page, "Request 0c9f1d")
    page.get_by_role("button", name="Retry now").click()
    expect_answer(page)


def test_the_error_page_of_a_proxy_does_not_confuse_the_page(page: Page, server: FakeServer) -> None:
    server.next_answers.append(PlainTextResponse("no healthy upstream", 503))
    ask(page)
    expect_notice(page, "The server is not ready")
    expect_answer(page)


def test_a_refusal_that_the_page_does_not_know_is_shown_as_the_server_words_it(page: Page, server: FakeServer) -> None:
    server.next_answers.append(problem(422, "masks-too-far-apart", "the masks do not fit in one window"))
    ask(page)
    expect_notice(page, "the masks do not fit in one window")


def test_an_api_key_is_asked_for_kept_for_the_tab_and_sent(page: Page, server: FakeServer) -> None:
    server.next_answers.append(problem(401, "unauthorized", "no key"))
    ask(page)
    page.get_by_label("API key").fill("s3cret")
    page.get_by_label("API key").press("Enter")
    expect_answer(page)
    page.reload()
    ask(page)
    expect_answer(page)
    assert server.authorizations[-1] == "Bearer s3cret"
    assert server.authorizations[0] is None
    page.locator("#fill-mask summary").click()
    expect(page.locator("#fill-mask pre").first).to_contain_text("Bearer $API_KEY")
    expect(page.locator("body")).not_to_contain_text("s3cret")


def test_a_server_without_a_translator_explains_how_to_load_one(page: Page, server: FakeServer) -> None:
    server.tasks = ("fill-mask",)
    page.reload()
    page.get_by_role("link", name="Translation").click()
    expect(page.get_by_text("This server has no translation model.")).to_be_visible()
    expect(page.get_by_text("bert-server serve --bundle")).to_be_visible()
    expect(page.get_by_label("Chinese", exact=True)).to_be_hidden()


def test_a_server_that_only_translates_opens_with_that(page: Page, server: FakeServer) -> None:
    server.tasks = ("translate",)
    page.goto("about:blank")
    page.goto(server.url)
    expect(page.get_by_label("Chinese", exact=True)).to_be_visible()
    expect(page).to_have_title(re.compile("Translation"))


def test_a_new_question_replaces_the_one_that_waits(page: Page, server: FakeServer) -> None:
    server.next_answers.append(overloaded(60))
    ask(page)
    expect_notice(page, "The server is busy")
    ask(page, "画龙点[MASK]睛")
    expect_answer(page)
    expect(page.locator(".sentence")).to_have_text("画龙点上睛")
    assert len(server.asked["/fill-mask"]) == 2
