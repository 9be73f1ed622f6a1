"""The Secret with API keys in a pod: of the server, which asks for them, or of a gate's Job, which brings one."""

from pathlib import PurePosixPath
from typing import Any, Final

from bertrelease_operator.api.secrets import ApiKeys

_VOLUME: Final = "api-keys"
_DIRECTORY: Final = PurePosixPath("/etc/bert-server-keys")

API_KEYS_MOUNT: Final = {"name": _VOLUME, "mountPath": str(_DIRECTORY), "readOnly": True}


def api_keys_file(keys: ApiKeys) -> str:
    """Where the container finds them."""
    return str(_DIRECTORY / keys.key)


def api_keys_volume(keys: ApiKeys) -> dict[str, Any]:
    return {"name": _VOLUME, "secret": {"secretName": keys.name}}
