"""Webhooks, against a real HTTP server on the loopback address."""

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bertrelease_operator.adapters.bodies import LARGEST_BODY_BYTES
from bertrelease_operator.adapters.gates.contract import GateQuestion
from bertrelease_operator.adapters.gates.webhook import SIGNATURE_HEADER, TIMESTAMP_HEADER, WAIT_SECONDS, WebhookGate
from bertrelease_operator.api.gates import Gate, GateKind
from bertrelease_operator.api.status import Verdict
from bertrelease_operator.core.gates.contract import GateResult, GateRun
from bertrelease_operator.render.metadata import Owner
from tests.unit.operator.adapters.gates.questions import RECORD
from tests.unit.operator.runtime.fake_cluster import FakeCluster

NOW = 1_700_000_000.5
KEY = "密钥".encode()


class Receiver:
    """Answers with `status` and `body`, and keeps what it was sent."""

    def __init__(self) -> None:
        self.status, self.body, self.headers = 200, '{"verdict": "pass", "message": "好"}', dict[str, str]()
        self.requests: list[tuple[dict[str, str], bytes]] = []
        self.paths: list[str] = []

    async def handle(self, request: web.Request) -> web.Response:
        self.paths.append(request.path)
        self.requests.append((dict(request.headers), await request.read()))
        return web.Response(status=self.status, text=self.body, headers=self.headers)

    async def ask(self, cluster: FakeCluster | None = None, **webhook: Any) -> GateResult:
        async with aiohttp.ClientSession() as session:
            gate = WebhookGate(cluster or FakeCluster(), session, now=lambda: NOW)
            return await gate.run(question(url=self.url, **webhook))

    url = ""


def question(**webhook: Any) -> GateQuestion:
    return GateQuestion(
        namespace="shop",
        release="bert",
        run=GateRun("hook", GateKind.WEBHOOK, "v1.1.0", "v1.0.0", 1, "traffic"),
        gate=Gate.model_validate({"name": "hook", "kind": "webhook", "webhook": webhook}),
        urls={"v1.1.0": "http://new", "v1.0.0": "http://old"},
        api_keys={},
        owner=Owner("BertRevision", "bert-v1-1-0", "shop", "uid"),
        record=RECORD,
        image="localhost/bert@sha256:12",
        fingerprint="sha256:ab",
    )


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    found = Receiver()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", found.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    found.url = f"http://127.0.0.1:{runner.addresses[0][1]}/judge"
    yield found
    await runner.cleanup()


@pytest.mark.parametrize(
    ("said", "verdict"),
    [("pass", Verdict.PASS), ("fail", Verdict.FAIL), ("wait", Verdict.INCONCLUSIVE)],
)
async def test_the_answer_is_the_verdict(receiver: Receiver, said: str, verdict: Verdict) -> None:
    receiver.body = json.dumps({"verdict": said, "message": "因为"})
    result = await receiver.ask()
    waits = WAIT_SECONDS if said == "wait" else None
    assert result == GateResult(verdict, "因为", again_in_seconds=waits)


async def test_it_is_told_what_is_to_be_judged(receiver: Receiver) -> None:
    await receiver.ask()
    ((headers, body),) = receiver.requests
    told = json.loads(body)
    assert headers["Content-Type"] == "application/json"
    assert SIGNATURE_HEADER not in headers
    assert len(told.pop("id")) == 32
    assert told == {
        "specversion": "1.0",
        "type": "io.bertrelease.gate",
        "source": "/namespaces/shop/bertreleases/bert",
        "time": "2023-11-14T22:13:20.500000Z",
        "namespace": "shop",
        "release": "bert",
        "version": "v1.1.0",
        "stable": "v1.0.0",
        "attempt": 1,
        "gate": "hook",
        "point": "traffic",
        "url": "http://new",
        "image": "localhost/bert@sha256:12",
        "fingerprint": "sha256:ab",
    }


def with_key(data: dict[str, str]) -> FakeCluster:
    cluster = FakeCluster()
    cluster.seed({"kind": "Secret", "metadata": {"name": "hook", "namespace": "shop"}, "data": data})
    return cluster


async def test_timestamp_and_body_are_signed(receiver: Receiver) -> None:
    cluster = with_key({"key": base64.b64encode(KEY).decode()})
    await receiver.ask(cluster, secret={"name": "hook"})
    ((headers, body),) = receiver.requests
    assert headers[TIMESTAMP_HEADER] == "1700000000"
    expected = hmac.new(KEY, b"1700000000." + body, hashlib.sha256).hexdigest()
    assert headers[SIGNATURE_HEADER] == f"sha256={expected}"


@pytest.mark.parametrize(
    ("cluster", "said"),
    [
        (FakeCluster(), "the key to sign with cannot be read"),
        (with_key({"other": ""}), "Secret hook has no key key"),
        (with_key({"key": "*"}), "key key of Secret hook holds nothing that can be used"),
        (with_key({"key": ""}), "key key of Secret hook holds nothing that can be used"),
    ],
)
async def test_without_its_key_nothing_is_sent(receiver: Receiver, cluster: FakeCluster, said: str) -> None:
    result = await receiver.ask(cluster, secret={"name": "hook"})
    assert (result.verdict, receiver.requests) == (Verdict.NO_DATA, [])
    assert said in result.message


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (500, '{"verdict": "pass"}', "HTTP status 500"),
        (403, '{"verdict": "fail"}', "HTTP status 403"),
        (200, "yes", "its answer is not"),
        (200, "[]", "its answer is not"),
        (200, '{"verdict": "perhaps"}', "its answer is not"),
        (200, '{"verdict": ["pass"]}', "its answer is not"),
        (200, '{"verdict": "pass", "message": "' + "x" * 4 * LARGEST_BODY_BYTES + '"}', "its answer is not"),
    ],
)
async def test_anything_else_is_no_data(receiver: Receiver, status: int, body: str, said: str) -> None:
    receiver.status, receiver.body = status, body
    result = await receiver.ask()
    assert result.verdict is Verdict.NO_DATA
    assert said in result.message


async def test_a_redirect_is_not_followed(receiver: Receiver) -> None:
    receiver.status, receiver.headers = 307, {"Location": "/elsewhere"}
    assert (await receiver.ask()).verdict is Verdict.NO_DATA
    assert receiver.paths == ["/judge"]


async def test_a_server_that_is_away_or_certificates_that_are_none_are_no_data(receiver: Receiver) -> None:
    pem = "-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----"
    assert (await receiver.ask(caBundle=pem)).verdict is Verdict.NO_DATA
    receiver.url = "http://127.0.0.1:1/"
    assert (await receiver.ask()).verdict is Verdict.NO_DATA
