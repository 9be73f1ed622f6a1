"""Releases and revisions as the API server would give them, at a fixed moment."""

from collections.abc import Mapping
from typing import Any, Final

from bertrelease_operator.api.names import GROUP_VERSION, LABEL_RELEASE, LABEL_VERSION, child_name
from bertrelease_operator.api.status import BertReleaseStatus
from bertrelease_operator.cli.objects import Manifest, Release, Revision
from bertrelease_operator.core.clock import to_epoch, to_timestamp

NOW: Final = to_epoch("2026-03-01T12:00:00Z")


def ago(seconds: float) -> str:
    """The timestamp of `seconds` before NOW."""
    return to_timestamp(NOW - seconds)


def manifest(
    status: Mapping[str, Any] | None = None,
    *,
    version: str = "v1.1.0",
    name: str = "fill-mask",
    namespace: str = "shop",
    generation: int = 2,
    annotations: Mapping[str, str] | None = None,
    **spec: Any,
) -> dict[str, Any]:
    """A BertRelease of age 3 days with the strategy's default steps (10, 25, 50 %, held 60 s each)."""
    return {
        "apiVersion": GROUP_VERSION,
        "kind": "BertRelease",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "generation": generation,
            "creationTimestamp": "2026-02-26T12:00:00Z",
            "resourceVersion": "1",
            "annotations": dict(annotations or {}),
        },
        "spec": {
            "version": version,
            "image": {"repository": "localhost/bert"},
            "model": {"name": "bert-small"},
            **spec,
        },
        "status": {"observedGeneration": generation, "phase": "Healthy", **(status or {})},
    }


def release(status: Mapping[str, Any] | None = None, **fields: Any) -> Release:
    return Release.of(manifest(status, **fields))


def revision_manifest(version: str, verdict: str = "Proven", *, created: float = 86_400, **status: Any) -> Manifest:
    return {
        "metadata": {
            "name": child_name("fill-mask", version),
            "namespace": "shop",
            "creationTimestamp": ago(created),
            "labels": {LABEL_RELEASE: "fill-mask", LABEL_VERSION: version},
        },
        "spec": {
            "release": "fill-mask",
            "version": version,
            "image": {"repository": "localhost/bert"},
            "model": {"name": "bert-small"},
        },
        "status": {"verdict": verdict, **status},
    }


def revision(version: str, verdict: str = "Proven", **fields: Any) -> Revision:
    return Revision.of(revision_manifest(version, verdict, **fields))


def deployment_manifest(version: str, wanted: int, ready: int) -> Manifest:
    return {
        "metadata": {"labels": {LABEL_VERSION: version}},
        "spec": {"replicas": wanted},
        "status": {"readyReplicas": ready},
    }


def rollout(**changes: Any) -> dict[str, Any]:
    """v1.1.0 at its first step for 48 s."""
    return {
        "version": "v1.1.0",
        "attempt": 1,
        "stage": "Stepping",
        "step": 0,
        "startedAt": ago(60),
        "stageEnteredAt": ago(48),
        **changes,
    }


def condition(kind: str, status: str, reason: str, message: str = "", *, since: float = 90) -> dict[str, Any]:
    return {
        "type": kind,
        "status": status,
        "reason": reason,
        "message": message,
        "lastTransitionTime": ago(since),
        "observedGeneration": 2,
    }


ERROR_RATE: Final = {
    "name": "error-rate",
    "verdict": "Inconclusive",
    "value": 0.5814,
    "limit": 0.5,
    "unit": "%",
    "sample": 1204,
    "message": "7 of 1204 requests failed (0.58 %, surely 0.20 % to 1.31 %, limit 0.5 %)",
}
LATENCY: Final = {
    "name": "p95-latency",
    "verdict": "Pass",
    "value": 42.5,
    "limit": 100,
    "unit": "ms",
    "sample": 1204,
    "message": "P95 is 42 ms of 100 ms: 0.10 % took longer",
}
FAILED: Final = {
    **ERROR_RATE,
    "verdict": "Fail",
    "value": 19.8,
    "sample": 101,
    "message": "20 of 101 requests failed (19.80 %, limit 0.5 %)",
}

ANALYZING: Final = {
    "phase": "Analyzing",
    "message": "Judging v1.1.0 at 10 % (step 1 of 3): Inconclusive.",
    "version": "v1.1.0",
    "stable": "v1.0.0",
    "weights": {
        "desired": {"v1.0.0": 90, "v1.1.0": 10},
        "applied": {"v1.0.0": 90, "v1.1.0": 10},
        "observed": {"v1.0.0": 88, "v1.1.0": 12},
    },
    "checks": [ERROR_RATE, LATENCY],
    "checksOf": "v1.1.0",
    "rollout": rollout(),
    "conditions": [condition("Ready", "False", "Analyzing"), condition("Healthy", "True", "Analyzing")],
}
ROLLED_BACK: Final = {
    "phase": "RolledBack",
    "message": "v1.0.0 serves. v1.1.0 was taken back: 20 of 101 requests failed (19.80 %, limit 0.5 %).",
    "version": "v1.1.0",
    "stable": "v1.0.0",
    "weights": {"desired": {"v1.0.0": 100}, "applied": {"v1.0.0": 100}},
    "checks": [FAILED],
    "checksOf": "v1.1.0",
    "concluded": {
        "version": "v1.1.0",
        "attempt": 1,
        "reason": "ErrorRateFailed",
        "message": "v1.1.0 was taken back: 20 of 101 requests failed (19.80 %, limit 0.5 %).",
        "at": ago(300),
    },
    "conditions": [
        condition("Ready", "False", "RolledBack", since=310),
        condition("Healthy", "True", "RolledBack", since=9000),
        condition("RolledBack", "True", "ErrorRateFailed", since=300),
        condition("SpecAccepted", "True", "Accepted", since=9000),
    ],
}
HEALTHY: Final = {
    "phase": "Healthy",
    "message": "v1.1.0 serves.",
    "version": "v1.1.0",
    "stable": "v1.1.0",
    "weights": {"desired": {"v1.1.0": 100}, "applied": {"v1.1.0": 100}},
}


def status_of(status: BertReleaseStatus) -> dict[str, Any]:
    """A status as it is stored."""
    return status.model_dump(mode="json", by_alias=True, exclude_none=True)
