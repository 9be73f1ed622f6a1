"""Names that other programs see: API group, labels, annotations, and how children are called."""

GROUP = "bertrelease.io"
API_VERSION = "v1alpha1"
GROUP_VERSION = f"{GROUP}/{API_VERSION}"
RELEASE_KIND = "BertRelease"
RELEASE_PLURAL = "bertreleases"
REVISION_KIND = "BertRevision"
REVISION_PLURAL = "bertrevisions"

FIELD_MANAGER = "bertrelease-operator"

# Labels on every child. `managed-by` is what watches select on.
LABEL_MANAGED_BY = "app.kubernetes.io/managed-by"
MANAGED_BY = "bertrelease"
LABEL_RELEASE = f"{GROUP}/release"
LABEL_VERSION = f"{GROUP}/version"

# A person's one-off requests to the operator, written by `kubectl bert`: "<verb> <version> <id>".
ANNOTATION_COMMAND = f"{GROUP}/command"
# A person's approval: "<version> <user> <attempt> <gate> <id>", of which the last three may be left out. The chart's
# ValidatingAdmissionPolicy lets nobody write another one's name there.
ANNOTATION_APPROVE = f"{GROUP}/approve"
# On requests that test a version: it computes their answers anew, and counts them as no user's.
GATE_HEADER = "x-bert-gate"
API_KEY_HEADER = "x-api-key"
# On the route's object: why and when the route last moved, in the same write as the weights (JSON).
ANNOTATION_ROUTE = f"{GROUP}/route"

SERVER_PORT = 8080
METRICS_PORT = 9090
HTTP_PORT_NAME = "http"
METRICS_PORT_NAME = "metrics"
SERVER_CONTAINER = "server"


def version_slug(version: str) -> str:
    """`v1.2.0-3f2a9c1` -> `v1-2-0-3f2a9c1`: a version as part of a DNS label."""
    return version.replace(".", "-")


def preview_name(release: str) -> str:
    """Name of the Service that reaches a candidate before users do."""
    return f"{release}-preview"


def cookie_name(release: str) -> str:
    """Name of the cookie by which users stay with a version."""
    return f"bertrelease-{release}"


def child_name(release: str, version: str) -> str:
    """Name of a release's BertRevision, and of the Deployment, Service, ConfigMap and PDB that it owns.

    At most 63 characters, because Services need DNS labels: BertRelease names are limited to
    `MAX_RELEASE_NAME` by the CRD, and version slugs to 24 + a Git revision by the version pattern.
    """
    return f"{release}-{version_slug(version)}"
