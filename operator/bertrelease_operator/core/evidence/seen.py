"""What one look brought: the counts that were new in it, and how the pods were."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from bertrelease_operator.core.evidence.tally import EMPTY, Tally
from bertrelease_operator.core.evidence.usage import Usage


@dataclass(frozen=True, slots=True)
class SeenLook:
    """One look, or several that were put together."""

    span_us: int = 0  # since the look before, in microseconds
    subject: Tally = EMPTY  # new since the look before
    baseline: Tally = EMPTY
    history: Tally = EMPTY  # what stable pods that were found in it had counted before
    restarts: int = 0  # of the subject's containers, since the look before
    loaded_pods: int = 0
    loading_pods: int = 0
    load_failures: int = 0
    load_unknown: bool = False
    usage: Usage = field(default_factory=Usage)  # its means alone
    custom: Mapping[str, float | None] = field(default_factory=dict)
    subject_down: bool = False
    baseline_down: bool = False

    @property
    def edges_ms(self) -> tuple[float, ...]:
        return self.subject.latency_edges_ms or self.baseline.latency_edges_ms or self.history.latency_edges_ms

    def plus(self, later: "SeenLook") -> "SeenLook":
        """Both as one: the sum of what came, and the pods as they were in the end."""
        return replace(
            later,
            span_us=self.span_us + later.span_us,
            subject=self.subject.plus(later.subject),
            baseline=self.baseline.plus(later.baseline),
            history=self.history.plus(later.history),
            restarts=self.restarts + later.restarts,
        )
