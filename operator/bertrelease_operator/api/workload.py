"""The version-bound part of a BertRelease: what exactly runs. Changing any of it needs a new version."""

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field

from bertrelease_operator.api.base import LIST_SET, ApiModel
from bertrelease_operator.api.secrets import ApiKeys
from bertrelease_operator.api.values import (
    AbsolutePath,
    Digest,
    ImageTag,
    LabelKey,
    LabelValue,
    ObjectName,
    Quantity,
    Repository,
)


class PullPolicy(StrEnum):
    ALWAYS = "Always"
    IF_NOT_PRESENT = "IfNotPresent"
    NEVER = "Never"


class Image(ApiModel):
    """The container image: server code and, unless `model.source` says otherwise, the model bundle."""

    repository: Repository = Field(description="Without tag and digest.")
    tag: ImageTag | None = Field(
        default=None, description="Defaults to the version. Floating tags such as latest are refused."
    )
    digest: Digest | None = Field(default=None, description="Pins the image's content; wins over the tag.")
    pull_policy: PullPolicy = Field(default=PullPolicy.IF_NOT_PRESENT, description="When the kubelet pulls the image.")
    pull_secrets: Annotated[list[ObjectName], Field(max_length=8)] = Field(
        default_factory=list,
        description="Names of Secrets with registry credentials.",
        json_schema_extra=LIST_SET,
    )

    def reference(self, version: str) -> str:
        """What the kubelet pulls: `repository@digest`, else `repository:tag`, the tag defaulting to `version`."""
        if self.digest is not None:
            return f"{self.repository}@{self.digest}"
        return f"{self.repository}:{self.tag or version}"


class Task(StrEnum):
    FILL_MASK = "fill-mask"
    SEMANTIC_SIMILARITY = "semantic-similarity"
    FEATURE_EXTRACTION = "feature-extraction"
    TRANSLATE = "translate"


class ModelSourceKind(StrEnum):
    IMAGE = "image"
    VOLUME = "volume"


class ModelSource(ApiModel):
    """Where the pods find the bundle."""

    kind: ModelSourceKind = Field(default=ModelSourceKind.IMAGE, description="In the image, or on a volume.")
    path: AbsolutePath = Field(
        default="/bundle", description="Directory of the bundle in the image, or where the volume is mounted."
    )
    claim_name: ObjectName | None = Field(
        default=None, description="PersistentVolumeClaim with the bundle, mounted read-only; for kind volume."
    )


