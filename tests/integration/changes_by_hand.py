"""Changes that somebody makes to what the operator applied, and the field that each must be reported as."""

from typing import Any

NAME = "fill-mask"
CHILD = "fill-mask-v1-0-0"
SERVER = "spec.template.spec.containers[server]"
CONTAINER = "/spec/template/spec/containers/0"
CHANGES: dict[str, tuple[str, str, str, Any]] = {
    "scaled": ("Deployment", CHILD, "spec.replicas", {"spec": {"replicas": 5}}),
    "another image": (
        "Deployment",
        CHILD,
        f"{SERVER}.image",
        [{"op": "replace", "path": f"{CONTAINER}/image", "value": "localhost/other:v9.9.9"}],
    ),
    "another version to report": (
        "Deployment",
        CHILD,
        f"{SERVER}.env[BERT_SERVER_VERSION].value",
        {
            "spec": {
                "template": {
                    "spec": {
                        "containers": [{"name": "server", "env": [{"name": "BERT_SERVER_VERSION", "value": "v9.9.9"}]}]
                    }
                }
            }
        },
    ),
    "another request": (
        "Deployment",
        CHILD,
        f"{SERVER}.resources.requests.cpu",
        [{"op": "replace", "path": f"{CONTAINER}/resources/requests/cpu", "value": "1"}],
    ),
    "no liveness probe": (
        "Deployment",
        CHILD,
        f"{SERVER}.livenessProbe",
        [{"op": "remove", "path": f"{CONTAINER}/livenessProbe"}],
    ),
    "a writable root": (
        "Deployment",
        CHILD,
        f"{SERVER}.securityContext.readOnlyRootFilesystem",
        [{"op": "remove", "path": f"{CONTAINER}/securityContext/readOnlyRootFilesystem"}],
    ),
    "a mounted token": (
        "Deployment",
        CHILD,
        "spec.template.spec.automountServiceAccountToken",
        [{"op": "remove", "path": "/spec/template/spec/automountServiceAccountToken"}],
    ),
    "all pods replaced at once": (
        "Deployment",
        CHILD,
        "spec.strategy.type",
        {"spec": {"strategy": {"type": "Recreate", "rollingUpdate": None}}},
    ),
    "another version selected": (
        "Service",
        NAME,
        "spec.selector[bertrelease.io/version]",
        {"spec": {"selector": {"bertrelease.io/version": "v0.9.0"}}},
    ),
    "fewer pods selected": ("Service", CHILD, "spec.selector.app", {"spec": {"selector": {"app": "bert"}}}),
    "no pods selected": ("Service", CHILD, "spec.selector", [{"op": "remove", "path": "/spec/selector"}]),
    "another port of the pods": (
        "Service",
        CHILD,
        "spec.ports[http].targetPort",
        [{"op": "replace", "path": "/spec/ports/0/targetPort", "value": 9090}],
    ),
    "a port of every node": ("Service", NAME, "spec.type", {"spec": {"type": "NodePort"}}),
    "no owner": (
        "Service",
        CHILD,
        "metadata.ownerReferences",
        [{"op": "remove", "path": "/metadata/ownerReferences"}],
    ),
    "no label to find it by": (
        "Service",
        CHILD,
        "metadata.labels[bertrelease.io/release]",
        {"metadata": {"labels": {"bertrelease.io/release": None}}},
    ),
    "any number of pods away": (
        "PodDisruptionBudget",
        CHILD,
        "spec.maxUnavailable",
        {"spec": {"maxUnavailable": "100%"}},
    ),
    "all pods left out": (
        "DestinationRule",
        CHILD,
        "spec.trafficPolicy.outlierDetection.maxEjectionPercent",
        {"spec": {"trafficPolicy": {"outlierDetection": {"maxEjectionPercent": 100}}}},
    ),
    "pods left out for their version's errors": (
        "DestinationRule",
        CHILD,
        "spec.trafficPolicy.outlierDetection.consecutive5xxErrors",
        [{"op": "remove", "path": "/spec/trafficPolicy/outlierDetection/consecutive5xxErrors"}],
    ),
    "other weights": (
        "VirtualService",
        NAME,
        "spec.http[0].route[0].weight",
        [{"op": "replace", "path": "/spec/http/0/route/0/weight", "value": 50}],
    ),
    "one destination less": (
        "VirtualService",
        NAME,
        "spec.http[0].route",
        [{"op": "remove", "path": "/spec/http/0/route/1"}],
    ),
    "a mirror": (
        "VirtualService",
        NAME,
        "spec.http[0].mirror",
        [{"op": "add", "path": "/spec/http/0/mirror", "value": {"host": "other"}}],
    ),
    "another rule before ours": (
        "VirtualService",
        NAME,
        "spec.http",
        [{"op": "add", "path": "/spec/http/0", "value": {"redirect": {"uri": "/gone"}}}],
    ),
    "one host more": (
        "VirtualService",
        NAME,
        "spec.hosts",
        [{"op": "add", "path": "/spec/hosts/-", "value": "other.example.org"}],
    ),
    "no reason": (
        "VirtualService",
        NAME,
        "metadata.annotations[bertrelease.io/route]",
        {"metadata": {"annotations": {"bertrelease.io/route": None, "example.org/note": "kept"}}},
    ),
}
