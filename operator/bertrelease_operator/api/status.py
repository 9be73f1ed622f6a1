"""Status of both resources: what the operator reports, and what it needs to go on after a restart."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from bertrelease_operator.api.base import ApiModel

# RFC 3339 in UTC with microseconds, as Kubernetes' MicroTime.
Timestamp = Annotated[str, Field(json_schema_extra={"format": "date-time"})]


class Phase(StrEnum):
    """One word for `kubectl get`."""

    PENDING = "Pending"  # the first version is not serving yet
    PROGRESSING = "Progressing"  # a candidate is starting or switching
    ANALYZING = "Analyzing"  # a candidate has traffic and is being judged
    OBSERVING = "Observing"  # promoted, still watched
    HEALTHY = "Healthy"  # the version asked for serves and nothing is under way
    ROLLED_BACK = "RolledBack"  # the version asked for was taken back; the stable one serves
    PAUSED = "Paused"
    REFUSED = "Refused"  # the spec cannot be followed; what served keeps serving
    DEGRADED = "Degraded"  # what serves is not healthy and there is nothing to go back to


class Verdict(StrEnum):
    """What evidence says (DESIGN: only Pass moves forward, only Fail takes back)."""

    PASS = "Pass"  # noqa: S105 - not a password
    FAIL = "Fail"
    INCONCLUSIVE = "Inconclusive"
    NO_DATA = "NoData"
    SOURCE_DOWN = "SourceDown"


class RevisionVerdict(StrEnum):
    CANDIDATE = "Candidate"
    PROVEN = "Proven"
    UNPROVEN = "Unproven"
    REJECTED = "Rejected"
    SUPERSEDED = "Superseded"


class ConditionStatus(StrEnum):
    TRUE = "True"
    FALSE = "False"
    UNKNOWN = "Unknown"


class Condition(ApiModel):
    """A Kubernetes condition, for `kubectl wait --for=condition=...`."""

    type: str
    status: ConditionStatus
    reason: str
    message: str = ""
    last_transition_time: Timestamp
    observed_generation: int = 0


class CheckStatus(ApiModel):
    """One check of the health watch, with its figures."""

    name: str
    verdict: Verdict
    value: float | None = Field(default=None, description="The estimate, in the check's unit.")
    limit: float | None = None
    unit: str = ""
    sample: int = Field(default=0, description="Requests, pods or readings that the value rests on.")
    message: str = ""


class RolloutStage(StrEnum):
    STARTING = "Starting"  # pods come up, no traffic
    STEPPING = "Stepping"  # at step `step`, with its weight
    SWITCHING = "Switching"  # going to 100 %, as fast as capacity allows


class RolloutStatus(ApiModel):
    """The candidate on its way."""

    version: str
    attempt: int = Field(ge=1, description="Counts retries of the same version.")
    stage: RolloutStage
    step: int = Field(default=0, ge=0, description="Index into the canary's steps, while stepping.")
    analysed: bool = Field(default=True, description="False when going back to a proven version: no new analysis.")
    by_hand: bool = Field(default=False, description="A person promoted it before all evidence was in.")
    started_at: Timestamp
    stage_entered_at: Timestamp
    ready_since: Timestamp | None = None
    blind_since: Timestamp | None = Field(default=None, description="Since when the source of figures is down.")
    blind_seconds: float = Field(default=0, ge=0, description="Earlier down time in this stage; deadlines exclude it.")
    paused_since: Timestamp | None = None
    paused_seconds: float = Field(default=0, ge=0, description="Earlier pauses in this stage; excluded as well.")


class ObservationStatus(ApiModel):
    """The stable version while it is still watched after its promotion."""

    version: str
    attempt: int = Field(ge=1)
    previous: str | None = Field(default=None, description="Where traffic returns on a failure.")
    since: Timestamp


class ConcludedStatus(ApiModel):
    """How the last rollout ended, so that it is not started again by itself."""

    version: str
    attempt: int = Field(ge=1)
    reason: str
    message: str
    at: Timestamp


class Weights(ApiModel):
    """Percent of traffic by version: wanted, written to the route, and seen in the versions' request counts."""

    desired: dict[str, int] = Field(default_factory=dict)
    applied: dict[str, int] = Field(default_factory=dict)
    observed: dict[str, int] = Field(default_factory=dict)


class BertReleaseStatus(ApiModel):
    """What serves, what is on its way, what was taken back and why."""

    observed_generation: int = 0
    phase: Phase = Phase.PENDING
    message: str = ""
    version: str | None = Field(default=None, description="The accepted spec.version.")
    stable: str | None = Field(default=None, description="The version that serves.")
    weights: Weights = Field(default_factory=Weights)
    checks: Annotated[list[CheckStatus], Field(max_length=64)] = Field(default_factory=list)
    rollout: RolloutStatus | None = None
    observation: ObservationStatus | None = None
    concluded: ConcludedStatus | None = None
    handled_command: str | None = Field(default=None, description="The last `bertrelease.io/command` carried out.")
    accepted_digest: str | None = Field(
        default=None, description="Digest of the version-bound fields of the spec as last accepted."
    )
    conditions: Annotated[list[Condition], Field(max_length=16)] = Field(
        default_factory=list,
        json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"]},
    )


class BertRevisionStatus(ApiModel):
    """The verdict on a version, and the evidence behind it."""

    verdict: RevisionVerdict = RevisionVerdict.CANDIDATE
    attempt: int = Field(default=1, ge=1)
    reason: str = ""
    message: str = ""
    decided_at: Timestamp | None = None
    served_from: Timestamp | None = Field(default=None, description="When it last became the stable version.")
    served_until: Timestamp | None = None
    image_id: str | None = Field(default=None, description="Image with digest, as the kubelet resolved it.")
    fingerprint: str | None = Field(default=None, description="The bundle's fingerprint, as the pods report it.")
    checks: Annotated[list[CheckStatus], Field(max_length=64)] = Field(default_factory=list)
