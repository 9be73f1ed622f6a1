"""Values out of Secrets that a release names; read anew each time, and kept nowhere."""

import base64

from bertrelease_operator.adapters.cluster import Cluster
from bertrelease_operator.adapters.resources import SECRET


async def secret_value(cluster: Cluster, namespace: str, name: str, key: str) -> bytes | None:
    """None if the Secret has no such key. Raises ClusterError, and ValueError for what is no base64."""
    stored = await cluster.get(SECRET, namespace, name)
    encoded = (stored.get("data") or {}).get(key)
    return base64.b64decode(encoded, validate=True) if encoded is not None else None
