"""Messages by apprise, to services as they are spoken to in production, but for their host."""

import logging

import apprise
import pytest
from apprise.plugins.dingtalk import NotifyDingTalk
from apprise.plugins.feishu import NotifyFeishu
from apprise.plugins.wecombot import NotifyWeComBot

from bertrelease_operator.adapters.notify.apprise import SERVICES, AppriseMessages, text_of
from bertrelease_operator.adapters.notify.contract import DeliveryError
from tests.unit.operator.adapters.notify.receiving import ROLLED_BACK, Receiver, receiving

# apprise asks for it when it loads its plugin for mail.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

TOKEN = "a" * 32
TITLE, BODY = text_of(ROLLED_BACK)


@pytest.fixture
def messages() -> AppriseMessages:
    return AppriseMessages()


def lead_to(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(NotifyDingTalk, "notify_url", f"{receiver.url}/robot/send?access_token={{token}}")
    monkeypatch.setattr(NotifyFeishu, "notify_url", f"{receiver.url}/hook/{{token}}/")
    monkeypatch.setattr(NotifyWeComBot, "notify_url", f"{receiver.url}/webhook/send?key={{key}}")


def test_the_text_says_what_happened_to_which_version_of_what() -> None:
    assert TITLE == "nlp/fill-mask: v1.1.0 was rolled back"
    assert "“火锅”太多了" in BODY
    assert "Model: 中文完形填空" in BODY


async def test_dingtalk_gets_the_chinese_text(messages: AppriseMessages, monkeypatch: pytest.MonkeyPatch) -> None:
    async with receiving() as receiver:
        lead_to(receiver, monkeypatch)
        await messages.send(f"dingtalk://{TOKEN}", ROLLED_BACK)
        ((path, _, body),) = receiver.requests
    assert path == f"/robot/send?access_token={TOKEN}"
    assert body["msgtype"] == "text"
    assert body["text"]["content"].splitlines() == [TITLE, *BODY.splitlines()]


async def test_feishu_gets_the_chinese_text(messages: AppriseMessages, monkeypatch: pytest.MonkeyPatch) -> None:
    async with receiving() as receiver:
        lead_to(receiver, monkeypatch)
        await messages.send(f"feishu://{TOKEN}", ROLLED_BACK)
        ((path, _, body),) = receiver.requests
    assert path == f"/hook/{TOKEN}/"
    assert body["msg_type"] == "text"
    assert TITLE in body["content"]["text"]
    assert "“火锅”太多了" in body["content"]["text"]


async def test_wecom_gets_the_chinese_text(messages: AppriseMessages, monkeypatch: pytest.MonkeyPatch) -> None:
    async with receiving() as receiver:
        lead_to(receiver, monkeypatch)
        await messages.send(f"wecombot://{TOKEN}", ROLLED_BACK)
        ((_, _, body),) = receiver.requests
    assert "“火锅”太多了" in str(body)


async def test_a_service_that_refuses_is_a_failure_that_says_no_token(
    messages: AppriseMessages, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with receiving(status=500) as receiver:
        lead_to(receiver, monkeypatch)
        with pytest.raises(DeliveryError) as failed:
            await messages.send(f"dingtalk://{TOKEN}", ROLLED_BACK)
    assert len(receiver.requests) == 1
    assert TOKEN not in str(failed.value) + caplog.text


@pytest.mark.parametrize("url", ["dbus://", "syslog://", "json://127.0.0.1", "hassio://x", "nonsense", ""])
async def test_what_is_no_service_for_people_is_refused_by_name(messages: AppriseMessages, url: str) -> None:
    with pytest.raises(DeliveryError, match="its URL must begin with one of dingtalk, discord, feishu"):
        await messages.send(url, ROLLED_BACK)


@pytest.mark.parametrize(
    "others", [", syslog://", ",json://{host}", ";dbus://", " syslog://", "\nsyslog://", "/?x=,syslog://", ", slack://"]
)
async def test_a_list_of_urls_is_refused_and_none_of_them_is_told(
    messages: AppriseMessages, monkeypatch: pytest.MonkeyPatch, others: str
) -> None:
    async with receiving() as receiver:
        lead_to(receiver, monkeypatch)
        url = f"feishu://{TOKEN}" + others.format(host=receiver.url.removeprefix("http://"))
        with pytest.raises(DeliveryError, match="its URL must be a single one"):
            await messages.send(url, ROLLED_BACK)
    assert receiver.requests == []


async def test_what_apprise_reads_as_another_service_than_it_begins_with_is_refused(
    messages: AppriseMessages, monkeypatch: pytest.MonkeyPatch
) -> None:
    syslog = apprise.Apprise.instantiate("syslog://")
    monkeypatch.setattr(apprise.Apprise, "instantiate", lambda *_args, **_options: syslog)
    with pytest.raises(DeliveryError, match="its URL must be a single one"):
        await messages.send(f"feishu://{TOKEN}", ROLLED_BACK)


async def test_mail_to_several_people_is_one_url(messages: AppriseMessages, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[int] = []

    def notify(client: apprise.Apprise, **_message: object) -> bool:
        told.append(len(client))
        return True

    monkeypatch.setattr(apprise.Apprise, "notify", notify)
    await messages.send("mailtos://ada:secret@example.org?to=bob@example.org,eve@example.org", ROLLED_BACK)
    assert told == [1]


async def test_a_url_that_is_incomplete_is_a_failure(messages: AppriseMessages) -> None:
    with pytest.raises(DeliveryError, match="see that the URL is complete"):
        await messages.send("slack://", ROLLED_BACK)


def test_every_service_is_one_that_apprise_knows() -> None:
    known = {
        protocol
        for service in apprise.Apprise().details()["schemas"]
        for protocol in (*(service["protocols"] or ()), *(service["secure_protocols"] or ()))
    }
    assert known >= SERVICES
