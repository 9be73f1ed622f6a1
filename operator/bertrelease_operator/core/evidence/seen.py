"""What one look brought: the counts that were new in it, and how the pods were."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from bertrelease_operator.core.evidence.tally import EMPTY, Tally, shared_edges_ms
from bertrelease_operator.core.evidence.usage import Usage


class Edges(NamedTuple):
    """Upper edges of the latency buckets: versions may have servers that count in different ones."""

    subject_ms: tuple[float, ...] = ()
    baseline_ms: tuple[float, ...] = ()

    def shared(self, later: "Edges") -> "Edges":
        return Edges(
            shared_edges_ms(self.subject_ms, later.subject_ms), shared_edges_ms(self.baseline_ms, later.baseline_ms)
        )


NO_EDGES: Final = Edges()


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
    def edges(self) -> Edges:
        stable = shared_edges_ms(self.history.latency_edges_ms, self.baseline.latency_edges_ms)
        return Edges(self.subject.latency_edges_ms, stable)

    def at_edges(self, edges: Edges) -> "SeenLook":
        return replace(
            self,
            subject=self.subject.at_edges(edges.subject_ms),
            baseline=self.baseline.at_edges(edges.baseline_ms),
            history=self.history.at_edges(edges.baseline_ms),
        )

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
