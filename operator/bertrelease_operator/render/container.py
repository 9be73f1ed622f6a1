"""The server's container: what it is told, how it is probed, and how little it may do."""

from pathlib import PurePosixPath
from typing import Any, Final

from bertrelease_operator.api.names import (
    HTTP_PORT_NAME,
    METRICS_PORT,
    METRICS_PORT_NAME,
    SERVER_CONTAINER,
    SERVER_PORT,
)
from bertrelease_operator.api.revision import BertRevisionSpec
from bertrelease_operator.api.workload import ModelSourceKind, Probe, Snapshot
from bertrelease_operator.render.api_keys import API_KEYS_MOUNT
from bertrelease_operator.render.config import CONFIG_FILE
from bertrelease_operator.render.metadata import without_empty

CONFIG_VOLUME: Final = "config"
BUNDLE_VOLUME: Final = "bundle"
SCRATCH_VOLUME: Final = "tmp"
CONFIG_DIRECTORY: Final = PurePosixPath("/etc/bert-server")

# Between the server's own deadline for requests in flight and the kubelet's SIGKILL.
_SPARE_SECONDS: Final = 2
_SHUTDOWN_SETTING: Final = "shutdown_seconds"

CONTAINER_SECURITY: Final = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}


def render_container(record: BertRevisionSpec) -> dict[str, Any]:
    """A pod's container, for the restricted Pod Security Standard, with nothing but /tmp to write to."""
    return {
        "name": SERVER_CONTAINER,
        "image": record.image.reference(record.version),
        "imagePullPolicy": record.image.pull_policy.value,
        "env": [{"name": name, "value": value} for name, value in sorted(_environment(record).items())],
        "ports": [_port(HTTP_PORT_NAME, SERVER_PORT), _port(METRICS_PORT_NAME, METRICS_PORT)],
        **_probes(record),
        **_resources(record),
        "securityContext": CONTAINER_SECURITY,
        "volumeMounts": _mounts(record),
        # Why a crashing server ended then shows in the pod's status, and from there in the release's.
        "terminationMessagePolicy": "FallbackToLogsOnError",
    }


def _environment(record: BertRevisionSpec) -> dict[str, str]:
    """What the pod around the server decides. Variables win over the config file, so `extra` cannot break them.

    Not arguments: these would have to know the image's entry point.
    """
    variables = {
        "BERT_SERVER_CONFIG": str(CONFIG_DIRECTORY / CONFIG_FILE),
        "BERT_SERVER_BUNDLE": record.model.source.path,
        "BERT_SERVER_EXPECTED_FINGERPRINT": record.model.fingerprint,
        "BERT_SERVER_PORT": str(SERVER_PORT),
        "BERT_SERVER_METRICS_PORT": str(METRICS_PORT),
        "BERT_SERVER_RELEASE": record.release,
        "BERT_SERVER_VERSION": record.version,
    }
    if _SHUTDOWN_SETTING not in record.config.extra:
        variables["BERT_SERVER_SHUTDOWN_SECONDS"] = str(_shutdown_seconds(record))
    return without_empty(variables)


def _shutdown_seconds(record: Snapshot) -> int:
    """How long requests in flight may take after draining, so that the server ends them and not a SIGKILL."""
    left = record.pod_template.termination_grace_period_seconds - record.config.drain_seconds - _SPARE_SECONDS
    return max(left, 1)


def _port(name: str, number: int) -> dict[str, Any]:
    return {"name": name, "containerPort": number, "protocol": "TCP"}


def _probes(record: Snapshot) -> dict[str, Any]:
    """The startup probe waits for the model to load; until it succeeds, the liveness probe kills nobody."""
    return {
        "startupProbe": _probe("/ready", record.probes.startup),
        "readinessProbe": _probe("/ready", record.probes.readiness),
        "livenessProbe": _probe("/health", record.probes.liveness),
    }


def _probe(path: str, timing: Probe) -> dict[str, Any]:
    return {
        "httpGet": {"path": path, "port": HTTP_PORT_NAME},
        "periodSeconds": timing.period_seconds,
        "timeoutSeconds": timing.timeout_seconds,
        "failureThreshold": timing.failure_threshold,
    }


def _resources(record: Snapshot) -> dict[str, Any]:
    amounts = without_empty({"requests": dict(record.resources.requests), "limits": dict(record.resources.limits)})
    return without_empty({"resources": amounts})


def _mounts(record: Snapshot) -> list[dict[str, Any]]:
    mounts: list[dict[str, Any]] = [
        {"name": CONFIG_VOLUME, "mountPath": str(CONFIG_DIRECTORY), "readOnly": True},
        {"name": SCRATCH_VOLUME, "mountPath": "/tmp"},  # noqa: S108 - the pod's own, on a read-only root
    ]
    if record.model.source.kind is ModelSourceKind.VOLUME:
        mounts.append({"name": BUNDLE_VOLUME, "mountPath": record.model.source.path, "readOnly": True})
    if record.config.api_keys is not None:
        mounts.append(API_KEYS_MOUNT)
    return mounts
