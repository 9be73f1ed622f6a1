"""Values in Secrets of the release's own namespace."""

from typing import Annotated

from pydantic import Field

from bertrelease_operator.api.base import ApiModel, matching
from bertrelease_operator.api.values import ObjectName

SecretKeyName = Annotated[
    str, matching(r"^[-._a-zA-Z0-9]+$", "the key of a Secret has only letters, digits, -, _ and .", max_length=253)
]


class SecretValue(ApiModel):
    """Where a value is; each use has a key of its own by default."""

    name: ObjectName = Field(description="Name of the Secret. Its contents may change at any time.")
    key: SecretKeyName


class ApiKeys(SecretValue):
    """Keys of which a request must bring one, a key a line."""

    key: SecretKeyName = Field(default="keys", description="Key in it.")
