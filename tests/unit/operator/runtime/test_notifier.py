"""Telling people: once each, in order, beside everything else, and given up in the end."""

import asyncio
import logging

import pytest

from bertrelease_operator.adapters.errors import ConflictError, UnreachableError
from bertrelease_operator.adapters.notify.contract import DeliveryError, Message
from bertrelease_operator.api.notifications import NoticeKind, Receiver, ReceiverKind
from bertrelease_operator.api.status import NoticeStatus
from bertrelease_operator.runtime.notifier import MOST_TRIES
from tests.unit.operator.runtime.fake_cluster import Call, failing
from tests.unit.operator.runtime.scene import BAD, KEY, Scene

OPS: dict[str, object] = {"name": "ops", "kind": "webhook", "url": "http://ops.example.org/hook"}
HIDDEN: dict[str, object] = {"name": "chat", "kind": "apprise", "urlSecretRef": {"name": "chat"}}
PROMOTED = [("Started", "v1.0.0"), ("Promoted", "v1.0.0")]


async def first_version(*receivers: dict[str, object], scene: Scene | None = None) -> Scene:
    scene = scene or Scene()
    scene.release("v1.0.0", notifications=[*receivers] or [OPS])
    await scene.run(10)
    return scene


def store_secret(scene: Scene, **data: str) -> None:
    scene.cluster.seed({"kind": "Secret", "metadata": {"name": "chat", "namespace": KEY[0]}, "data": data})


async def test_what_happened_is_told_once_and_leaves_the_status() -> None:
    scene = await first_version()
    assert scene.mailbox.told == PROMOTED
    assert "notices" not in scene.status() or scene.status()["notices"] == []
    await scene.run(200)
    assert scene.mailbox.told == PROMOTED


async def test_nothing_is_told_before_it_stands_in_the_status() -> None:
    scene = Scene()
    scene.release("v1.0.0", notifications=[OPS])
    scene.cluster.fault = failing(UnreachableError("no"), verb="status", kind="BertRelease", times=99)
    with pytest.raises(UnreachableError):
        await scene.run(10)
    assert scene.mailbox.told == []


async def test_what_a_killed_process_had_told_is_told_again_under_the_same_id() -> None:
    scene = Scene()
    scene.release("v1.0.0", notifications=[OPS])

    def killed_after_telling(call: Call) -> BaseException | None:
        return KeyboardInterrupt() if call.kind == "BertRelease" and scene.mailbox.messages else None

    scene.cluster.fault = killed_after_telling
    with pytest.raises(KeyboardInterrupt):
        await scene.run(10)
    assert scene.mailbox.told == PROMOTED[:1]
    scene.notifier.stop()
    scene.cluster.fault = lambda _call: None
    scene.restart()
    await scene.run(10)
    assert scene.mailbox.told == [PROMOTED[0], *PROMOTED]
    assert len(set(scene.mailbox.ids)) == 2


async def test_a_receiver_that_hangs_delays_no_rollback_and_no_other_receiver() -> None:
    scene = Scene()
    never = asyncio.Event()

    class Hanging:
        async def send(self, url: str, message: Message) -> None:
            await never.wait()

    scene.notifier._senders = {**scene.notifier._senders, ReceiverKind.WEBHOOK: Hanging()}
    store_secret(scene, url="c2xhY2s6Ly94")
    await first_version(OPS, HIDDEN, scene=scene)
    await scene.run(100)
    scene.release("v1.1.0", notifications=[OPS, HIDDEN])
    await scene.run(5)
    scene.evidence["v1.1.0"] = BAD
    await scene.settle()
    assert scene.weights() == {"v1.0.0": 100}
    await scene.run(3)
    assert scene.mailbox.told[-1] == ("RolledBack", "v1.1.0")
    assert {name for notice in scene.status()["notices"] for name in notice["receivers"]} == {"ops"}
    scene.notifier.stop()


async def test_a_receiver_that_fails_is_tried_again_and_the_order_is_kept() -> None:
    scene = Scene()
    failures = iter([True, True, True])
    scene.mailbox.fault = lambda _message: DeliveryError("HTTP status 503") if next(failures, False) else None
    await first_version(scene=scene)
    assert scene.mailbox.told == PROMOTED
    assert scene.given_up == []


