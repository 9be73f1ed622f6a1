"""A release in another cluster, whose API server may be anybody's."""

from collections.abc import AsyncIterator
from typing import Any, cast

import pytest
from aiohttp import web
from kubernetes.aio.client import Configuration

from bertrelease_operator.adapters import other_clusters
from bertrelease_operator.adapters.cluster import Cluster
from bertrelease_operator.adapters.connection import Connection
from bertrelease_operator.adapters.errors import ClusterError
from bertrelease_operator.adapters.other_clusters import Followed, read_followed
from bertrelease_operator.api.promotion import KubeconfigSecret
from bertrelease_operator.api.recording import LONGEST_DATA, LONGEST_POLICY, MOST_CHUNKS, MOST_EDGES
from bertrelease_operator.api.status import MOST_TOLD
from bertrelease_operator.core.story.bounds import LONGEST_STORY_BYTES

MOST_RECORDS = 80  # of a release with history.keep at its most


class Elsewhere:
    """Answers for release `bert`, and is as large as it is told to be."""

    def __init__(self) -> None:
        self.release: Any = {"metadata": {"name": "bert"}, "spec": {}}
        self.revisions: list[Any] = []
        self.text = ""  # instead of all this
        self.pages = 0

    async def handle(self, request: web.Request) -> web.Response:
        if self.text:
            return web.Response(text=self.text)
        if "bertrevisions" not in request.path:
            return web.json_response(self.release)
        self.pages += 1
        start, size = int(request.query.get("continue") or 0), int(request.query["limit"])
        rest = str(start + size) if start + size < len(self.revisions) else ""
        page = self.revisions[start : start + size]
        return web.json_response({"metadata": {"continue": rest}, "items": page})


@pytest.fixture
async def elsewhere(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Elsewhere]:
    there = Elsewhere()
    app = web.Application()
    app.router.add_get("/{path:.*}", there.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]

    async def connection(*_: object) -> Connection:
        return Connection(Configuration(host=f"http://127.0.0.1:{port}"))

    monkeypatch.setattr(other_clusters, "_connection", connection)
    yield there
    await runner.cleanup()


async def read() -> Followed:
    return await read_followed(cast(Cluster, None), "prod", KubeconfigSecret(name="reader"), "staging", "bert")


async def test_the_longest_history_that_there_can_be_is_read(elsewhere: Elsewhere) -> None:
    looks = [{"edgesMs": [1234.5] * MOST_EDGES, "data": "x" * (LONGEST_DATA // MOST_CHUNKS)}] * MOST_CHUNKS
    story = [{"message": "x" * (LONGEST_STORY_BYTES // MOST_TOLD), "checks": [0] * 10}] * MOST_TOLD
    recording = {"policy": '"a":1,' * (LONGEST_POLICY // 6), "looks": looks}
    record = {"metadata": {"name": "r"}, "status": {"story": story, "recording": recording}}
    elsewhere.revisions = [record] * MOST_RECORDS
    assert len((await read()).revisions) == MOST_RECORDS
    assert elsewhere.pages > 1


@pytest.mark.parametrize(
    "revisions", [[{"metadata": {}}] * 100_000, [{"junk": "x" * 10_000_000}], [{"junk": [[]] * 500_000}]]
)
async def test_a_server_that_has_no_end_is_left(elsewhere: Elsewhere, revisions: list[Any]) -> None:
    elsewhere.revisions = revisions
    with pytest.raises(ClusterError, match=r"Secret reader gives no answer that can be used \(TooLargeError\)"):
        await read()
    assert elsewhere.pages <= 10


@pytest.mark.parametrize("answer", [5, [], "x", None])
async def test_what_is_no_release_is_no_answer_and_not_repeated(elsewhere: Elsewhere, answer: object) -> None:
    elsewhere.revisions = [answer]
    with pytest.raises(ClusterError, match="gives no answer that can be used"):
        await read()


async def test_an_answer_that_is_nested_without_end_is_no_answer(elsewhere: Elsewhere) -> None:
    elsewhere.text = "[" * 50_000
    with pytest.raises(ClusterError, match="gives no answer that can be used"):
        await read()
