"""The picture of one release; also what `status -o json|yaml` prints."""

from enum import StrEnum

from bertrelease_operator.api.base import ApiModel
from bertrelease_operator.api.status import CheckStatus, GateStatus, Phase, RolloutStage, Timestamp


class Role(StrEnum):
    SERVING = "serving"
    CANDIDATE = "candidate"
    SHARING = "by hand"  # in spec.traffic
    LEAVING = "leaving"


class Share(ApiModel):
    """One version's part of the traffic, in percent; `observed` is None with too few requests to tell."""

    version: str
    role: Role
    desired: int
    applied: int
    observed: int | None


class Candidate(ApiModel):
    """A version on its way. `step` counts from 1 and is None before and after the steps."""

    version: str
    attempt: int
    stage: RolloutStage
    step: int | None
    place: str  # where the step puts it, such as "at 10 %"; empty before and after the steps
    step_weights: tuple[int, ...]
    step_names: tuple[str, ...]
    analysed: bool
    by_hand: bool
    awaits_person: bool
    ready: bool = False  # it has the pods that it needs to start, and is held by something else
    stage_seconds: float
    hold_seconds_left: float | None = None
    deadline_seconds_left: float | None = None
    clock_stopped: str = ""  # why the deadline does not come nearer at the moment
    at_deadline: str = ""


class Watched(ApiModel):
    """The serving version while it is still watched after its promotion."""

    version: str
    previous: str | None
    seconds_left: float


class Rollback(ApiModel):
    """The last version that was taken back."""

    version: str
    serving: str | None
    verdict: str
    reason: str
    message: str
    at: Timestamp | None
    checks: tuple[CheckStatus, ...]  # those that failed


class Problem(ApiModel):
    """A condition that is not as it should be."""

    type: str
    status: str
    reason: str
    message: str
    since: Timestamp


class Advice(ApiModel):
    """Something that a person can do now."""

    purpose: str
    command: str


class ReleaseView(ApiModel):
    """Everything about one release at one moment."""

    namespace: str
    name: str
    created_at: Timestamp
    asked_for: str
    serving: str | None
    phase: Phase
    message: str
    paused: bool
    behind: str = ""  # why the status may not speak of the spec as it is now
    traffic: tuple[Share, ...]
    candidate: Candidate | None
    watched: Watched | None
    checks: tuple[CheckStatus, ...]
    checks_of: str = ""
    gates: tuple[GateStatus, ...] = ()
    gates_of: str = ""
    last_rollback: Rollback | None
    problems: tuple[Problem, ...]
    advice: tuple[Advice, ...]
