"""The version-bound part of a BertRelease: what exactly runs. Changing any of it needs a new version."""

from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field

from bertrelease_operator.api.base import ApiModel

DIGEST_PATTERN = r"^sha256:[0-9a-f]{64}$"


class PullPolicy(StrEnum):
    ALWAYS = "Always"
    IF_NOT_PRESENT = "IfNotPresent"
    NEVER = "Never"


class Image(ApiModel):
    """The container image: server code and, unless `model.source` says otherwise, the model bundle."""

    repository: Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[a-z0-9]([a-z0-9._:/-]*[a-z0-9])?$")]
    tag: Annotated[str | None, Field(max_length=128, pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$")] = Field(
        default=None, description="Defaults to the version. Floating tags such as latest are refused."
    )
    digest: Annotated[str | None, Field(pattern=DIGEST_PATTERN)] = Field(
        default=None, description="Pins the image's content; wins over the tag."
    )
    pull_policy: PullPolicy = PullPolicy.IF_NOT_PRESENT
    pull_secrets: Annotated[list[str], Field(max_length=8)] = Field(
        default_factory=list, description="Names of Secrets with registry credentials."
    )

    def reference(self, version: str) -> str:
        """What the kubelet pulls: `repository@digest`, else `repository:tag`, the tag defaulting to `version`."""
        if self.digest is not None:
            return f"{self.repository}@{self.digest}"
        return f"{self.repository}:{self.tag or version}"


class Task(StrEnum):
    FILL_MASK = "fill-mask"


class ModelSourceKind(StrEnum):
    IMAGE = "image"
    VOLUME = "volume"


class ModelSource(ApiModel):
    """Where the pods find the bundle."""

    kind: ModelSourceKind = ModelSourceKind.IMAGE
    path: Annotated[str, Field(pattern=r"^/[^\s]*$", max_length=255)] = Field(
        default="/bundle", description="Directory of the bundle in the image, or where the volume is mounted."
    )
    claim_name: Annotated[str | None, Field(max_length=253)] = Field(
        default=None, description="PersistentVolumeClaim with the bundle, mounted read-only; for kind volume."
    )


class Model(ApiModel):
    """Which model the version serves."""

    name: Annotated[str, Field(min_length=1, max_length=128)]
    tasks: Annotated[list[Task], Field(min_length=1, max_length=8)] = Field(default_factory=lambda: [Task.FILL_MASK])
    fingerprint: Annotated[str | None, Field(pattern=DIGEST_PATTERN)] = Field(
        default=None,
        description="Expected fingerprint of the bundle; a pod that has another one never becomes ready.",
    )
    source: ModelSource = Field(default_factory=ModelSource)


class ServerConfig(ApiModel):
    """The server's settings; becomes the immutable ConfigMap of the version."""

    threads: Annotated[int | None, Field(ge=1, le=256)] = Field(
        default=None, description="Inference threads; by default what the CPU limit allows."
    )
    queue_size: Annotated[int, Field(ge=1, le=10_000)] = Field(
        default=64, description="Requests that may wait; one more is answered 429 with Retry-After."
    )
    max_body_bytes: Annotated[int, Field(ge=1024, le=64 * 1024 * 1024)] = 1024 * 1024
    drain_seconds: Annotated[int, Field(ge=0, le=300)] = Field(
        default=5,
        description="How long a stopping pod still accepts requests while proxies learn that it goes.",
    )
    log_level: Annotated[str, Field(pattern=r"^(debug|info|warning|error)$")] = "info"
    extra: Annotated[dict[str, str], Field(max_length=64)] = Field(
        default_factory=dict,
        description="Further settings of the server by their own name; an unknown one keeps the pod from starting.",
    )


class Resources(ApiModel):
    """Requests and limits of the server container, in Kubernetes quantities."""

    requests: Annotated[dict[str, str], Field(max_length=16)] = Field(
        default_factory=lambda: {"cpu": "500m", "memory": "512Mi"}
    )
    limits: Annotated[dict[str, str], Field(max_length=16)] = Field(default_factory=lambda: {"memory": "1Gi"})


class Probe(ApiModel):
    """One probe's timing; the path is the server's own."""

    period_seconds: Annotated[int, Field(ge=1, le=300)]
    timeout_seconds: Annotated[int, Field(ge=1, le=60)]
    failure_threshold: Annotated[int, Field(ge=1, le=600)]


class Probes(ApiModel):
    """Startup and readiness ask `/ready` (model loaded and self-tested), liveness asks `/health`."""

    startup: Probe = Field(default=Probe(period_seconds=1, timeout_seconds=1, failure_threshold=120))
    readiness: Probe = Field(default=Probe(period_seconds=1, timeout_seconds=1, failure_threshold=3))
    liveness: Probe = Field(default=Probe(period_seconds=10, timeout_seconds=2, failure_threshold=3))


class PodTemplate(ApiModel):
    """Ordinary pod settings that a cluster may need, passed through as they are."""

    labels: Annotated[dict[str, str], Field(max_length=32)] = Field(default_factory=dict)
    annotations: Annotated[dict[str, str], Field(max_length=32)] = Field(default_factory=dict)
    node_selector: Annotated[dict[str, str], Field(max_length=32)] = Field(default_factory=dict)
    tolerations: Annotated[list[dict[str, Any]], Field(max_length=32)] = Field(default_factory=list)
    affinity: dict[str, Any] | None = None
    priority_class_name: Annotated[str | None, Field(max_length=253)] = None
    runtime_class_name: Annotated[str | None, Field(max_length=253)] = None
    service_account_name: Annotated[str | None, Field(max_length=253)] = None
    termination_grace_period_seconds: Annotated[int, Field(ge=1, le=3600)] = 45


class Snapshot(ApiModel):
    """Everything that can change what a version answers or how it runs: recorded once, never changed."""

    image: Image
    model: Model
    config: ServerConfig = Field(default_factory=ServerConfig)
    resources: Resources = Field(default_factory=Resources)
    probes: Probes = Field(default_factory=Probes)
    pod_template: PodTemplate = Field(default_factory=PodTemplate)
