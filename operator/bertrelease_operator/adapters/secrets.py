"""Values out of Secrets that a release names; read anew each time, and kept nowhere."""

import base64

from bertrelease_operator.adapters.cluster import Cluster
from bertrelease_operator.adapters.errors import ClusterError, ForbiddenError, NotFoundError
from bertrelease_operator.adapters.resources import SECRET
from bertrelease_operator.api.secrets import ApiKeys, SecretValue


async def secret_value(cluster: Cluster, namespace: str, wanted: SecretValue) -> bytes:
    """Never empty. Raises ClusterError, whose sentence says what to do and tells nothing of what the Secret holds."""
    try:
        stored = await cluster.get(SECRET, namespace, wanted.name)
    except NotFoundError as error:
        raise NotFoundError(f"there is no Secret {wanted.name} in namespace {namespace}") from error
    except ForbiddenError as error:
        raise ForbiddenError(
            f"the operator may not read Secret {wanted.name}: set the chart's rbac.readSecrets, or grant it this one"
        ) from error
    encoded = (stored.get("data") or {}).get(wanted.key)
    if encoded is None:
        raise NotFoundError(f"Secret {wanted.name} has no key {wanted.key}")
    try:
        value = base64.b64decode(encoded, validate=True)
    except ValueError:
        value = b""
    if not value:
        raise ClusterError(f"key {wanted.key} of Secret {wanted.name} holds nothing that can be used")
    return value


async def secret_text(cluster: Cluster, namespace: str, wanted: SecretValue) -> str:
    """The same, as text."""
    value = await secret_value(cluster, namespace, wanted)
    try:
        return value.decode()
    except UnicodeError:  # whose own message quotes the value
        raise ClusterError(f"key {wanted.key} of Secret {wanted.name} is no text") from None


async def first_api_key(cluster: Cluster, namespace: str, keys: ApiKeys) -> str:
    """One of those that the servers let in: they read a key a line, and leave out what is blank or begins with #.

    Raises ClusterError.
    """
    lines = (line.strip() for line in (await secret_text(cluster, namespace, keys)).splitlines())
    found = next((line for line in lines if line and not line.startswith("#")), None)
    if found is None or not found.isascii():
        raise ClusterError(f"key {keys.key} of Secret {keys.name} has no API key: write one there, a key a line")
    return found
