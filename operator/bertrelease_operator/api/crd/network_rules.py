"""The rules of spec.network: nothing is accepted that proxies would read differently, or not at all."""

from collections.abc import Mapping
from typing import Final

from bertrelease_operator.api.crd.router_rules import ROUTER_IS_KEPT
from bertrelease_operator.api.crd.rule import FORBIDDEN, ITEMS, REQUIRED, Path, Rule

_NETWORK = [
    ROUTER_IS_KEPT,
    Rule(
        "!has(self.timeoutSeconds) || !has(self.retries.perTryTimeoutSeconds)"
        " || self.retries.perTryTimeoutSeconds <= self.timeoutSeconds",
        "must not exceed timeoutSeconds, which is for all tries together",
        field=".retries.perTryTimeoutSeconds",
    ),
]

_CALLER = [
    Rule(
        "has(self.namespace) || has(self.principal)",
        "write namespace, alone or with serviceAccount, or principal",
        reason=REQUIRED,
    ),
    Rule(
        "!has(self.principal) || (!has(self.namespace) && !has(self.serviceAccount))",
        "principal names the caller in full: leave it out, or namespace and serviceAccount",
        field=".principal",
        reason=FORBIDDEN,
    ),
]

_JWT = [
    Rule(
        "has(self.jwksUri) || has(self.jwks)",
        "tokens cannot be checked without keys: write jwksUri, or jwks",
        field=".jwksUri",
        reason=REQUIRED,
    ),
    Rule(
        "!has(self.jwksUri) || !has(self.jwks)",
        "keys come from one place: leave out jwks, or jwksUri",
        field=".jwks",
        reason=FORBIDDEN,
    ),
]

_RETRIES = [
    Rule(
        "self.attempts > 0 || !has(self.perTryTimeoutSeconds)",
        "without retries there is only network.timeoutSeconds: set that, or attempts",
        field=".perTryTimeoutSeconds",
        reason=FORBIDDEN,
    ),
]

_TELEMETRY = [
    Rule(
        "has(self.accessLogs) || has(self.tracingSamplingPercent)",
        "this says nothing: write accessLogs or tracingSamplingPercent, or leave telemetry out",
        reason=REQUIRED,
    ),
]

_RATE_LIMIT = [
    Rule(
        "!has(self.burst) || self.burst >= self.requestsPerSecond",
        "must not be less than requestsPerSecond, or that rate is never reached",
        field=".burst",
    ),
]

NETWORK_RULES: Final[Mapping[Path, list[Rule]]] = {
    ("spec", "network"): _NETWORK,
    ("spec", "network", "callers", ITEMS): _CALLER,
    ("spec", "network", "jwt"): _JWT,
    ("spec", "network", "retries"): _RETRIES,
    ("spec", "network", "telemetry"): _TELEMETRY,
    ("spec", "network", "rateLimit"): _RATE_LIMIT,
}
