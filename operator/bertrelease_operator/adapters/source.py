"""What a source of figures is asked, whichever it is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from bertrelease_operator.api.health import Health
from bertrelease_operator.core.evidence.readings import Look


@dataclass(frozen=True, slots=True)
class PodTarget:
    """A pod of one version, as the API server knows it."""

    uid: str
    name: str
    address: str  # empty as long as it has none
    version: str
    ready: bool = False
    restarts: int = 0
    cpu_limit_cores: float | None = None
    memory_limit_bytes: float | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """Whose figures are asked for."""

    namespace: str
    release: str
    subject: str  # the version under test
    baseline: str | None  # the version it is compared with
    targets: tuple[PodTarget, ...]  # the pods of both
    health: Health
    # Up to where each pod's predictions are known, by pod; None: predictions are not asked for.
    cursors: Mapping[str, str] | None = None

    @property
    def versions(self) -> frozenset[str]:
        return frozenset({self.subject} | ({self.baseline} if self.baseline is not None else set()))


class Source(Protocol):
    """Never raises for a source that does not answer: that is `Look.down`."""

    async def look(self, question: Question) -> Look: ...


def restarts_by_version(targets: Iterable[PodTarget]) -> Mapping[str, int]:
    """Container restarts, summed over the pods of each version."""
    sums: dict[str, int] = {}
    for target in targets:
        sums[target.version] = sums.get(target.version, 0) + target.restarts
    return sums


def unheard(question: Question, heard: Iterable[str]) -> frozenset[str]:
    """Versions that have ready pods of which none was `heard` (pod names): their source is down."""
    names = set(heard)
    ready = {target.version for target in question.targets if target.ready}
    answered = {target.version for target in question.targets if target.ready and target.name in names}
    return frozenset(ready - answered)
