"""How long proxies wait for the servers of a version, how often they try again, and which pods they leave out."""

from typing import Any, Final

from bertrelease_operator.api.network import Connections, Network, OutlierDetection, Retries
from bertrelease_operator.render.metadata import without_empty

# Requests that no server has seen yet are sent again, to another pod: that is what loses none while pods come and
# go. Answers are final. Istio's default would also repeat 503s, which hides a failing candidate from the clients,
# and from the figures that are to convict it, and doubles the load just when it is in trouble.
_RETRY_ON: Final = "connect-failure,refused-stream,reset-before-request"
# A node that is gone answers nothing at all. One second later the request is tried elsewhere; Envoy's default is ten.
_CONNECT_TIMEOUT: Final = "1s"
# Less than the server's keep_alive_seconds: the proxy closes idle connections first, so that no request is sent on
# one that is just being closed.
_IDLE_TIMEOUT: Final = "3600s"


def patience(network: Network) -> dict[str, Any]:
    """What every rule of a VirtualService says beside its destinations: `retries`, and `timeout` if there is one."""
    timeout = network.timeout_seconds
    return {
        "retries": _retries(network.retries),
        **without_empty({"timeout": duration(timeout) if timeout is not None else None}),
    }


def _retries(retries: Retries) -> dict[str, Any]:
    if retries.attempts == 0:
        return {"attempts": 0}
    each = retries.per_try_timeout_seconds
    return {
        "attempts": retries.attempts,
        "retryOn": _RETRY_ON,
        **without_empty({"perTryTimeout": duration(each) if each is not None else None}),
    }


def traffic_policy(network: Network) -> dict[str, Any]:
    """`trafficPolicy` of a DestinationRule."""
    return {
        "connectionPool": _connection_pool(network.connections),
        "outlierDetection": _outlier_detection(network.outlier_detection),
    }


def _connection_pool(connections: Connections) -> dict[str, Any]:
    """Without limits unless somebody sets some, since the servers' own bounded queues answer 429."""
    return {
        "tcp": without_empty({"connectTimeout": _CONNECT_TIMEOUT, "maxConnections": connections.max_connections}),
        "http": without_empty(
            {
                "idleTimeout": _IDLE_TIMEOUT,
                "http1MaxPendingRequests": connections.max_pending_requests,
                "maxRequestsPerConnection": connections.max_requests_per_connection,
            }
        ),
    }


def _outlier_detection(outliers: OutlierDetection) -> dict[str, Any]:
    return {
        # A pod that cannot be reached, or answers 502, 503 or 504 too often in a row, is left out for a while ...
        "consecutiveGatewayErrors": outliers.consecutive_gateway_errors,
        # ... but 500s are a version's fault and not a pod's: the judgement must see them. 0 turns Istio's default off.
        "consecutive5xxErrors": 0,
        "interval": f"{outliers.interval_seconds}s",
        "baseEjectionTime": f"{outliers.base_ejection_seconds}s",
        # Rounded down, so that 50 never leaves out the only pod.
        "maxEjectionPercent": outliers.max_ejection_percent,
    }


def duration(seconds: float) -> str:
    """As Istio writes it: `2s`, `1.5s`."""
    return f"{seconds:.3f}".rstrip("0").rstrip(".") + "s"
