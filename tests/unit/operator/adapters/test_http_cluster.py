"""Requests as they go out, and what the API server's answers mean."""

import gzip
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from kubernetes.aio.client import Configuration

from bertrelease_operator.adapters.bodies import AnswerBounds
from bertrelease_operator.adapters.connection import Connection
from bertrelease_operator.adapters.errors import (
    ClusterError,
    ConflictError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    TooLargeError,
    UnreachableError,
)
from bertrelease_operator.adapters.http_cluster import HttpCluster
from bertrelease_operator.adapters.resources import DEPLOYMENT, RELEASE, SERVICE

SERVICE_OBJECT: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "s", "namespace": "n"},
    "spec": {},
}


class FakeApi:
    """Remembers requests, and gives the answers that were put in."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str, dict[str, str], str, Any]] = []
        self.answers: list[tuple[int, Any]] = []
        self.always: Any = {}
        self.deflates = False

    async def handle(self, request: web.Request) -> web.Response:
        text = await request.text()
        body = json.loads(text) if text else None
        kind = request.headers.get("Content-Type", "")
        self.requests.append((request.method, request.path, dict(request.query), kind, body))
        status, answer = self.answers.pop(0) if self.answers else (200, self.always)
        if self.deflates:
            body = gzip.compress(json.dumps(answer).encode())
            return web.Response(body=body, headers={"Content-Encoding": "gzip"})
        return web.json_response(answer, status=status, headers={"Location": "/elsewhere"} if status == 302 else {})


@asynccontextmanager
async def served(fake: FakeApi, path: str = "", bounds: AnswerBounds | None = None) -> AsyncIterator[HttpCluster]:
    """A client of `fake`, which is below `path` of its server."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", fake.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    configuration = Configuration(host=f"http://127.0.0.1:{runner.addresses[0][1]}{path}")
    async with HttpCluster(Connection(configuration), bounds=bounds) as cluster:
        yield cluster
    await runner.cleanup()


@pytest.fixture
async def api() -> AsyncIterator[tuple[FakeApi, HttpCluster]]:
    fake = FakeApi()
    async with served(fake) as cluster:
        yield fake, cluster


async def test_an_apply_is_forced_under_our_own_name(api: tuple[FakeApi, HttpCluster]) -> None:
    fake, cluster = api
    fake.answers = [(200, {"metadata": {"resourceVersion": "5"}})]
    stored = await cluster.apply(SERVICE_OBJECT)
    ((method, path, query, kind, body),) = fake.requests
    assert (method, path) == ("PATCH", "/api/v1/namespaces/n/services/s")
    assert query == {"fieldManager": "bertrelease-operator", "force": "true"}
    assert (kind, body) == ("application/apply-patch+yaml", SERVICE_OBJECT)
    assert stored["metadata"]["resourceVersion"] == "5"


async def test_a_precondition_goes_along_with_the_object(api: tuple[FakeApi, HttpCluster]) -> None:
    fake, cluster = api
    await cluster.apply(SERVICE_OBJECT, resource_version="7")
    assert fake.requests[0][4]["metadata"]["resourceVersion"] == "7"
    assert "resourceVersion" not in SERVICE_OBJECT["metadata"]


async def test_a_status_is_patched_in_its_subresource(api: tuple[FakeApi, HttpCluster]) -> None:
    fake, cluster = api
    metadata = {"name": "r", "namespace": "n", "resourceVersion": "3"}
    patch = {"kind": "BertRelease", "metadata": metadata, "status": {"phase": "Healthy"}}
    await cluster.merge(patch, subresource="status")
    method, path, _, kind, _ = fake.requests[0]
    assert (method, path) == ("PATCH", f"{RELEASE.path('n', 'r')}/status")
    assert kind == "application/merge-patch+json"


async def test_lists_are_read_to_the_last_page_and_objects_know_their_kind(api: tuple[FakeApi, HttpCluster]) -> None:
    fake, cluster = api
    fake.answers = [
        (200, {"metadata": {"continue": "more"}, "items": [{"metadata": {"name": "a"}}]}),
        (200, {"metadata": {}, "items": [{"metadata": {"name": "b"}}]}),
    ]
    found = await cluster.list(DEPLOYMENT)
    assert [(obj["kind"], obj["metadata"]["name"]) for obj in found] == [("Deployment", "a"), ("Deployment", "b")]
    assert fake.requests[0][2]["labelSelector"] == "app.kubernetes.io/managed-by=bertrelease"
    assert fake.requests[1][2]["continue"] == "more"


