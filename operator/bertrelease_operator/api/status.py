"""Status of both resources: what the operator reports, and what it needs to go on after a restart."""

from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field

from bertrelease_operator.api import values
from bertrelease_operator.api.base import ApiModel
from bertrelease_operator.api.gates import GateKind
from bertrelease_operator.api.notifications import NoticeKind
from bertrelease_operator.api.promotion import PromotionState, Proof
from bertrelease_operator.api.recording import Recording

Timestamp = values.Timestamp


class Phase(StrEnum):
    """One word for `kubectl get`."""

    PENDING = "Pending"  # the first version is not serving yet
    PROGRESSING = "Progressing"  # a candidate is starting or switching
    ANALYZING = "Analyzing"  # a candidate is being judged, at a gate or with traffic
    OBSERVING = "Observing"  # promoted, still watched
    HEALTHY = "Healthy"  # the version asked for serves and nothing is under way
    ROLLED_BACK = "RolledBack"  # the version asked for was taken back; the stable one serves
    PAUSED = "Paused"
    REFUSED = "Refused"  # the spec cannot be followed; what served keeps serving
    DEGRADED = "Degraded"  # what serves is not healthy and there is nothing to go back to


class Verdict(StrEnum):
    """What the evidence says: only Pass moves forward, only Fail takes back."""

    PASS = "Pass"  # noqa: S105 - not a password
    FAIL = "Fail"
    INCONCLUSIVE = "Inconclusive"
    NO_DATA = "NoData"
    SOURCE_DOWN = "SourceDown"


class RevisionVerdict(StrEnum):
    """What became of a version. Proven ones can be gone back to without a new analysis; rejected ones never."""

    CANDIDATE = "Candidate"
    PROVEN = "Proven"
    UNPROVEN = "Unproven"
    REJECTED = "Rejected"
    SUPERSEDED = "Superseded"


class ConditionStatus(StrEnum):
    """Whether it holds."""

    TRUE = "True"
    FALSE = "False"
    UNKNOWN = "Unknown"


class Condition(ApiModel):
    """A Kubernetes condition, for `kubectl wait --for=condition=...`."""

    type: str = Field(
        description="Ready, Progressing, Healthy, RolledBack, SpecAccepted; where asked for, Promotion, Autoscaling."
    )
    status: ConditionStatus
    reason: str = Field(description="Why, in a word.")
    message: str = Field(default="", description="Why, in a sentence.")
    last_transition_time: Timestamp = Field(description="When the status last changed.")
    observed_generation: int = Field(default=0, description="The generation of the spec that it is about.")


class CheckStatus(ApiModel):
    """One check of the health watch, with its figures."""

    name: str = Field(description="The check's name in spec.health.")
    verdict: Verdict
    value: float | None = Field(default=None, description="The estimate, in the check's unit.")
    limit: float | None = Field(default=None, description="The limit, in the check's unit.")
    unit: str = Field(default="", description="Of value and limit.")
    sample: int = Field(default=0, description="Requests, pods or readings that the value rests on.")
    message: str = Field(default="", description="Why, in a sentence.")


class CaseFailure(ApiModel):
    """One case that a gate saw fail, for people."""

    case: str = Field(description="What was asked.")
    expected: str = Field(description="What should have come.")
    got: str = Field(description="What came.")
    stable_got: str = Field(default="", description="What came from the stable version.")


class GateStatus(ApiModel):
    """One passage through one gate of spec.gates."""

    name: str = Field(description="The gate's name.")
    kind: GateKind = Field(description="The gate's kind.")
    point: str = Field(description="What it holds back: traffic, step-2 and so on, or promotion.")
    attempt: int = Field(default=1, ge=1, description="In which rollout of the version.")
    verdict: Verdict = Field(description="NoData as long as it could not run; only Pass lets the version through.")
    message: str = Field(default="", description="Why, in a sentence.")
    started_at: Timestamp = Field(description="When it began; its deadline counts from here.")
    finished_at: Timestamp | None = Field(default=None, description="When it passed or failed.")
    by: str = Field(default="", description="Who approved.")
    approval: str = Field(default="", description="The annotation that counted as the approval; it counts once.")
    checks: list[CheckStatus] = Field(default_factory=list, description="Its figures against their limits.")
    failures: list[CaseFailure] = Field(default_factory=list, description="The first cases that failed.")
    total_failures: int = Field(default=0, ge=0, description="How many cases failed.")


class RolloutStage(StrEnum):
    """How far the candidate has come."""

    STARTING = "Starting"  # pods come up, no traffic
    STEPPING = "Stepping"  # at step `step`, with its weight
    SWITCHING = "Switching"  # going to 100 %, as fast as capacity allows


