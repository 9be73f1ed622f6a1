"""Looks at two versions, told in a few words."""

from typing import Any

from bertrelease_operator.api.health import Health
from bertrelease_operator.api.status import CheckStatus, Verdict
from bertrelease_operator.core.evidence.gather import EvidenceState, advance
from bertrelease_operator.core.evidence.judge import judge
from bertrelease_operator.core.evidence.readings import Look, PodReading, RequestCounters
from bertrelease_operator.core.observation import EvidenceView, Watch

EDGES = (10.0, 50.0, 100.0, 500.0)
CANARY = Watch("v2.0.0", "v1.0.0", "1/step-0")
PREVIEW = Watch("v2.0.0", None, "1/preview", needs_requests=False)
ARMS = Watch("v2.0.0", "v1.0.0", "1/test", compares_arms=True)
ALONE = Watch("v2.0.0", None, "1/observation")


def counters(requests: int, errors: int = 0, slow: int = 0) -> RequestCounters:
    """`slow` requests took 100..500 ms, the others less than 10 ms."""
    fast = requests - slow
    return RequestCounters(requests, errors, EDGES, (fast, fast, fast, requests), requests)


def reading(pod: str, version: str, found: RequestCounters | None, **more: Any) -> PodReading:
    fields: dict[str, Any] = {"started_at": 1.0, "model_loaded": True, **more}
    return PodReading(pod, version, found, **fields)


class Gathering:
    """Looks one second apart at one candidate pod and one stable pod."""

    def __init__(self, watch: Watch = CANARY, **health: Any) -> None:
        self.watch, self.health = watch, Health.model_validate({"memory": None, **health})
        self.state, self.at = EvidenceState(), 1000.0

    def look(self, *readings: PodReading, seconds: float = 1.0, **more: Any) -> None:
        self.at += seconds
        self.state = advance(self.state, self.watch, Look(self.at, readings, **more), self.health)

    def counts(self, candidate: RequestCounters, stable: RequestCounters | None = None, **more: Any) -> None:
        stable_readings = [] if stable is None else [reading("s", "v1.0.0", stable)]
        self.look(reading("c", "v2.0.0", candidate), *stable_readings, **more)

    @property
    def view(self) -> EvidenceView:
        return judge(self.state, self.watch, self.health, self.at)

    def verdict(self) -> Verdict:
        return self.view.verdict

    def check(self, name: str) -> CheckStatus:
        return next(check for check in self.view.checks if check.name == name)
