"""How the page and its files are delivered."""

import re
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from bert_server.api import web
from bert_server.api.problems import ProblemError, answer_problem
from bert_server.tasks.translate import MAX_TEXT_CHARACTERS


def client(*, web_page: bool = True) -> TestClient:
    service: Any = SimpleNamespace(settings=SimpleNamespace(web_page=web_page))
    return TestClient(Starlette(routes=web.routes(service), exception_handlers={ProblemError: answer_problem}))


@pytest.fixture
def served() -> TestClient:
    return client()


def asset_paths(served: TestClient) -> list[str]:
    return re.findall(r'(?:src|href)="(static/[^"]+)"', served.get("/").text)


def test_every_file_that_the_page_names_is_served_with_its_media_type(served: TestClient) -> None:
    types = {path.rpartition(".")[2]: served.get(f"/{path}").headers["content-type"] for path in asset_paths(served)}
    assert types == {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}


def test_every_module_that_a_module_imports_is_served_beside_it(served: TestClient) -> None:
    digest = asset_paths(served)[0].split("/")[1]
    seen: set[str] = set()
    waiting = ["main.js"]
    while waiting:
        name = waiting.pop()
        seen.add(name)
        response = served.get(f"/static/{digest}/{name}")
        assert response.status_code == 200, name
        waiting += set(re.findall(r'from "\./([^"]+)"', response.text)) - seen
    assert {"fill-mask.js", "translate.js", "i18n/zh.js"} <= seen


def test_all_modules_are_fetched_at_once(served: TestClient) -> None:
    preloads = re.findall(r'rel="modulepreload" href="static/[0-9a-f]{16}/([^"]+)"', served.get("/").text)
    assert {"main.js", "dom.js", "i18n/en.js"} <= set(preloads)
    assert "early.js" not in preloads
    assert "{{" not in served.get("/").text


def test_the_page_is_asked_again_each_time_and_its_files_never(served: TestClient) -> None:
    assert served.get("/").headers["cache-control"] == "no-cache"
    assert served.get(f"/{asset_paths(served)[0]}").headers["cache-control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}'])
def test_what_the_browser_has_already_is_not_sent_again(served: TestClient, form: str) -> None:
    tag = served.get("/").headers["etag"]
    response = served.get("/", headers={"If-None-Match": form.format(tag)})
    assert (response.status_code, response.content) == (304, b"")
    assert response.headers["etag"] == tag


def test_a_browser_with_another_version_gets_the_new_page(served: TestClient) -> None:
    assert served.get("/", headers={"If-None-Match": '"0123456789abcdef"'}).status_code == 200


def test_a_file_of_another_version_is_answered_with_this_versions_but_not_to_be_kept(served: TestClient) -> None:
    response = served.get("/static/0123456789abcdef/main.js")
    assert (response.status_code, response.headers["cache-control"]) == (200, "no-store")


@pytest.mark.parametrize("path", ["nothing.js", "index.html", "../assets.py", "..%2fassets.py", "i18n", ""])
def test_nothing_but_the_pages_files_can_be_had(served: TestClient, path: str) -> None:
    response = served.get(f"/static/0123456789abcdef/{path}")
    assert response.status_code == 404
    assert "digest" not in response.text


def test_the_page_may_load_nothing_from_elsewhere_and_run_nothing_inline(served: TestClient) -> None:
    response = served.get("/")
    policy = dict(part.split(" ", 1) for part in response.headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert {policy[name] for name in ("script-src", "style-src", "img-src", "connect-src")} == {"'self'"}
    assert policy["frame-ancestors"] == "'none'"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["referrer-policy"] == "no-referrer"
    assert not re.search(r"<script(?![^>]* src=)|<style|\sstyle=|\son\w+=|https?:", response.text)


def test_the_page_knows_the_limit_of_translations(served: TestClient) -> None:
    digest = asset_paths(served)[0].split("/")[1]
    found = re.search(r"MOST_CHARACTERS = ([\d_]+)", served.get(f"/static/{digest}/translate.js").text)
    assert found
    assert int(found[1]) == MAX_TEXT_CHARACTERS


def test_there_is_no_page_when_the_settings_say_so() -> None:
    assert client(web_page=False).get("/").status_code == 404
