"""Where a receiver is: in the spec, or in a Secret beside the release."""

import base64
import binascii

from bertrelease_operator.adapters.cluster import Cluster
from bertrelease_operator.adapters.errors import ClusterError
from bertrelease_operator.adapters.notify.contract import DeliveryError
from bertrelease_operator.adapters.resources import SECRET
from bertrelease_operator.api.notifications import Receiver


async def address_of(cluster: Cluster, namespace: str, receiver: Receiver) -> str:
    """Read anew each time, so that a corrected Secret works at the next try. Raises DeliveryError."""
    reference = receiver.url_secret_ref
    if reference is None:
        return receiver.url or ""
    try:
        secret = await cluster.get(SECRET, namespace, reference.name)
    except ClusterError as error:
        raise DeliveryError(f"Secret {reference.name} could not be read: {error}") from error
    encoded = (secret.get("data") or {}).get(reference.key)
    if encoded is None:
        raise DeliveryError(f"Secret {reference.name} has no key {reference.key}")
    try:
        return base64.b64decode(encoded, validate=True).decode().strip()
    except (binascii.Error, UnicodeDecodeError):
        raise DeliveryError(f"key {reference.key} of Secret {reference.name} is no text") from None