class RolloutStatus(ApiModel):
    """The candidate on its way."""

    version: str = Field(description="The candidate.")
    attempt: int = Field(ge=1, description="Grows with each rollout of the same version.")
    stage: RolloutStage
    step: int = Field(default=0, ge=0, description="Index into the canary's steps, while stepping.")
    analysed: bool = Field(default=True, description="False when going back to a proven version: no new analysis.")
    by_hand: bool = Field(default=False, description="A person promoted it before all evidence was in.")
    judged_requests: bool = Field(
        default=False, description="It has passed a step in which it answered requests: passing without is no proof."
    )
    started_at: Timestamp = Field(description="When the rollout began.")
    stage_entered_at: Timestamp = Field(description="When this stage, or this step, began.")
    ready_since: Timestamp | None = Field(default=None, description="Since when it has had enough ready pods.")
    blind_since: Timestamp | None = Field(default=None, description="Since when a step lacks the source of figures.")
    blind_seconds: float = Field(default=0, ge=0, description="Earlier down time in this stage; deadlines exclude it.")
    paused_since: Timestamp | None = Field(default=None, description="Since when a person holds it.")
    paused_seconds: float = Field(default=0, ge=0, description="Earlier pauses in this stage; excluded as well.")
    gate_since: Timestamp | None = Field(
        default=None, description="Since when a gate holds it, while it is not paused and there are figures."
    )
    gate_seconds: float = Field(
        default=0,
        ge=0,
        description="Earlier time at gates in this stage; its deadline excludes it, the longest duration does not.",
    )
    uncounted_seconds: float = Field(
        default=0, ge=0, description="Pauses and down time of earlier stages; the longest duration excludes them."
    )
    awaiting_since: Timestamp | None = Field(
        default=None, description="Since when it has passed its step and waits for a person to promote or abort it."
    )
    promoted_at: Timestamp | None = Field(
        default=None, description="When a person promoted it; the gates before promotion still hold it."
    )
    gates: list[GateStatus] = Field(
        default_factory=list, description="Gates that it came to, in the order in which they began."
    )
    full_replicas: int | None = Field(
        default=None,
        description=(
            "With autoscaling: pods that carry all of the traffic, which is the most that the stable version had since "
            "the rollout began."
        ),
    )


class ObservationStatus(ApiModel):
    """The stable version while it is still watched after its promotion."""

    version: str = Field(description="The version that is watched.")
    attempt: int = Field(ge=1, description="Grows with each rollout of the same version.")
    previous: str | None = Field(default=None, description="Where traffic returns on a failure.")
    since: Timestamp = Field(description="When it was promoted.")


class ConcludedStatus(ApiModel):
    """How the last rollout ended, so that it is not started again by itself."""

    version: str = Field(description="The version whose rollout ended.")
    attempt: int = Field(ge=1, description="Grows with each rollout of the same version.")
    reason: str = Field(description="Why, in a word.")
    message: str = Field(description="Why, in a sentence.")
    at: Timestamp = Field(description="When it ended.")


class NoticeStatus(ApiModel):
    """Something that people are still to be told of."""

    id: str = Field(description="The same whenever it is told again, such as after a restart of the operator.")
    event: NoticeKind
    version: str = Field(description="The version that it is about.")
    model: str = Field(default="", description="The version's spec.model.name.")
    message: str = Field(default="", description="What happened and why, in a sentence.")
    at: Timestamp = Field(description="When it happened.")
    receivers: list[str] = Field(default_factory=list, description="Names of those that do not have it yet.")


class Weights(ApiModel):
    """Percent of the traffic by version."""

    desired: dict[str, int] = Field(default_factory=dict, description="As decided.")
    applied: dict[str, int] = Field(default_factory=dict, description="As written to the route.")
    observed: dict[str, int] = Field(default_factory=dict, description="As seen in the versions' request counts.")


class PromotionStatus(ApiModel):
    """What has become of the upstream release's versions here."""

    from_: str = Field(alias="from", description="The release that is followed.")
    state: PromotionState
    version: str | None = Field(default=None, description="The version that the state is about.")
    since: Timestamp = Field(description="Since when this state and version hold.")
    message: str = Field(default="", description="Why, in a sentence.")
    proof: Proof | None = Field(default=None, description="What the upstream release proved of the version.")


