"""The kinds of objects that the operator reads and writes, and their paths in the API."""

from dataclasses import dataclass
from typing import Final

from bertrelease_operator.api.names import (
    GROUP_VERSION,
    LABEL_MANAGED_BY,
    MANAGED_BY,
    RELEASE_KIND,
    RELEASE_PLURAL,
    REVISION_KIND,
    REVISION_PLURAL,
)
from bertrelease_operator.render.metadata import KubeObject


@dataclass(frozen=True, slots=True)
class ResourceType:
    """One namespaced kind."""

    api_version: str
    kind: str
    plural: str
    label_selector: str = ""  # what of it concerns the operator

    @property
    def group(self) -> str:
        """API group; empty for the core group."""
        return self.api_version.rpartition("/")[0]

    @property
    def version(self) -> str:
        return self.api_version.rpartition("/")[2]

    @property
    def root(self) -> str:
        """URL path of its API group and version."""
        return f"/apis/{self.api_version}" if self.group else f"/api/{self.api_version}"

    def path(self, namespace: str | None = None, name: str | None = None, subresource: str | None = None) -> str:
        """URL path; over all namespaces without `namespace`."""
        within = f"/namespaces/{namespace}" if namespace is not None else ""
        parts = [part for part in (name, subresource) if part is not None]
        return "/".join([f"{self.root}{within}/{self.plural}", *parts])


CHILDREN_SELECTOR: Final = f"{LABEL_MANAGED_BY}={MANAGED_BY}"

RELEASE = ResourceType(GROUP_VERSION, RELEASE_KIND, RELEASE_PLURAL)
REVISION = ResourceType(GROUP_VERSION, REVISION_KIND, REVISION_PLURAL)
DEPLOYMENT = ResourceType("apps/v1", "Deployment", "deployments", CHILDREN_SELECTOR)
SERVICE = ResourceType("v1", "Service", "services", CHILDREN_SELECTOR)
CONFIG_MAP = ResourceType("v1", "ConfigMap", "configmaps", CHILDREN_SELECTOR)
BUDGET = ResourceType("policy/v1", "PodDisruptionBudget", "poddisruptionbudgets", CHILDREN_SELECTOR)
AUTOSCALER = ResourceType("autoscaling/v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers", CHILDREN_SELECTOR)
SCALED_OBJECT = ResourceType("keda.sh/v1alpha1", "ScaledObject", "scaledobjects", CHILDREN_SELECTOR)
VIRTUAL_SERVICE = ResourceType("networking.istio.io/v1", "VirtualService", "virtualservices", CHILDREN_SELECTOR)
HTTP_ROUTE = ResourceType("gateway.networking.k8s.io/v1", "HTTPRoute", "httproutes", CHILDREN_SELECTOR)
DESTINATION_RULE = ResourceType("networking.istio.io/v1", "DestinationRule", "destinationrules", CHILDREN_SELECTOR)
PEER_AUTHENTICATION = ResourceType(
    "security.istio.io/v1", "PeerAuthentication", "peerauthentications", CHILDREN_SELECTOR
)
REQUEST_AUTHENTICATION = ResourceType(
    "security.istio.io/v1", "RequestAuthentication", "requestauthentications", CHILDREN_SELECTOR
)
AUTHORIZATION_POLICY = ResourceType(
    "security.istio.io/v1", "AuthorizationPolicy", "authorizationpolicies", CHILDREN_SELECTOR
)
TELEMETRY = ResourceType("telemetry.istio.io/v1", "Telemetry", "telemetries", CHILDREN_SELECTOR)
ENVOY_FILTER = ResourceType("networking.istio.io/v1alpha3", "EnvoyFilter", "envoyfilters", CHILDREN_SELECTOR)
# Slices carry the labels of their Service, pods those of their template.
ENDPOINT_SLICE = ResourceType("discovery.k8s.io/v1", "EndpointSlice", "endpointslices", CHILDREN_SELECTOR)
POD = ResourceType("v1", "Pod", "pods", CHILDREN_SELECTOR)
SECRET = ResourceType("v1", "Secret", "secrets")  # never listed nor watched: only those that a release names
EVENT = ResourceType("v1", "Event", "events")
JOB = ResourceType("batch/v1", "Job", "jobs")
LEASE = ResourceType("coordination.k8s.io/v1", "Lease", "leases")

# What the operator renders, and so compares and repairs.
CHILDREN: Final = (
    *(DEPLOYMENT, SERVICE, CONFIG_MAP, BUDGET, AUTOSCALER, VIRTUAL_SERVICE, DESTINATION_RULE),
    *(PEER_AUTHENTICATION, REQUEST_AUTHENTICATION, AUTHORIZATION_POLICY, TELEMETRY, ENVOY_FILTER),
)
# What wakes a release, in every cluster ...
WATCHED: Final = (RELEASE, REVISION, *CHILDREN, ENDPOINT_SLICE, POD)
# ... and in those that have it: children, too, of releases that ask for it.
OPTIONAL: Final = (HTTP_ROUTE, SCALED_OBJECT)

_BY_KIND: Final = {resource.kind: resource for resource in (*WATCHED, *OPTIONAL, SECRET, EVENT, JOB, LEASE)}


def resource_of(obj: KubeObject) -> ResourceType:
    """The type of `obj`. Raises KeyError for a kind that the operator has no business with."""
    return _BY_KIND[obj["kind"]]
