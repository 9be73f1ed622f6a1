"""What spec.network accepts and refuses, with the words that a person gets to read."""

from typing import Any

from tests.unit.operator.api.cases import INCOMPLETE, Accepted, Refused

_KEYS = '{"keys": [{"kty": "RSA", "n": "sXch", "e": "AQAB"}]}'
_URI = "https://login.example.org/keys"
_CALLER = "write namespace, alone or with serviceAccount, or principal"


def _network(**fields: Any) -> dict[str, Any]:
    return {"network": fields}


ACCEPTED_NETWORK = (
    Accepted("strict mutual TLS", _network(mtls="STRICT")),
    Accepted(
        "callers of all kinds",
        _network(
            callers=[
                {"namespace": "web", "serviceAccount": "frontend"},
                {"namespace": "batch"},
                {"principal": "partner.example/ns/search/sa/indexer"},
            ]
        ),
    ),
    Accepted(
        "tokens by the address of their keys", _network(jwt={"issuer": "https://login.example.org", "jwksUri": _URI})
    ),
    Accepted("tokens by their keys", _network(jwt={"issuer": "ci@example.org", "jwks": _KEYS, "audiences": ["bert"]})),
    Accepted(
        "keys over several lines",
        _network(jwt={"issuer": "ci", "jwks": '{\n  "keys": [\n    {"kty": "RSA"}\n  ]\n}\n'}),
    ),
    Accepted(
        "a timeout and one retry", _network(timeoutSeconds=2.5, retries={"attempts": 1, "perTryTimeoutSeconds": 2.5})
    ),
    Accepted("no retries", _network(retries={"attempts": 0})),
    Accepted(
        "a circuit breaker",
        _network(
            connections={"maxConnections": 100, "maxPendingRequests": 10, "maxRequestsPerConnection": 1000},
            outlierDetection={"consecutiveGatewayErrors": 3, "maxEjectionPercent": 34},
        ),
    ),
    Accepted("no access logs", _network(telemetry={"accessLogs": False})),
    Accepted("no traces", _network(telemetry={"tracingSamplingPercent": 0})),
    Accepted("a limit for each client", _network(rateLimit={"requestsPerSecond": 10, "burst": 10})),
)

REFUSED_NETWORK = (
    Refused(
        "mutual TLS of no known mode",
        _network(mtls="MUTUAL"),
        ('spec.network.mtls: Unsupported value: "MUTUAL": supported values: "STRICT", "PERMISSIVE"', INCOMPLETE),
    ),
    Refused(
        "a caller that is nobody",
        _network(callers=[{}]),
        (f"spec.network.callers[0]: Required value: {_CALLER}",),
        across_fields=True,
    ),
    Refused(
        "a service account of no namespace",
        _network(callers=[{"serviceAccount": "frontend"}]),
        (f"spec.network.callers[0]: Required value: {_CALLER}",),
        across_fields=True,
    ),
    Refused(
        "a caller named twice",
        _network(callers=[{"namespace": "web", "principal": "cluster.local/ns/web/sa/frontend"}]),
        (
            "spec.network.callers[0].principal: Forbidden: principal names the caller in full: leave it out, or "
            "namespace and serviceAccount",
        ),
        across_fields=True,
    ),
    Refused(
        "everybody as a caller",
        _network(callers=[{"namespace": "*"}]),
        (
            'spec.network.callers[0].namespace: Invalid value: "*": the name of a namespace has only lower-case '
            "letters, digits and hyphens",
        ),
    ),
    Refused(
        "a principal with a scheme",
        _network(callers=[{"principal": "spiffe://cluster.local/ns/web/sa/frontend"}]),
        (
            'spec.network.callers[0].principal: Invalid value: "spiffe://cluster.local/ns/web/sa/frontend": a '
            "principal is trust-domain/ns/namespace/sa/service-account, such as cluster.local/ns/web/sa/frontend",
        ),
    ),
    Refused(
        "tokens without keys",
        _network(jwt={"issuer": "https://login.example.org"}),
        ("spec.network.jwt.jwksUri: Required value: tokens cannot be checked without keys: write jwksUri, or jwks",),
        across_fields=True,
    ),
    Refused(
        "keys from two places",
        _network(jwt={"issuer": "https://login.example.org", "jwksUri": _URI, "jwks": _KEYS}),
        ("spec.network.jwt.jwks: Forbidden: keys come from one place: leave out jwks, or jwksUri",),
        across_fields=True,
    ),
    Refused(
        "any issuer",
        _network(jwt={"issuer": "*", "jwksUri": _URI}),
        ('spec.network.jwt.issuer: Invalid value: "*": write it as the tokens have it, without spaces and asterisks',),
    ),
    Refused(
        "a key that is no set",
        _network(jwt={"issuer": "ci", "jwks": "secret"}),
        (
            'spec.network.jwt.jwks: Invalid value: "secret": write the key set as JSON, such as '
            '{"keys": [{"kty": "RSA", ...}]}',
        ),
    ),
    Refused(
        "a try that may take longer than the request",
        _network(timeoutSeconds=1, retries={"perTryTimeoutSeconds": 2}),
        (
            "spec.network.retries.perTryTimeoutSeconds: Invalid value: must not exceed timeoutSeconds, which is for "
            "all tries together",
        ),
        across_fields=True,
    ),
    Refused(
        "a limit of tries that there are not",
        _network(retries={"attempts": 0, "perTryTimeoutSeconds": 2}),
        (
            "spec.network.retries.perTryTimeoutSeconds: Forbidden: without retries there is only "
            "network.timeoutSeconds: set that, or attempts",
        ),
        across_fields=True,
    ),
    Refused(
        "a storm of retries",
        _network(retries={"attempts": 10}),
        (
            "spec.network.retries.attempts: Invalid value: 10: spec.network.retries.attempts in body should be less "
            "than or equal to 5",
        ),
    ),
    Refused(
        "telemetry that says nothing",
        _network(telemetry={}),
        (
            "spec.network.telemetry: Required value: this says nothing: write accessLogs or tracingSamplingPercent, or "
            "leave telemetry out",
        ),
        across_fields=True,
    ),
    Refused(
        "a burst below the rate",
        _network(rateLimit={"requestsPerSecond": 10, "burst": 5}),
        (
            "spec.network.rateLimit.burst: Invalid value: must not be less than requestsPerSecond, or that rate is "
            "never reached",
        ),
        across_fields=True,
    ),
)
