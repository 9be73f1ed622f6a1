"""Values out of Secrets that a release names; read anew each time, and kept nowhere."""

import base64

from bertrelease_operator.adapters.cluster import Cluster
from bertrelease_operator.adapters.resources import SECRET
from bertrelease_operator.api.secrets import ApiKeys


class SecretError(Exception):
    """A Secret does not hold what it should. The message is for the status, and so tells nothing of its contents."""


async def secret_value(cluster: Cluster, namespace: str, name: str, key: str) -> bytes | None:
    """None if the Secret has no such key. Raises ClusterError, and ValueError for what is no base64."""
    stored = await cluster.get(SECRET, namespace, name)
    encoded = (stored.get("data") or {}).get(key)
    return base64.b64decode(encoded, validate=True) if encoded is not None else None


async def first_api_key(cluster: Cluster, namespace: str, keys: ApiKeys) -> str:
    """One of those that the servers let in: they read a key a line, and leave out what is blank or begins with #.

    Raises ClusterError, SecretError.
    """
    try:
        held = await secret_value(cluster, namespace, keys.name, keys.key)
        text = (held or b"").decode("ascii")
    except ValueError as error:
        raise SecretError(f"Secret {keys.name}: what {keys.key} holds is no text of keys") from error
    lines = (line.strip() for line in text.splitlines())
    found = next((line for line in lines if line and not line.startswith("#")), None)
    if found is None:
        raise SecretError(f"Secret {keys.name} has no API key at {keys.key}: write one there, a key a line")
    return found