class BertReleaseStatus(ApiModel):
    """What serves, what is on its way, what was taken back and why."""

    observed_generation: int = Field(default=0, description="The generation of the spec that the status is about.")
    phase: Phase = Phase.PENDING
    message: str = Field(default="", description="What is going on and why, in a sentence.")
    version: str | None = Field(default=None, description="The accepted spec.version.")
    stable: str | None = Field(default=None, description="The version that serves.")
    weights: Weights = Field(default_factory=Weights)
    checks: Annotated[list[CheckStatus], Field(max_length=64)] = Field(
        default_factory=list, description="The health watch's checks, as of the last look."
    )
    checks_of: str | None = Field(
        default=None, description="The version whose checks these are: one that is watched, or was taken back last."
    )
    rollout: RolloutStatus | None = None
    observation: ObservationStatus | None = None
    concluded: ConcludedStatus | None = None
    rejected: dict[str, int] | None = Field(
        default=None, description="Rejected versions, each by its attempt: those that people are told of already."
    )
    notices: Annotated[list[NoticeStatus], Field(max_length=16)] = Field(
        default_factory=list, description="What spec.notifications asks to be told, and was not yet."
    )
    promotion: PromotionStatus | None = None
    handled_command: str | None = Field(default=None, description="The last `bertrelease.io/command` carried out.")
    handled_approval: str | None = Field(
        default=None, description="The last `bertrelease.io/approve` that a gate passed by; it counts once."
    )
    contents_version: str | None = Field(
        default=None,
        description=(
            "The version whose recorded contents the rest of the spec holds. It is not spec.version after an edit of "
            "spec.version alone back to an earlier version."
        ),
    )
    accepted_digest: str | None = Field(
        default=None,
        description=(
            "Digest of the version-bound fields of the spec as last accepted; none while another release is followed."
        ),
    )
    conditions: Annotated[list[Condition], Field(max_length=16)] = Field(
        default_factory=list,
        description="For `kubectl wait --for=condition=...`.",
        json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"]},
    )


MOST_TOLD: Final = 40
LONGEST_REASON: Final = 128  # characters, as of an Event
LONGEST_MESSAGE: Final = 1024


class StoryEntry(ApiModel):
    """Something that was decided about a version, and what was known then."""

    at: Timestamp = Field(description="When it was decided.")
    reason: str = Field(
        max_length=LONGEST_REASON, description="What, in a word: that of the Event, or the release's phase."
    )
    message: str = Field(default="", max_length=LONGEST_MESSAGE, description="What and why, in a sentence.")
    holds: bool = Field(default=False, description="Nothing moved: the message says what was waited for.")
    attempt: int = Field(ge=1, description="Which attempt of the version it was.")
    stage: RolloutStage | None = Field(default=None, description="The stage of its rollout.")
    step: int | None = Field(default=None, ge=0, description="Index of the strategy's step, while stepping.")
    weight: int = Field(default=0, ge=0, le=100, description="Percent of the traffic that it had.")
    verdict: Verdict | None = Field(default=None, description="What the evidence said.")
    checks: Annotated[list[CheckStatus], Field(max_length=64)] = Field(
        default_factory=list, description="Figures against limits; where nothing moved, only those that were no pass."
    )


class BertRevisionStatus(ApiModel):
    """The verdict on a version, and the evidence behind it."""

    verdict: RevisionVerdict = RevisionVerdict.CANDIDATE
    attempt: int = Field(default=1, ge=1, description="Grows with each rollout of the version.")
    reason: str = Field(default="", description="Why, in a word.")
    message: str = Field(default="", description="Why, in a sentence.")
    decided_at: Timestamp | None = Field(default=None, description="When the verdict was given.")
    served_from: Timestamp | None = Field(default=None, description="When it last became the stable version.")
    served_until: Timestamp | None = Field(default=None, description="When it last stopped being the stable version.")
    image_id: str | None = Field(
        default=None, description="Image with digest, as the kubelet resolved it; all of them where pods differ."
    )
    fingerprint: str | None = Field(
        default=None, description="The bundle's fingerprint, as the pods report it; all of them where they differ."
    )
    left_attempt: int | None = Field(
        default=None,
        ge=1,
        description=(
            "The attempt that was stopped because the release that is followed went back to an earlier version. Later "
            "ones go on: a person asked for them."
        ),
    )
    checks: Annotated[list[CheckStatus], Field(max_length=64)] = Field(
        default_factory=list, description="The evidence behind the verdict."
    )
    gates: list[GateStatus] = Field(default_factory=list, description="Gates that it came to when it last came to any.")
    story: Annotated[list[StoryEntry], Field(max_length=MOST_TOLD)] = Field(
        default_factory=list, description="What was decided about it, in order; `kubectl bert explain` tells it."
    )
    recording: Recording | None = Field(
        default=None, description="What its last rollout was judged by, for `kubectl bert replay`."
    )
