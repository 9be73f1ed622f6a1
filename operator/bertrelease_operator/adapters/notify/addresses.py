"""Where a receiver is: in the spec, or in a Secret beside the release."""

from bertrelease_operator.adapters.cluster import Cluster
from bertrelease_operator.adapters.errors import ClusterError
from bertrelease_operator.adapters.notify.contract import DeliveryError
from bertrelease_operator.adapters.secrets import secret_value
from bertrelease_operator.api.notifications import Receiver


async def address_of(cluster: Cluster, namespace: str, receiver: Receiver) -> str:
    """Read anew each time, so that a corrected Secret works at the next try. Raises DeliveryError."""
    reference = receiver.url_secret_ref
    if reference is None:
        return receiver.url or ""
    try:
        value = await secret_value(cluster, namespace, reference.name, reference.key)
        address = value.decode().strip() if value is not None else None
    except ClusterError as error:
        raise DeliveryError(f"Secret {reference.name} could not be read: {error}") from error
    except ValueError:  # neither base64 nor UTF-8; the error's own text may quote the address
        raise DeliveryError(f"key {reference.key} of Secret {reference.name} is no text") from None
    if address is None:
        raise DeliveryError(f"Secret {reference.name} has no key {reference.key}")
    return address
