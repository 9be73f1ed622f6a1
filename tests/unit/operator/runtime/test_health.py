"""What only a restart can mend."""

from typing import Any

from bertrelease_operator.adapters.resources import WATCHED
from bertrelease_operator.runtime.health import STUCK_SECONDS, UNWATCHED_SECONDS, Health
from bertrelease_operator.runtime.heartbeat import DEAF_SECONDS, WatchHeartbeat
from bertrelease_operator.runtime.queue import WorkQueue
from bertrelease_operator.runtime.watches import unwatched
from tests.unit.operator.runtime.test_queue import FakeTimer


def obj(version: int) -> dict[str, Any]:
    return {"kind": "Service", "metadata": {"resourceVersion": str(version)}}


class Setting:
    def __init__(self) -> None:
        self.timer = FakeTimer()
        self.queue: WorkQueue[tuple[str, str]] = WorkQueue(self.timer)
        self.heartbeat = WatchHeartbeat(self.timer.time)
        self.missing: list[str] = []
        self.health = Health(self.queue, self.heartbeat, lambda: self.missing, self.timer.time)


def test_a_process_that_has_nothing_to_do_is_well() -> None:
    setting = Setting()
    setting.timer.advance(100_000)
    assert setting.health.problems() == []


def test_a_watch_that_is_missing_for_too_long_is_a_problem() -> None:
    setting = Setting()
    setting.missing = ["pods"]
    setting.timer.advance(UNWATCHED_SECONDS)
    assert setting.health.problems() == []
    setting.timer.advance(1)
    assert setting.health.problems() == ["nothing watches pods"]
    setting.missing = []
    assert setting.health.problems() == []


def test_a_write_that_never_comes_back_as_an_event_is_a_problem() -> None:
    setting = Setting()
    setting.heartbeat.wrote(obj(7))
    setting.heartbeat.heard(obj(6))
    setting.timer.advance(DEAF_SECONDS + 1)
    assert setting.health.problems() == ["the watch of Service does not tell of our own writes"]
    setting.heartbeat.heard(obj(8))
    assert setting.health.problems() == []


def test_an_event_that_overtakes_the_answer_to_the_write_is_heard() -> None:
    setting = Setting()
    setting.heartbeat.heard(obj(7))
    setting.heartbeat.wrote(obj(7))
    setting.timer.advance(DEAF_SECONDS + 1)
    assert setting.health.problems() == []


async def test_a_release_that_stays_in_the_queue_is_a_problem() -> None:
    setting = Setting()
    setting.queue.add(("default", "bert"))
    await setting.queue.get()
    setting.timer.advance(STUCK_SECONDS + 1)
    assert setting.health.problems() == ["a release has been in the queue for 121 s"]
    setting.queue.done(("default", "bert"), failed=True)
    assert setting.health.problems() == []


def test_without_any_task_nothing_is_watched() -> None:
    assert {"bertreleases", "pods", "virtualservices"} <= set(unwatched([], WATCHED))
