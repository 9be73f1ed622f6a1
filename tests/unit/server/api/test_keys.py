import itertools
import logging
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bert_server.api.keys import ApiKeys, KeyFile
from bert_server.errors import SettingsError

PROTECTED = ["/fill-mask", "/v1/models", "/v2/models/toy", "/nowhere", "//health", "/docsx"]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "keys"
    file.write_text("# of the demo\n\nfirst-key\n  second-key \nvoilà\n", encoding="utf-8")
    return file


@pytest.fixture
def client(file: Path) -> httpx.AsyncClient:
    async def answer(request: Request) -> Response:
        return Response(request.url.path)

    app = ApiKeys(Starlette(routes=[Route("/{path:path}", answer)]), file)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://toy")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Moves on by two seconds with each look at it, so that each request looks at the file again."""
    now = itertools.count(0.0, 2.0)
    monkeypatch.setattr(time, "monotonic", lambda: next(now))


@pytest.mark.parametrize("path", PROTECTED)
async def test_without_a_key_there_is_a_401_that_says_how_to_send_one(client: httpx.AsyncClient, path: str) -> None:
    response = await client.get(f"http://toy{path}")
    assert response.status_code == 401
    assert response.headers["www-authenticate"].startswith("Bearer")
    assert "x-api-key" in response.text


@pytest.mark.parametrize(
    "path", ["/", "/health", "/ready", "/version", "/docs", "/docs/page.js", "/openapi.json", "/static/a/b.js"]
)
async def test_probes_and_pages_need_no_key(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": "Bearer first-key"},
        {"authorization": "bearer second-key"},
        {"x-api-key": "second-key"},
        {"x-api-key": "first-key", "authorization": "Basic abc"},
    ],
)
async def test_each_key_of_the_file_opens(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    assert (await client.get("/fill-mask", headers=headers)).status_code == 200


async def test_a_key_opens_in_either_header_whatever_its_last_byte_is(client: httpx.AsyncClient) -> None:
    key = "voilà".encode()  # ends with A0, a no-break space in Latin-1
    with_bearer: Any = {"authorization": b"Bearer " + key}
    with_tab: Any = {"authorization": b"Bearer \t" + key}
    by_itself: Any = {"x-api-key": key}
    for headers in (with_bearer, with_tab, by_itself):
        assert (await client.get("/fill-mask", headers=headers)).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": "Bearer first"},
        {"authorization": "Bearer # of the demo"},
        {"authorization": "Bearer "},
        {"authorization": "Basic first-key"},
        {"authorization": "Bearer wrong", "x-api-key": "first-key"},
        {"x-api-key": "first-key "[:-2]},
        {"x-api-key": ""},
        {"x-api-key": b"\xff\xfe"},
    ],
)
async def test_anything_else_does_not(client: httpx.AsyncClient, headers: dict[str, Any]) -> None:
    assert (await client.get("/fill-mask", headers=headers)).status_code == 401


async def test_refusals_have_the_form_of_their_family(client: httpx.AsyncClient) -> None:
    assert (await client.get("/fill-mask")).json()["type"] == "urn:bert-server:problem:no-api-key"
    assert (await client.get("/v1/models")).json()["error"]["code"] == "no_api_key"
    assert "error" in (await client.get("/v2/models/toy")).json()


@pytest.mark.usefixtures("clock")
def test_a_changed_file_counts_from_then_on(file: Path) -> None:
    known = KeyFile(file)
    file.write_text("third-key\n")
    assert known.holds(b"third-key")
    assert not known.holds(b"first-key")


@pytest.mark.usefixtures("clock")
def test_an_emptied_file_lets_nobody_in(file: Path) -> None:
    known = KeyFile(file)
    file.write_text("")
    assert not known.holds(b"first-key")
    assert not known.holds(b"")


@pytest.mark.usefixtures("clock")
def test_while_the_file_is_gone_the_last_keys_hold(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    known = KeyFile(file)
    file.unlink()
    with caplog.at_level(logging.WARNING):
        assert known.holds(b"first-key")
    assert "last API keys still hold" in caplog.text


@pytest.mark.usefixtures("clock")
def test_the_file_is_read_once_while_it_stays_the_same(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = KeyFile(file)
    monkeypatch.setattr(KeyFile, "_read", lambda self: pytest.fail("the file was read again"))
    assert known.holds(b"first-key")
    assert not known.holds(b"third-key")


@pytest.mark.parametrize("content", ["", "\n  \n# nothing\n", None], ids=["empty", "blank", "no file"])
def test_a_server_that_could_let_nobody_in_does_not_start(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "keys"
    if content is not None:
        file.write_text(content)
    with pytest.raises(SettingsError, match="api_keys_file: "):
        KeyFile(file)


def test_no_key_is_kept_in_the_clear(file: Path) -> None:
    assert "first-key" not in repr(vars(KeyFile(file)))
