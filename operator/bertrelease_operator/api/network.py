"""How clients reach the service, who may, and how proxies treat it."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from bertrelease_operator.api.base import LIST_SET, ApiModel
from bertrelease_operator.api.values import (
    GatewayName,
    Host,
    HttpUrl,
    JsonWebKeySet,
    NamespaceName,
    ObjectName,
    Principal,
    TokenWord,
)


class Router(StrEnum):
    ISTIO = "istio"
    GATEWAY_API = "gatewayAPI"


class MutualTls(StrEnum):
    STRICT = "STRICT"
    PERMISSIVE = "PERMISSIVE"


class Caller(ApiModel):
    """Who may call: a service account, all of a namespace, or a principal as the mesh spells it."""

    namespace: NamespaceName | None = Field(default=None, description="Of the callers' pods.")
    service_account: ObjectName | None = Field(
        default=None, description="Of the callers' pods; any of the namespace without it."
    )
    principal: Principal | None = Field(
        default=None, description="Instead of namespace and serviceAccount, such as of another trust domain."
    )


class Jwt(ApiModel):
    """Tokens that requests must bring."""

    issuer: TokenWord = Field(description="The tokens' iss claim.")
    jwks_uri: HttpUrl | None = Field(default=None, description="Where the issuer's public keys are; or jwks.")
    jwks: JsonWebKeySet | None = Field(default=None, description="The issuer's public keys themselves; or jwksUri.")
    audiences: Annotated[list[TokenWord], Field(max_length=16)] = Field(
        default_factory=list,
        description="A token must be for one of these (aud claim); for anybody if there are none.",
        json_schema_extra=LIST_SET,
    )


class Retries(ApiModel):
    """Requests that no server has seen are sent again; answers, 429 and 5xx among them, are final."""

    attempts: Annotated[int, Field(ge=0, le=5)] = Field(
        default=2, description="How often at most, each time to another pod if there is one; 0: never."
    )
    per_try_timeout_seconds: Annotated[float | None, Field(ge=0.1, le=3600)] = Field(
        default=None,
        description="A try that takes longer ends: 504 if a server has seen the request, else it is sent again.",
    )


class Connections(ApiModel):
    """What one client's proxy opens to the pods of a version; beyond it, it answers 503 by itself."""

    max_connections: Annotated[int | None, Field(ge=1, le=1_000_000)] = Field(
        default=None, description="Open connections to all pods of a version; no limit by default."
    )
    max_pending_requests: Annotated[int | None, Field(ge=1, le=1_000_000)] = Field(
        default=None, description="Requests that wait for a connection; no limit by default."
    )
    max_requests_per_connection: Annotated[int | None, Field(ge=1, le=1_000_000)] = Field(
        default=None, description="After which a connection is replaced; no limit by default."
    )


class OutlierDetection(ApiModel):
    """When a proxy leaves out a pod for a while."""

    consecutive_gateway_errors: Annotated[int, Field(ge=1, le=1000)] = Field(
        default=5,
        description=(
            "So many 502, 503, 504 or failed connections in a row. 500s do not count: they are a version's fault, and "
            "not a pod's."
        ),
    )
    interval_seconds: Annotated[int, Field(ge=1, le=3600)] = Field(default=2, description="Time between two looks.")
    base_ejection_seconds: Annotated[int, Field(ge=1, le=86_400)] = Field(
        default=15, description="How long a pod is left out, times how often it was before."
    )
    max_ejection_percent: Annotated[int, Field(ge=1, le=100)] = Field(
        default=50, description="Of a version's pods, at most so many are left out at once; 100 may be all of them."
    )


class MeshTelemetry(ApiModel):
    """What the pods' sidecars report; the mesh decides about what is left out."""

    access_logs: bool | None = Field(default=None, description="Whether each request is logged by Istio's own format.")
    tracing_sampling_percent: Annotated[float | None, Field(ge=0, le=100)] = Field(
        default=None, description="Percent of the traces begun here, sent to the mesh's tracing provider."
    )


class RateLimit(ApiModel):
    """Requests that a pod accepts from one client address; beyond it, its sidecar answers 429 with Retry-After."""

    requests_per_second: Annotated[int, Field(ge=1, le=100_000)] = Field(
        description="In the long run, by client and pod."
    )
    burst: Annotated[int | None, Field(ge=1, le=1_000_000)] = Field(
        default=None, description="So many at once after a pause; requestsPerSecond by default."
    )


class Network(ApiModel):
    """How clients reach the service, who may, and how proxies treat it."""

    router: Router = Field(
        default=Router.ISTIO,
        description=(
            "What the weights are written for, from the release's beginning to its end: `istio`, a VirtualService; "
            "`gatewayAPI`, an HTTPRoute of the Kubernetes Gateway API, which has no cookies, retries, connection "
            "limits and outlier detection."
        ),
    )
    port: Annotated[int, Field(ge=1, le=65_535)] = Field(default=80, description="Port of the Services.")
    hosts: Annotated[list[Host], Field(max_length=32)] = Field(
        default_factory=list,
        description="Further host names, beside the Service's own, under which the gateways serve it.",
        json_schema_extra=LIST_SET,
    )
    gateways: Annotated[list[GatewayName], Field(max_length=32)] = Field(
        default_factory=list,
        description="The router's Gateways as namespace/name; sidecars are always included.",
        json_schema_extra=LIST_SET,
    )
    mtls: MutualTls | None = Field(
        default=None,
        description="STRICT refuses plaintext, PERMISSIVE accepts it; the mesh's own setting by default. For sidecars.",
    )
    callers: Annotated[list[Caller], Field(max_length=64)] = Field(
        default_factory=list,
        description=(
            "Who may call, by the identity that mutual TLS proves; everybody if there are none. Gateways are callers, "
            "too. For sidecars."
        ),
    )
    jwt: Jwt | None = Field(
        default=None, description="Requests must bring a token of this issuer, else they get 401. For sidecars."
    )
    timeout_seconds: Annotated[float | None, Field(ge=0.1, le=3600)] = Field(
        default=None, description="A request that takes longer, its retries included, gets 504; no limit by default."
    )
    retries: Retries = Field(default_factory=Retries)
    connections: Connections = Field(default_factory=Connections)
    outlier_detection: OutlierDetection = Field(default_factory=OutlierDetection)
    telemetry: MeshTelemetry | None = None
    rate_limit: RateLimit | None = Field(
        default=None, description="Requests that a pod accepts from one client address. For sidecars."
    )
