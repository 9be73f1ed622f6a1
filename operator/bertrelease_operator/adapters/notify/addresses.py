"""Where a receiver is: in the spec, or in a Secret beside the release."""

from bertrelease_operator.adapters.cluster import Cluster
from bertrelease_operator.adapters.errors import ClusterError
from bertrelease_operator.adapters.notify.contract import DeliveryError
from bertrelease_operator.adapters.secrets import secret_text
from bertrelease_operator.api.notifications import Receiver


async def address_of(cluster: Cluster, namespace: str, receiver: Receiver) -> str:
    """Read anew each time, so that a corrected Secret works at the next try. Raises DeliveryError."""
    reference = receiver.url_secret_ref
    if reference is None:
        return receiver.url or ""
    try:
        return (await secret_text(cluster, namespace, reference)).strip()
    except ClusterError as error:
        raise DeliveryError(str(error)) from error
