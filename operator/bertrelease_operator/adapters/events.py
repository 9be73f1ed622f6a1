"""Kubernetes Events: what `kubectl describe` tells a person about a release."""

import uuid
from typing import Final

from bertrelease_operator.adapters.resources import EVENT
from bertrelease_operator.api.names import FIELD_MANAGER
from bertrelease_operator.core.clipping import clipped
from bertrelease_operator.core.clock import to_timestamp
from bertrelease_operator.core.decision import ReleaseEvent
from bertrelease_operator.render.metadata import KubeObject

_LONGEST_MESSAGE: Final = 1024  # the API server's limit


def render_event(about: KubeObject, event: ReleaseEvent, now: float) -> KubeObject:
    """`event` on the object `about` at `now` (epoch seconds). The name is new each time."""
    metadata = about["metadata"]
    second = to_timestamp(now).partition(".")[0] + "Z"
    return {
        "apiVersion": EVENT.api_version,
        "kind": EVENT.kind,
        "metadata": {"name": f"{metadata['name']}.{uuid.uuid4().hex[:16]}", "namespace": metadata["namespace"]},
        "involvedObject": {
            "apiVersion": about["apiVersion"],
            "kind": about["kind"],
            "name": metadata["name"],
            "namespace": metadata["namespace"],
            "uid": metadata["uid"],
            "resourceVersion": metadata["resourceVersion"],
        },
        "type": event.type.value,
        "reason": event.reason,
        "message": clipped(event.message, _LONGEST_MESSAGE),
        "source": {"component": FIELD_MANAGER},
        "reportingComponent": FIELD_MANAGER,
        "firstTimestamp": second,
        "lastTimestamp": second,
        "count": 1,
    }
