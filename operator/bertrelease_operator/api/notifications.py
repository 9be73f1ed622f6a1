"""Who is told what happens to a release."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from bertrelease_operator.api.base import LIST_SET, ApiModel
from bertrelease_operator.api.secrets import SecretKeyName, SecretValue
from bertrelease_operator.api.values import CheckName, HttpUrl


class NoticeKind(StrEnum):
    """What people are told of."""

    STARTED = "Started"
    PAUSED = "Paused"
    NEEDS_APPROVAL = "NeedsApproval"
    ROLLED_BACK = "RolledBack"
    PROMOTED = "Promoted"
    UPSTREAM_REVOKED = "UpstreamRevoked"


class ReceiverKind(StrEnum):
    WEBHOOK = "webhook"
    APPRISE = "apprise"


class SecretUrl(SecretValue):
    """An address that holds credentials."""

    key: SecretKeyName = Field(default="url", description="In its data.")


class Receiver(ApiModel):
    """Somebody to tell."""

    name: CheckName = Field(description="For people, and to tell receivers apart.")
    kind: ReceiverKind = Field(
        description=(
            "webhook: a POST of a CloudEvent in JSON. apprise: a message to Slack, DingTalk, Feishu, WeCom, mail or "
            "another service, by the URL that apprise has for it."
        )
    )
    events: Annotated[list[NoticeKind], Field(min_length=1, max_length=16)] = Field(
        default_factory=lambda: list(NoticeKind),
        description="Of what; everything by default.",
        json_schema_extra=LIST_SET,
    )
    url: HttpUrl | None = Field(default=None, description="Of a webhook, where nothing in it is secret.")
    url_secret_ref: SecretUrl | None = Field(
        default=None, description="Where the URL is; read each time, and never logged."
    )
