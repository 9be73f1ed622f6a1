"""CloudEvents by HTTP."""

import json

import aiohttp
import pytest

from bertrelease_operator.adapters.notify.contract import DeliveryError
from bertrelease_operator.adapters.notify.webhook import Webhook, cloud_event
from tests.unit.operator.adapters.notify.receiving import ROLLED_BACK, receiving

# What CloudEvents 1.0 asks for, and the types of what it allows (its JSON schema).
REQUIRED = {"id", "source", "specversion", "type"}
ALLOWED = REQUIRED | {"datacontenttype", "dataschema", "subject", "time", "data", "data_base64"}


async def send(url: str) -> None:
    async with aiohttp.ClientSession() as session:
        await Webhook(session).send(url, ROLLED_BACK)


def test_the_event_is_a_cloud_event() -> None:
    event = cloud_event(ROLLED_BACK)
    assert set(event) >= REQUIRED
    assert set(event) <= ALLOWED
    assert all(isinstance(event[name], str) and event[name] for name in set(event) - {"data"})
    assert event["specversion"] == "1.0"
    assert event["type"] == "io.bertrelease.release.rolledback"
    assert event["source"] == "/apis/bertrelease.io/v1alpha1/namespaces/nlp/bertreleases/fill-mask"
    assert json.loads(json.dumps(event)) == event


async def test_a_receiver_gets_the_event_with_its_chinese_text() -> None:
    async with receiving() as receiver:
        await send(f"{receiver.url}/hook?token=geheim")
        ((path, content_type, body),) = receiver.requests
    assert (path, content_type) == ("/hook?token=geheim", "application/cloudevents+json; charset=utf-8")
    assert body == cloud_event(ROLLED_BACK)
    assert body["data"]["model"] == "中文完形填空"


@pytest.mark.parametrize("status", [300, 400, 404, 429, 500, 503])
async def test_what_is_not_2xx_was_not_taken(status: int) -> None:
    async with receiving(status) as receiver:
        with pytest.raises(DeliveryError, match=f"HTTP status {status}"):
            await send(receiver.url)


async def test_a_redirect_is_not_followed() -> None:
    async with receiving() as elsewhere, receiving(307, location=f"{elsewhere.url}/stolen") as receiver:
        with pytest.raises(DeliveryError, match="HTTP status 307"):
            await send(receiver.url)
        assert elsewhere.requests == []


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/geheim", "geheim", "", "ftp://127.0.0.1/geheim"])
async def test_an_address_where_nobody_answers_is_not_said(url: str) -> None:
    with pytest.raises(DeliveryError) as failed:
        await send(url)
    assert "no answer" in str(failed.value)
    assert "geheim" not in str(failed.value)
    assert "127.0.0.1" not in str(failed.value)
