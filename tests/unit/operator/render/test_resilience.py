"""Timeouts, retries, connections and outliers, as releases ask for them and as they are otherwise."""

from typing import Any

import pytest

from bertrelease_operator.api.network import Network
from bertrelease_operator.render.resilience import duration, patience, traffic_policy

RETRY_ON = "connect-failure,refused-stream,reset-before-request"


def _network(**fields: Any) -> Network:
    return Network.model_validate(fields)


def test_releases_that_ask_for_nothing_are_treated_as_ever() -> None:
    assert patience(Network()) == {"retries": {"attempts": 2, "retryOn": RETRY_ON}}
    assert traffic_policy(Network()) == {
        "connectionPool": {"tcp": {"connectTimeout": "1s"}, "http": {"idleTimeout": "3600s"}},
        "outlierDetection": {
            "consecutiveGatewayErrors": 5,
            "consecutive5xxErrors": 0,
            "interval": "2s",
            "baseEjectionTime": "15s",
            "maxEjectionPercent": 50,
        },
    }


def test_a_request_and_each_of_its_tries_may_have_a_limit() -> None:
    assert patience(_network(timeoutSeconds=10, retries={"attempts": 1, "perTryTimeoutSeconds": 2.5})) == {
        "retries": {"attempts": 1, "retryOn": RETRY_ON, "perTryTimeout": "2.5s"},
        "timeout": "10s",
    }


@pytest.mark.parametrize("attempts", range(6))
def test_no_number_of_retries_ever_repeats_an_answer(attempts: int) -> None:
    conditions = patience(_network(retries={"attempts": attempts}))["retries"].get("retryOn", "")
    assert not {"5xx", "gateway-error", "retriable-status-codes", "reset", "503", "429"} & set(conditions.split(","))


def test_no_retries_are_said_as_such_since_istio_s_default_would_repeat_answers() -> None:
    assert patience(_network(retries={"attempts": 0})) == {"retries": {"attempts": 0}}


def test_connections_are_limited_as_asked() -> None:
    connections = {"maxConnections": 100, "maxPendingRequests": 20, "maxRequestsPerConnection": 1000}
    assert traffic_policy(_network(connections=connections))["connectionPool"] == {
        "tcp": {"connectTimeout": "1s", "maxConnections": 100},
        "http": {"idleTimeout": "3600s", "http1MaxPendingRequests": 20, "maxRequestsPerConnection": 1000},
    }


def test_pods_are_left_out_as_asked_but_never_for_a_version_s_own_errors() -> None:
    outliers = {
        "consecutiveGatewayErrors": 3,
        "intervalSeconds": 1,
        "baseEjectionSeconds": 30,
        "maxEjectionPercent": 34,
    }
    assert traffic_policy(_network(outlierDetection=outliers))["outlierDetection"] == {
        "consecutiveGatewayErrors": 3,
        "consecutive5xxErrors": 0,
        "interval": "1s",
        "baseEjectionTime": "30s",
        "maxEjectionPercent": 34,
    }


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.1, "0.1s"), (1.0, "1s"), (10, "10s"), (3600, "3600s"), (2.25, "2.25s")]
)
def test_durations_are_written_as_istio_reads_them(seconds: float, text: str) -> None:
    assert duration(seconds) == text
