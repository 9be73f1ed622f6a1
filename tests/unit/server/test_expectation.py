"""Clients that ask before they send a body, in front of the toy server."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bert_server.app import create_app
from bert_server.connections import Limits
from bert_server.inference.contract import RefusalReason, RefusedError
from bert_server.models import EncoderModel, Models
from bert_server.service import Service
from bert_server.settings import Settings
from tests.unit.server.raw_http import Connection, post, serving

LIMITS = Limits(max_connections=10, receive_seconds=10, send_seconds=10)
KEY = "x-api-key: first-key\r\n"
EXPECT = "expect: 100-continue\r\n"
BODY = '{"text": "上[MASK]"}'.encode()


@pytest.fixture
async def guarded(bundle_directory: Path, model: EncoderModel, tmp_path: Path) -> AsyncIterator[Service]:
    """Takes bodies of 4,096 bytes, and asks for a key."""
    keys = tmp_path / "keys"
    keys.write_text("first-key\n")
    guarded = Service(Settings(bundle=(bundle_directory,), api_keys_file=keys, max_body_bytes=4096))
    guarded.adopt(Models([model]), 1)
    yield guarded
    guarded.close()


@pytest.fixture
async def port(guarded: Service) -> AsyncIterator[int]:
    async with serving(create_app(guarded), LIMITS) as port:
        yield port


@pytest.mark.parametrize(
    ("path", "headers", "length", "status"),
    [
        ("/fill-mask", KEY, 5000, 413),
        ("/fill-mask", f"{KEY}content-encoding: gzip\r\n", 10, 415),
        ("/fill-mask", "", 10, 401),
        ("/nowhere", KEY, 10, 404),
        ("/version", KEY, 10, 405),
    ],
)
async def test_a_client_whose_body_is_not_wanted_is_told_so_and_cut(
    port: int, path: str, headers: str, length: int, status: int
) -> None:
    connection = await Connection.open(port)
    await connection.send(post(path, b"x" * length, EXPECT + headers)[:-length])
    answer = await connection.answer()
    assert (answer.status, answer.headers["connection"]) == (status, "close")
    assert await connection.is_closed()


async def test_under_overload_it_is_cut_as_well(guarded: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    overloaded = RefusedError(RefusalReason.DEADLINE, 1.0)
    monkeypatch.setattr(guarded.scheduler, "refusal", lambda patience_seconds: overloaded)
    async with serving(create_app(guarded), LIMITS) as port:
        connection = await Connection.open(port)
        await connection.send(post("/fill-mask", BODY, EXPECT)[: -len(BODY)])
        answer = await connection.answer()
        assert (answer.status, answer.headers["connection"]) == (429, "close")
        assert await connection.is_closed()


async def test_a_client_whose_body_is_wanted_is_asked_for_it_and_stays(port: int) -> None:
    connection = await Connection.open(port)
    for _ in range(2):
        await connection.send(post("/fill-mask", BODY, EXPECT + KEY)[: -len(BODY)])
        assert await connection.reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        await connection.send(BODY)
        answer = await connection.answer()
        assert answer.status == 200
        assert "connection" not in answer.headers
    connection.close()
