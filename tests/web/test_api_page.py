"""The API's page at /docs, in front of the real document and answers that the test makes up."""

import json
from collections.abc import Iterator
from importlib.resources import files

import pytest
from playwright.sync_api import Browser, Page, Request, Route, expect

from bert_server.api import families
from bert_server.api.openapi import document
from bert_server.api.web import SECURITY_HEADERS
from tests.web.conftest import watched

SITE = "http://localhost:1"  # nothing listens there: every request is answered here
FILES = files("bert_server.api") / "docs_page"
MEDIA_TYPES = {"html": "text/html", "css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}


class Site:
    """Serves the page's files and the document, and keeps what else it was asked."""

    def __init__(self) -> None:
        self.asked: list[Request] = []

    def answer(self, route: Route) -> None:
        path = route.request.url.removeprefix(f"{SITE}/")
        if path == "openapi.json":
            route.fulfill(json=document(families.OPERATIONS, "v1.2.3"))
        elif path.startswith("docs"):
            self._fulfill_file(route, path.removeprefix("docs/").replace("docs", "page.html"))
        else:
            self.asked.append(route.request)
            status = 422 if "refuse" in (route.request.post_data or "") else 200
            route.fulfill(status=status, json={"said": "<b>你好</b>"}, headers={"x-bert-queue-ms": "0.125"})

    def _fulfill_file(self, route: Route, name: str) -> None:
        content = (FILES / name).read_bytes()
        route.fulfill(body=content, content_type=MEDIA_TYPES[name.rpartition(".")[2]], headers=SECURITY_HEADERS)


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    context = browser.new_context()
    context.route("**/*", site.answer)
    page = context.new_page()
    errors = watched(page)
    page.goto(f"{SITE}/docs")
    yield page
    context.close()
    assert errors == []


def test_every_operation_is_listed(page: Page) -> None:
    expect(page.locator("details")).to_have_count(len(families.OPERATIONS))
    expect(page.locator("#about")).to_contain_text("v1.2.3")


def test_an_example_can_be_sent_and_its_answer_read(page: Page, site: Site) -> None:
    page.get_by_text("/fill-mask").click()
    operation = page.locator("#post_fill_mask")
    operation.get_by_label("Example").select_option("several texts")
    page.get_by_label("API key").fill("the-key")
    operation.get_by_role("button", name="Send").click()
    expect(operation.locator("pre")).to_contain_text("x-bert-queue-ms: 0.125")
    expect(operation.locator("pre")).to_contain_text("<b>你好</b>")
    (asked,) = site.asked
    assert (asked.method, asked.url) == ("POST", f"{SITE}/fill-mask")
    assert json.loads(asked.post_data or "") == {"texts": ["画龙点[MASK]", "守株待[MASK]"]}
    assert asked.headers["authorization"] == "Bearer the-key"


def test_names_in_a_path_are_asked_for_and_escaped(page: Page, site: Site) -> None:
    page.get_by_text("/v1/models/{name}").click()
    page.get_by_label("name", exact=True).locator("visible=true").fill("my model/v1")
    page.locator("#get_v1_models_name").get_by_role("button", name="Send").click()
    expect(page.locator("#get_v1_models_name pre")).to_contain_text("200")
    assert [asked.url for asked in site.asked] == [f"{SITE}/v1/models/my%20model%2Fv1"]


def test_a_link_opens_its_operation(page: Page) -> None:
    page.goto("about:blank")
    page.goto(f"{SITE}/docs#post_semantic_similarity")
    expect(page.locator("#post_semantic_similarity").get_by_label("Body")).to_be_visible()