class Model(ApiModel):
    """Which model the version serves."""

    name: Annotated[str, Field(min_length=1, max_length=128)] = Field(description="For people; any text.")
    tasks: Annotated[list[Task], Field(min_length=1, max_length=8)] = Field(
        default_factory=lambda: [Task.FILL_MASK], description="What it is used for.", json_schema_extra=LIST_SET
    )
    fingerprint: Digest | None = Field(
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
        default=1024, description="Texts that may wait for the engine; a request beyond that is answered 429."
    )
    max_body_bytes: Annotated[int, Field(ge=1024, le=64 * 1024 * 1024)] = Field(
        default=1024 * 1024, description="A larger request body is answered 413."
    )
    drain_seconds: Annotated[int, Field(ge=0, le=300)] = Field(
        default=5,
        description="How long a stopping pod still accepts requests while proxies learn that it goes.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="What is logged.")
    api_keys: ApiKeys | None = Field(
        default=None, description="Where the keys are of which every request to the model must bring one."
    )
    extra: Annotated[dict[str, Annotated[str, Field(max_length=1024)]], Field(max_length=64)] = Field(
        default_factory=dict,
        description="Further settings of the server by their own name; an unknown one keeps the pod from starting.",
    )


class Resources(ApiModel):
    """Requests and limits of the server container, in Kubernetes quantities."""

    requests: Annotated[dict[str, Quantity], Field(max_length=16)] = Field(
        default_factory=lambda: {"cpu": "500m", "memory": "512Mi"}, description="What the scheduler sets aside."
    )
    limits: Annotated[dict[str, Quantity], Field(max_length=16)] = Field(
        default_factory=lambda: {"memory": "1Gi"}, description="What the container may use at most."
    )


class Probe(ApiModel):
    """One probe's timing; the path is the server's own."""

    period_seconds: Annotated[int, Field(ge=1, le=300)] = Field(description="Time between two probes.")
    timeout_seconds: Annotated[int, Field(ge=1, le=60)] = Field(description="A later answer counts as a failure.")
    failure_threshold: Annotated[int, Field(ge=1, le=600)] = Field(description="Failures in a row that count.")


class Probes(ApiModel):
    """Startup and readiness ask `/ready` (model loaded and self-tested), liveness asks `/health`."""

    startup: Probe = Field(
        default=Probe(period_seconds=1, timeout_seconds=1, failure_threshold=120),
        description="How long the model may take to load.",
    )
    readiness: Probe = Field(
        default=Probe(period_seconds=1, timeout_seconds=1, failure_threshold=3),
        description="When a pod that loses its readiness gets no more traffic.",
    )
    liveness: Probe = Field(
        default=Probe(period_seconds=10, timeout_seconds=2, failure_threshold=3),
        description="When a pod that hangs is restarted.",
    )


class WhenUnsatisfiable(StrEnum):
    DO_NOT_SCHEDULE = "DoNotSchedule"
    SCHEDULE_ANYWAY = "ScheduleAnyway"


class TopologySpread(ApiModel):
    """Spreads the pods of a version over places; as in a pod, with a selector of the version's own pods."""

    topology_key: LabelKey = Field(description="Label of nodes that tells places apart.")
    max_skew: Annotated[int, Field(ge=1, le=100)] = Field(
        default=1, description="By how many pods two places may differ."
    )
    when_unsatisfiable: WhenUnsatisfiable = Field(
        default=WhenUnsatisfiable.SCHEDULE_ANYWAY,
        description="Whether a pod that would be one too many waits, or runs all the same.",
    )


class PodTemplate(ApiModel):
    """Ordinary pod settings that a cluster may need, passed through as they are."""

    labels: Annotated[dict[str, LabelValue], Field(max_length=32)] = Field(
        default_factory=dict, description="Further labels of the pods."
    )
    annotations: Annotated[dict[str, Annotated[str, Field(max_length=4096)]], Field(max_length=32)] = Field(
        default_factory=dict, description="Further annotations of the pods."
    )
    node_selector: Annotated[dict[str, LabelValue], Field(max_length=32)] = Field(
        default_factory=dict, description="Labels that a node must have."
    )
    tolerations: Annotated[list[dict[str, Any]], Field(max_length=32)] = Field(
        default_factory=list, description="As in a pod."
    )
    affinity: dict[str, Any] | None = Field(default=None, description="As in a pod.")
    topology_spread_constraints: Annotated[list[TopologySpread] | None, Field(max_length=8)] = Field(
        default=None,
        description=(
            "Over which places the pods are spread; over zones and nodes, where there is room, if nothing is said. "
            "An empty list: not at all."
        ),
        json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["topologyKey"]},
    )
    priority_class_name: ObjectName | None = Field(default=None, description="As in a pod.")
    runtime_class_name: ObjectName | None = Field(default=None, description="As in a pod.")
    service_account_name: ObjectName | None = Field(
        default=None, description="As in a pod; its token is never mounted."
    )
    termination_grace_period_seconds: Annotated[int, Field(ge=1, le=3600)] = Field(
        default=45, description="After SIGTERM; must be longer than config.drainSeconds."
    )


class Workload(ApiModel):
    """How a version runs."""

    image: Image
    config: ServerConfig = Field(default_factory=ServerConfig)
    resources: Resources = Field(default_factory=Resources)
    probes: Probes = Field(default_factory=Probes)
    pod_template: PodTemplate = Field(default_factory=PodTemplate)


class Snapshot(Workload):
    """Everything that can change what a version answers or how it runs: recorded once, never changed."""

    model: Model
