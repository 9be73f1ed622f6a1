"""What a new version must pass besides the health watch, and when.

A further kind adds its word to `GateKind`, its section to `Gate`, its default to `DEFAULT_DEADLINE_SECONDS`, and what
decides it to one registry: core/gates/registry.py if spec, status and clock suffice, else adapters/gates/registry.py.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field

from bertrelease_operator.api.approval import Approval
from bertrelease_operator.api.base import LIST_SET, ApiModel
from bertrelease_operator.api.golden import GoldenSet
from bertrelease_operator.api.job import Job
from bertrelease_operator.api.load_test import LoadTest
from bertrelease_operator.api.values import CheckName
from bertrelease_operator.api.webhook import Webhook
from bertrelease_operator.api.window import Window

_DAY_SECONDS: Final = 86_400


class GateKind(StrEnum):
    """Each has a section of the same name in `Gate`."""

    GOLDEN_SET = "goldenSet"
    LOAD_TEST = "loadTest"
    APPROVAL = "approval"
    JOB = "job"
    WEBHOOK = "webhook"
    WINDOW = "window"


class GatePoint(StrEnum):
    TRAFFIC = "traffic"
    EACH_STEP = "eachStep"
    PROMOTION = "promotion"


DEFAULT_DEADLINE_SECONDS: Final[Mapping[GateKind, int]] = {
    GateKind.GOLDEN_SET: 600,
    GateKind.LOAD_TEST: 900,
    GateKind.APPROVAL: 7 * _DAY_SECONDS,
    GateKind.JOB: 3600,
    GateKind.WEBHOOK: 600,
    GateKind.WINDOW: 14 * _DAY_SECONDS,
}


class Gate(ApiModel):
    """One gate: only a pass lets a new version through. Versions that are proven already need not pass it again."""

    name: CheckName = Field(description="Names the gate in the status.")
    kind: GateKind = Field(description="What it is; the section of the same name says the rest.")
    before: Annotated[list[GatePoint], Field(min_length=1, max_length=3)] = Field(
        default_factory=lambda: [GatePoint.TRAFFIC],
        description=(
            "What it holds back: `traffic` the first request of a user or copy of one, `eachStep` every later step, "
            "`promotion` the switch to all traffic. It is passed anew at each of them."
        ),
        json_schema_extra=LIST_SET,
    )
    deadline_seconds: Annotated[int | None, Field(ge=10, le=30 * _DAY_SECONDS)] = Field(
        default=None,
        description=(
            "A version that has not passed this long after the gate began is left unproven, and the traffic goes back. "
            f"By default: {', '.join(f'{kind} {seconds}' for kind, seconds in DEFAULT_DEADLINE_SECONDS.items())}."
        ),
    )
    golden_set: GoldenSet | None = Field(default=None, description="For kind goldenSet.")
    load_test: LoadTest | None = Field(default=None, description="For kind loadTest; may be {}.")
    approval: Approval | None = Field(default=None, description="For kind approval; may be {}.")
    job: Job | None = Field(default=None, description="For kind job.")
    webhook: Webhook | None = Field(default=None, description="For kind webhook.")
    window: Window | None = Field(default=None, description="For kind window.")

    @property
    def limit_seconds(self) -> int:
        """The deadline, given or by default."""
        return self.deadline_seconds if self.deadline_seconds is not None else DEFAULT_DEADLINE_SECONDS[self.kind]
