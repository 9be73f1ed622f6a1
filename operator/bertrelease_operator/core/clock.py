"""Times: seconds since the epoch inside the core, RFC 3339 in UTC in the API objects."""

from datetime import UTC, datetime


def to_timestamp(epoch_seconds: float) -> str:
    """`1.5` -> `1970-01-01T00:00:01.500000Z`, the form of Kubernetes' MicroTime."""
    return datetime.fromtimestamp(epoch_seconds, tz=UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def to_epoch(timestamp: str) -> float:
    """Inverse of `to_timestamp`; also reads metav1.Time, which has no fraction. Raises ValueError otherwise."""
    return datetime.fromisoformat(timestamp).timestamp()