@pytest.mark.parametrize("path", ["/k8s/clusters/c-1", "/k8s/clusters/c-1/"])
async def test_an_api_server_behind_a_path_of_another_server_is_asked_there(path: str) -> None:
    fake = FakeApi()
    async with served(fake, path) as cluster:
        await cluster.get(SERVICE, "n", "s")
    assert fake.requests[0][1] == "/k8s/clusters/c-1/api/v1/namespaces/n/services/s"


async def test_nobody_is_followed_to_another_place(api: tuple[FakeApi, HttpCluster]) -> None:
    fake, cluster = api
    fake.answers = [(302, {})]
    with pytest.raises(ClusterError, match="HTTP 302"):
        await cluster.get(SERVICE, "n", "s")
    assert len(fake.requests) == 1


BOUNDS = AnswerBounds(page_objects=2, pages=3, answer_bytes=1000, answer_values=50)


async def test_a_list_without_end_is_left_after_as_many_pages_as_are_allowed() -> None:
    fake = FakeApi()
    fake.always = {"metadata": {"continue": "more"}, "items": [{"metadata": {"name": "a"}}]}
    async with served(fake, bounds=BOUNDS) as cluster:
        with pytest.raises(TooLargeError):
            await cluster.list(DEPLOYMENT)
    assert [request[2]["limit"] for request in fake.requests] == ["2", "2", "2"]


@pytest.mark.parametrize("answer", [{"long": "x" * 1000}, {"many": [[]] * 50}])
@pytest.mark.parametrize("status", [200, 500])
async def test_an_answer_that_is_too_large_is_not_read_to_its_end(answer: dict[str, Any], status: int) -> None:
    fake = FakeApi()
    fake.answers = [(status, answer)] * 2
    async with served(fake, bounds=BOUNDS) as cluster:
        with pytest.raises(TooLargeError):
            await cluster.get(SERVICE, "n", "s")
    async with served(fake) as cluster:
        fake.answers = [(200, answer)]
        assert await cluster.get(SERVICE, "n", "s") == answer, "our own API server is not bounded"


async def test_what_a_bounded_server_packed_is_not_unpacked() -> None:
    fake = FakeApi()
    fake.deflates, fake.always = True, {"long": "x" * 100_000}
    async with served(fake, bounds=BOUNDS) as cluster:
        with pytest.raises(ValueError, match=r"JSON|utf"):
            await cluster.get(SERVICE, "n", "s")


async def test_only_the_object_that_was_seen_is_deleted(api: tuple[FakeApi, HttpCluster]) -> None:
    fake, cluster = api
    await cluster.delete(SERVICE, "n", "s", uid="u-1")
    assert fake.requests[0][4]["preconditions"] == {"uid": "u-1"}


async def test_what_is_gone_already_may_be_deleted_again(api: tuple[FakeApi, HttpCluster]) -> None:
    fake, cluster = api
    fake.answers = [(404, {"message": "not found"})]
    await cluster.delete(SERVICE, "n", "s", uid="u-1")
    assert len(fake.requests) == 1


@pytest.mark.parametrize(
    ("status", "message", "error", "said"),
    [
        (401, "Unauthorized", ForbiddenError, "Unauthorized"),
        (403, "no", ForbiddenError, "grant the operator the verb for 'apply' on services"),
        (404, "no such namespace", NotFoundError, "no such namespace"),
        (409, "modified", ConflictError, "modified"),
        (422, "spec.ports: Required value", InvalidError, "spec.ports: Required value"),
        (429, "slow down", UnreachableError, "slow down"),
        (500, "failed to create typed patch object (x)", InvalidError, "install the CRDs"),
        (503, "starting", UnreachableError, "starting"),
    ],
)
async def test_errors_tell_apart_what_to_do_next(
    api: tuple[FakeApi, HttpCluster], status: int, message: str, error: type[ClusterError], said: str
) -> None:
    fake, cluster = api
    fake.answers = [(status, {"kind": "Status", "message": message})]
    with pytest.raises(error) as caught:
        await cluster.apply(SERVICE_OBJECT)
    assert said in str(caught.value)
    assert "/api/v1/namespaces/n/services/s" in str(caught.value)


async def test_an_api_server_that_is_not_there_is_unreachable() -> None:
    async with HttpCluster(Connection(Configuration(host="http://127.0.0.1:1"))) as cluster:
        with pytest.raises(UnreachableError, match="services/s"):
            await cluster.get(SERVICE, "n", "s")


async def test_requests_are_told_to_the_observer() -> None:
    seen: list[tuple[str, str, str]] = []
    connection = Connection(Configuration(host="http://127.0.0.1:1"))
    async with HttpCluster(connection, lambda verb, kind, status, _: seen.append((verb, kind, status))) as cluster:
        with pytest.raises(UnreachableError):
            await cluster.apply(SERVICE_OBJECT)
    assert seen == [("apply", "services", "error")]
