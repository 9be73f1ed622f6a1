"""A client of the toy server, without a network."""

from collections.abc import AsyncIterator

import httpx
import pytest

from bert_server.app import create_app
from bert_server.service import Service


@pytest.fixture
async def client(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=create_app(service))
    async with httpx.AsyncClient(transport=transport, base_url="http://toy") as client:
        yield client
