"""The page in a real Chromium, in front of a fake server."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.web.fake_server import FakeServer

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE_MS = 10_000


# One for each module, not for the session: while Playwright's synchronous interface is open, the thread counts as
# running an event loop, and asynchronous tests elsewhere would be refused.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    executable = shutil.which("chromium")
    assert executable, "there is no chromium; `make test-tools` installs it"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, headless=True, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def running_server() -> Iterator[FakeServer]:
    with FakeServer() as server:
        yield server


@pytest.fixture
def server(running_server: FakeServer) -> FakeServer:
    running_server.reset()
    return running_server


@pytest.fixture(scope="module")
def visitor(browser: Browser) -> BrowserContext:
    """One who reads English."""
    context = browser.new_context(locale="en-US")
    context.set_default_timeout(PATIENCE_MS)
    return context


@pytest.fixture
def context(visitor: BrowserContext) -> Iterator[BrowserContext]:
    """The visitor's browser. Its cache outlives the test, which saves much time; nothing else does."""
    yield visitor
    visitor.set_offline(False)
    visitor.clear_permissions()


@pytest.fixture
def page(context: BrowserContext, server: FakeServer) -> Iterator[Page]:
    """The page, opened; no test may leave an error in its console, other than of requests that were meant to fail."""
    page = context.new_page()
    errors = watched(page)
    page.goto(server.url)
    yield page
    page.evaluate("localStorage.clear()")
    page.close()
    assert errors == []


@pytest.fixture
def still_page(browser: Browser, server: FakeServer) -> Iterator[Page]:
    """The page, where time passes only when the test lets it (`page.clock.run_for`)."""
    context = browser.new_context(locale="en-US")
    page = context.new_page()
    errors = watched(page)
    page.clock.install(time=0)
    page.goto(server.url)
    page.clock.pause_at(60_000)
    yield page
    context.close()
    assert errors == []


def watched(page: Page) -> list[str]:
    """Errors of the page, as they come."""
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda entry: errors.append(entry.text) if _is_error(entry.type, entry.text) else None)
    return errors


def _is_error(kind: str, text: str) -> bool:
    return kind == "error" and not text.startswith("Failed to load resource")
