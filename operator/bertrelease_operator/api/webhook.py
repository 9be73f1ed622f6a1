"""A question to a server of the user's own."""

from typing import Annotated

from pydantic import Field

from bertrelease_operator.api.base import ApiModel, matching
from bertrelease_operator.api.secrets import SecretKeyName, SecretValue
from bertrelease_operator.api.values import HttpUrl

Certificates = Annotated[
    str,
    matching(
        r"^\s*-----BEGIN CERTIFICATE-----[\s\S]+-----END CERTIFICATE-----\s*$",
        "write certificates as PEM, beginning with -----BEGIN CERTIFICATE-----",
        max_length=65_536,
    ),
]


class SigningKey(SecretValue):
    """What requests are signed with; the operator must be granted to read the Secret."""

    key: SecretKeyName = Field(default="key", description="Key in it.")


class Webhook(ApiModel):
    """Posts what is to be judged, and takes the answer for the verdict."""

    url: HttpUrl = Field(description="Where to; redirects are not followed.")
    timeout_seconds: Annotated[int, Field(ge=1, le=60)] = Field(
        default=10, description="An answer that takes longer is none. It is asked again, ever more slowly."
    )
    secret: SigningKey | None = Field(
        default=None, description="Key by which timestamp and body are signed (HMAC-SHA256)."
    )
    ca_bundle: Certificates | None = Field(
        default=None, description="Certificates that are trusted, as PEM; the system's by default."
    )