async def test_a_notice_that_nobody_takes_is_given_up_with_an_event_and_the_next_one_is_tried() -> None:
    scene = Scene()
    tries: list[str] = []

    def refuses_the_first(message: Message) -> DeliveryError | None:
        tries.append(message.notice.event)
        return DeliveryError("it answered with HTTP status 404") if message.notice.event == "Started" else None

    scene.mailbox.fault = refuses_the_first
    await first_version(scene=scene)
    assert (tries.count("Started"), scene.mailbox.told) == (MOST_TRIES, PROMOTED[1:])
    (event,) = scene.given_up
    assert event.reason == "NotificationDropped"
    assert event.message == ("ops could not be told of Started (v1.0.0) in 12 tries: it answered with HTTP status 404.")
    assert scene.status().get("notices", []) == []


async def test_an_address_is_read_from_its_secret_and_never_said(caplog: pytest.LogCaptureFixture) -> None:
    scene = Scene()
    caplog.set_level(logging.DEBUG)
    urls: list[str] = []

    async def send(url: str, message: Message) -> None:
        urls.append(url)
        if len(urls) == 1:
            raise ValueError(f"cannot parse {url}")

    scene.mailbox.send = send  # type: ignore[method-assign]
    store_secret(scene, url="c2xhY2s6Ly90b2tlbkEvdG9rZW5C")
    await first_version(HIDDEN, scene=scene)
    assert set(urls) == {"slack://tokenA/tokenB"}
    assert len(urls) == 3
    assert "chat was not told (try 1): an unforeseen ValueError" in caplog.text
    everything = caplog.text + str(scene.cluster.objects["BertRelease", *KEY])
    assert "tokenA" not in everything


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (None, "there is no Secret chat in namespace default"),
        ({"uri": "c2xhY2s6Ly94"}, "Secret chat has no key url"),
        ({"url": "%%%"}, "key url of Secret chat holds nothing that can be used"),
        ({"url": "/w=="}, "key url of Secret chat is no text"),
    ],
)
async def test_a_secret_that_is_not_there_is_said_so(
    data: dict[str, str] | None, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    scene = Scene()
    if data is not None:
        store_secret(scene, **data)
    await first_version(HIDDEN, scene=scene)
    assert f"chat was not told (try 1): {why}" in caplog.text
    assert all(event.message.endswith(f"tries: {why}.") for event in scene.given_up)


async def test_a_receiver_that_is_taken_out_while_it_is_tried_is_left_in_peace() -> None:
    scene = Scene()
    tries: list[str] = []

    def refuses(message: Message) -> DeliveryError:
        tries.append(message.notice.id)
        return DeliveryError("no answer")

    gate = asyncio.Event()

    async def pause(_seconds: float) -> None:
        await gate.wait()

    scene.mailbox.fault = refuses
    scene.notifier._sleep = pause
    await first_version(scene=scene)
    scene.release("v1.0.0", notifications=[])
    await scene.settle()
    gate.set()
    await scene.run(3)
    assert len(tries) == 1
    assert scene.given_up == []


async def test_who_may_not_lead_for_a_moment_tells_nothing_then_and_everything_afterwards() -> None:
    scene = Scene()
    scene.notifier._may_send = lambda: False
    await first_version(scene=scene)
    assert scene.mailbox.told == []
    assert [notice["event"] for notice in scene.status()["notices"]] == ["Started", "Promoted"]
    scene.notifier._may_send = lambda: True
    await scene._let_others_work()
    assert scene.mailbox.told == PROMOTED


async def test_who_has_lost_the_lease_stops_telling() -> None:
    scene = Scene()
    scene.mailbox.fault = lambda _message: DeliveryError("no")
    scene.notifier._sleep = asyncio.sleep
    await first_version(scene=scene)
    scene.notifier.stop()
    scene.mailbox.fault = lambda _message: None
    await scene._let_others_work()
    assert scene.mailbox.told == []


async def test_a_receiver_that_takes_nothing_is_given_up_after_as_many_tries_whoever_else_is_done_meanwhile() -> None:
    scene = Scene()
    notices = [
        NoticeStatus(
            id="1", event=NoticeKind.STARTED, version="v1.0.0", at="2026-01-01T00:00:00.000000Z", receivers=names
        )
        for names in (["chat", "ops"], ["ops"])
    ]
    receiver = Receiver.model_validate(OPS)

    async def others_are_done_after_the_fifth_try(_seconds: float) -> None:
        if len(tries) == 5:
            scene.notifier.want(KEY, notices[1:], [receiver])
        await asyncio.sleep(0)

    tries: list[str] = []

    def refuses(message: Message) -> DeliveryError:
        tries.append(message.notice.id)
        return DeliveryError("no answer")

    scene.mailbox.fault = refuses
    scene.notifier._sleep = others_are_done_after_the_fifth_try
    scene.notifier.want(KEY, notices[:1], [receiver])
    for _ in range(3):
        await scene._let_others_work()
    assert (len(tries), len(scene.given_up)) == (MOST_TRIES, 1)


async def test_tries_and_what_was_given_up_are_counted() -> None:
    scene = Scene()
    scene.mailbox.fault = lambda message: DeliveryError("no") if message.notice.event == "Started" else None
    await first_version(scene=scene)

    def count(result: str) -> float | None:
        labels = {"kind": "webhook", "result": result}
        return scene.telemetry.registry.get_sample_value("bertrelease_notifications_total", labels)

    assert [count(result) for result in ("sent", "failed", "dropped")] == [1, MOST_TRIES, 1]


LOST = {
    "an edit in the same moment": ConflictError("the object has been modified"),
    "an API server that is away": UnreachableError("no"),
}


@pytest.mark.parametrize("what", [None, *LOST])
async def test_a_rejection_by_hand_is_told_once_by_every_way_also_if_its_status_is_written_late(
    what: str | None,
) -> None:
    scene = await first_version()
    split = [{"version": "v1.0.0", "weight": 60}, {"version": "v1.1.0", "weight": 40}]
    scene.release("v1.1.0", notifications=[OPS], traffic=split)
    await scene.run(20)
    scene.evidence["v1.1.0"] = BAD
    if what is not None:
        scene.cluster.fault = failing(LOST[what], verb="status", kind="BertRelease")
        with pytest.raises(type(LOST[what])):
            await scene.settle()
        scene.now += 0.1
    await scene.run(20)
    assert scene.verdict("v1.1.0") == "Rejected"
    assert scene.mailbox.told == [*PROMOTED, ("RolledBack", "v1.1.0")]
    events = [obj["reason"] for key, obj in scene.cluster.objects.items() if key[0] == "Event"]
    assert events.count("ErrorRateFailed") == 1
    counted = scene.telemetry.registry.get_sample_value("bertrelease_rollbacks_total", {"reason": "ErrorRateFailed"})
    assert counted == 1


async def test_a_rejection_by_hand_is_told_also_if_the_operator_dies_before_its_status() -> None:
    for writes in range(1, 5):
        scene = await first_version()
        split = [{"version": "v1.0.0", "weight": 60}, {"version": "v1.1.0", "weight": 40}]
        scene.release("v1.1.0", notifications=[OPS], traffic=split)
        await scene.run(20)
        scene.evidence["v1.1.0"] = BAD
        await scene.run_until_killed(writes)
        scene.notifier.stop()
        scene.restart()
        await scene.run(20)
        assert scene.mailbox.told == [*PROMOTED, ("RolledBack", "v1.1.0")], writes


async def test_the_same_notices_again_start_nothing_anew() -> None:
    scene = Scene()
    notice = NoticeStatus(
        id="1", event=NoticeKind.STARTED, version="v1.0.0", at="2026-01-01T00:00:00.000000Z", receivers=["ops"]
    )
    receiver = Receiver.model_validate(OPS)
    for _ in range(5):
        scene.notifier.want(KEY, [notice], [receiver])
        await scene._let_others_work()
    assert scene.mailbox.ids == ["1"]
    assert scene.notifier.told(KEY) == {("1", "ops")}
    scene.notifier.want(KEY, [], [receiver])
    assert scene.notifier.told(KEY) == frozenset()
