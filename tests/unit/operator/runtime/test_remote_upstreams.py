"""Asking other clusters: again and again, and what is said of one that does not answer."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from bertrelease_operator.adapters.errors import ForbiddenError, UnreachableError
from bertrelease_operator.adapters.other_clusters import Followed
from bertrelease_operator.api.names import child_name
from bertrelease_operator.api.promotion import Upstream
from bertrelease_operator.runtime import remote_upstreams
from bertrelease_operator.runtime.remote_upstreams import STALE_SECONDS, RemoteUpstreams
from tests.unit.operator.runtime.fake_cluster import FakeCluster
from tests.unit.operator.runtime.scene import RELEASE, Scene

FOLLOWER = ("prod", "bert")
UPSTREAM = Upstream.model_validate(
    {"name": "bert", "namespace": "staging", "kubeconfigSecretRef": {"name": "staging-reader"}}
)


def stored(stable: str) -> Followed:
    metadata = {"name": "bert", "namespace": "staging", "uid": "uid", "resourceVersion": "1"}
    status = {"stable": stable, "aFieldOfTheFuture": 1}
    return Followed({"kind": "BertRelease", "metadata": metadata, "spec": {}, "status": status}, ())


class Setting:
    """Another cluster that answers with `answer`, and a clock that moves with the pauses between questions."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.answer: Callable[[], Followed] = lambda: stored("v1.0.0")
        self.now = 0.0
        self.pauses: list[float] = []
        self.woken: list[tuple[str, str]] = []
        self.silent: set[str] = set()  # names that are not answered for before it is
        self.late = asyncio.Event()
        monkeypatch.setattr(remote_upstreams, "read_followed", self._read)
        self.remote = RemoteUpstreams(FakeCluster(), self.woken.append, clock=lambda: self.now, sleep=self._sleep)

    async def _read(self, *asked: Any) -> Followed:
        if asked[-1] in self.silent:
            await self.late.wait()
        return self.answer()

    async def _sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)

    async def ask(self, times: int) -> None:
        """Until there were `times` more questions."""
        until = len(self.pauses) + times
        while len(self.pauses) < until:
            self.remote.view(FOLLOWER, UPSTREAM)
            await asyncio.sleep(0)

    async def until_woken(self) -> None:
        for _ in range(1000):
            if FOLLOWER in self.woken:
                return
            await asyncio.sleep(0.001)
        raise AssertionError("the follower is not woken")

    def raise_(self, error: Exception) -> None:
        def answer() -> Followed:
            raise error

        self.answer = answer


@pytest.fixture
def setting(monkeypatch: pytest.MonkeyPatch) -> Setting:
    return Setting(monkeypatch)


async def test_nothing_is_known_before_the_first_answer_which_wakes_the_follower(setting: Setting) -> None:
    assert setting.remote.view(FOLLOWER, UPSTREAM) is None
    await setting.ask(1)
    view = setting.remote.view(FOLLOWER, UPSTREAM)
    assert view is not None
    assert view.stable == "v1.0.0"
    assert setting.woken == [FOLLOWER]
    await setting.ask(3)
    assert setting.woken == [FOLLOWER], "the same answer again is no news"
    setting.answer = lambda: stored("v1.1.0")
    await setting.ask(1)
    assert setting.woken == [FOLLOWER, FOLLOWER]
    setting.remote.stop()


async def test_a_short_silence_changes_nothing_and_a_long_one_is_a_problem(setting: Setting) -> None:
    await setting.ask(1)
    setting.raise_(UnreachableError("the API server of Secret staging-reader does not answer"))
    await setting.ask(1)
    view = setting.remote.view(FOLLOWER, UPSTREAM)
    assert view is not None
    assert view.stable == "v1.0.0"
    while setting.now < 3 * STALE_SECONDS:
        await setting.ask(1)
    view = setting.remote.view(FOLLOWER, UPSTREAM)
    assert view is not None
    assert view.problem == "the API server of Secret staging-reader does not answer"
    assert setting.pauses[-1] > setting.pauses[0], "it asks less often"
    setting.answer = lambda: stored("v1.0.0")
    await setting.ask(1)
    view = setting.remote.view(FOLLOWER, UPSTREAM)
    assert view is not None
    assert view.problem == ""
    setting.remote.stop()


async def test_what_was_never_read_is_a_problem_at_once(setting: Setting) -> None:
    setting.raise_(ForbiddenError("the operator may not read Secret staging-reader"))
    await setting.ask(1)
    view = setting.remote.view(FOLLOWER, UPSTREAM)
    assert view is not None
    assert view.problem == "the operator may not read Secret staging-reader"
    setting.remote.stop()


async def test_a_fault_of_ours_does_not_end_the_asking(setting: Setting) -> None:
    setting.raise_(RuntimeError("a fault"))
    await setting.ask(2)
    setting.answer = lambda: stored("v1.0.0")
    await setting.ask(1)
    view = setting.remote.view(FOLLOWER, UPSTREAM)
    assert view is not None
    assert view.stable == "v1.0.0"
    setting.remote.stop()


async def test_who_never_gets_an_answer_keeps_nobody_else_waiting_for_ever(
    setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote_upstreams, "ASK_SECONDS", 0.01)
    silent = [UPSTREAM.model_copy(update={"name": f"silent-{n}"}) for n in range(8)]
    setting.silent |= {one.name for one in silent}
    for one in silent:
        setting.remote.view(("prod", one.name), one)
    setting.remote.view(FOLLOWER, UPSTREAM)
    await setting.until_woken()
    view = setting.remote.view(("prod", "silent-0"), silent[0])
    assert view is not None
    assert view.problem == "its cluster gave no whole answer within 0.01 s"
    setting.remote.stop()


async def test_what_was_read_long_ago_is_a_problem_also_if_its_turn_does_not_come(setting: Setting) -> None:
    await setting.ask(1)
    before = setting.remote.view(FOLLOWER, UPSTREAM)
    setting.silent.add("bert")
    for _ in range(20):
        await asyncio.sleep(0)
    setting.now += STALE_SECONDS
    view = setting.remote.view(FOLLOWER, UPSTREAM)
    assert view is not None
    assert view.problem == "its cluster was not heard of for 60 s"
    setting.woken.clear()
    setting.late.set()
    await setting.until_woken()
    assert setting.remote.view(FOLLOWER, UPSTREAM) == before, "the follower is woken although nothing changed there"
    setting.remote.stop()


SECRET = "SECRET-FROM-ELSEWHERE " + "x" * 2000


def with_status(**status: Any) -> Followed:
    found = stored("v1.0.0")
    return Followed({**found.release, "status": status}, found.revisions)


def with_revision(**metadata: Any) -> Followed:
    revision = {"metadata": {"ownerReferences": [{"uid": "uid"}], **metadata}, "spec": {}}
    return Followed(stored("v1.0.0").release, (revision,))


@pytest.mark.parametrize(
    "answer",
    [
        with_status(weights={"desired": {SECRET: "y"}}),
        with_status(stable={SECRET: 1}),
        with_revision(ownerReferences=[SECRET]),
        with_revision(ownerReferences=7),
        Followed({"metadata": SECRET}, with_revision().revisions),
        Followed({"metadata": {"namespace": SECRET, "name": SECRET}, "kind": SECRET, "status": [SECRET]}, ()),
    ],
)
async def test_an_answer_of_the_wrong_form_is_told_in_words_of_ours(
    setting: Setting, caplog: pytest.LogCaptureFixture, answer: Followed
) -> None:
    setting.answer = lambda: answer
    await setting.ask(2)
    view = setting.remote.view(FOLLOWER, UPSTREAM)
    assert view is not None
    assert view.problem == (
        "what the API server of Secret staging-reader answers does not fit this operator's schema: install the "
        "operator and its CRDs in the same version here and there"
    )
    assert [record.getMessage().partition(" (")[0] for record in caplog.records] == [view.problem]
    assert "SECRET" not in caplog.text or len(caplog.text) < 1000
    setting.remote.stop()


async def test_a_moment_that_is_none_is_told_in_words_of_ours(setting: Setting) -> None:
    made = Scene()
    made.release("v1.0.0")
    await made.run(5)
    release, revision = made.object("BertRelease", RELEASE), made.object("BertRevision", child_name(RELEASE, "v1.0.0"))
    revision = {**revision, "metadata": {**revision["metadata"], "creationTimestamp": SECRET}}
    setting.answer = lambda: Followed(release, (revision,))
    await setting.ask(1)
    view = setting.remote.view(FOLLOWER, UPSTREAM)
    assert view is not None
    assert "does not fit this operator's schema" in view.problem
    setting.remote.stop()


async def test_nobody_is_asked_for_who_does_not_follow_any_more(setting: Setting) -> None:
    await setting.ask(1)
    setting.remote.forget(FOLLOWER)
    asked = len(setting.pauses)
    for _ in range(20):
        await asyncio.sleep(0)
    assert len(setting.pauses) == asked


async def test_another_upstream_is_read_anew(setting: Setting) -> None:
    await setting.ask(1)
    assert setting.remote.view(FOLLOWER, UPSTREAM.model_copy(update={"name": "another"})) is None
    setting.remote.stop()
