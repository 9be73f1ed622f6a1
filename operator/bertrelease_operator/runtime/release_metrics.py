"""What is told of each single release: its state as of the last pass, read when somebody scrapes.

A release has a fixed number of series, a few for each version that has pods, and two for each check while something is
watched. All of them go with the release.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from bertrelease_operator.api.gates import GateKind
from bertrelease_operator.api.status import BertReleaseStatus, CheckStatus, GateStatus, Phase, Verdict
from bertrelease_operator.core.clock import to_epoch
from bertrelease_operator.core.decision import Decision
from bertrelease_operator.core.gates.points import open_gate
from bertrelease_operator.core.observation import Observation
from bertrelease_operator.runtime.records import ReleaseKey

_RELEASE: Final = ("namespace", "release")
_MILLISECONDS: Final = 1000
_PERCENT: Final = 100

Rows = Sequence[tuple[tuple[str, ...], float]]  # further label values, and the value


@dataclass(frozen=True, slots=True)
class ReleaseFigures:
    """One release after a pass. Times are epoch seconds."""

    phase: Phase
    info: tuple[str, str, str]  # stable version, candidate, kind of strategy; empty where there is none
    weights: Mapping[str, int]  # percent, as applied
    ready_pods: Mapping[str, int]
    wanted_pods: Mapping[str, int]
    verdicts: Mapping[str, Verdict]  # on the versions that are watched
    checks: tuple[CheckStatus, ...]  # those of what is watched
    gates: tuple[GateStatus, ...]  # that the rollout came to
    waiting_since: Mapping[str, float]  # by what it waits for
    rollout_started_at: float | None
    concluded: tuple[str, str, float] | None  # version, reason, when
    error_limit_percent: float | None
    latency_limit_ms: float | None


def figures_of(observation: Observation, decision: Decision) -> ReleaseFigures:
    """What the pass that made `decision` knows."""
    status, spec = decision.status, observation.spec
    rollout, concluded = status.rollout, status.concluded
    verdicts = {
        watch.subject: observation.evidence[watch].verdict
        for watch in decision.watches
        if watch in observation.evidence
    }
    candidate = rollout.version if rollout is not None else ""
    return ReleaseFigures(
        phase=status.phase,
        info=(status.stable or "", candidate, spec.strategy.kind.value),
        weights=dict(observation.route.weights) if observation.route is not None else {},
        ready_pods={version: observation.ready(version) for version in decision.replicas},
        wanted_pods=dict(decision.replicas),
        verdicts=verdicts,
        checks=tuple(status.checks) if verdicts else (),
        gates=tuple(rollout.gates) if rollout is not None else (),
        waiting_since=_waiting_since(status),
        rollout_started_at=to_epoch(rollout.started_at) if rollout is not None else None,
        concluded=(concluded.version, concluded.reason, to_epoch(concluded.at)) if concluded is not None else None,
        error_limit_percent=spec.health.error_rate.max if spec.health.error_rate is not None else None,
        latency_limit_ms=spec.health.p95_latency_ms.max if spec.health.p95_latency_ms is not None else None,
    )


def _waiting_since(status: BertReleaseStatus) -> dict[str, float]:
    rollout = status.rollout
    if rollout is None:
        return {}
    since = {"approval": rollout.awaiting_since, "pause": rollout.paused_since, "source": rollout.blind_since}
    gate = open_gate(rollout)
    if gate is not None:
        since["approval" if gate.kind is GateKind.APPROVAL else "gate"] = gate.started_at
    return {reason: to_epoch(at) for reason, at in since.items() if at is not None}


def _by_label(values: Mapping[str, float]) -> Rows:
    return [((label,), value) for label, value in values.items()]


def _if_set(value: float | None, divisor: float = 1) -> Rows:
    return [] if value is None else [((), value / divisor)]


def _verdicts(figures: ReleaseFigures) -> Rows:
    return [((version, verdict.value), 1) for version, verdict in figures.verdicts.items()]


def _passages(figures: ReleaseFigures) -> Rows:
    return [((gate.name, gate.kind.value, gate.point, gate.verdict.value), 1) for gate in figures.gates]


def _conclusion(figures: ReleaseFigures) -> Rows:
    if figures.concluded is None:
        return []
    version, reason, at = figures.concluded
    return [((version, reason), at)]


def _once(found: Iterable[tuple[CheckStatus, float | None]]) -> Rows:
    """Prometheus does not take a page that has a series twice, and nothing forbids two checks of one name."""
    return [*{(check.name, check.unit): value for check, value in found if value is not None}.items()]


def _values(figures: ReleaseFigures) -> Rows:
    return _once((check, check.value) for check in figures.checks)


def _limits(figures: ReleaseFigures) -> Rows:
    return _once((check, check.limit) for check in figures.checks)


@dataclass(frozen=True, slots=True)
class _Gauge:
    """A metric of every release; `rows` says which series it has for one."""

    name: str
    text: str
    labels: tuple[str, ...]
    rows: Callable[[ReleaseFigures], Rows]


_GAUGES: Final = (
    _Gauge(
        "bertrelease_release_info",
        "1; which version serves, which is on its way, and how it takes over.",
        ("stable", "candidate", "strategy"),
        lambda one: [(one.info, 1)],
    ),
    _Gauge("bertrelease_release_phase", "1 for the present phase.", ("phase",), lambda one: [((one.phase.value,), 1)]),
    _Gauge(
        "bertrelease_traffic_weight_percent",
        "Share of the traffic, as written to the route.",
        ("version",),
        lambda one: _by_label(one.weights),
    ),
    _Gauge(
        "bertrelease_ready_pods", "Pods that can be sent requests.", ("version",), lambda one: _by_label(one.ready_pods)
    ),
    _Gauge(
        "bertrelease_wanted_pods", "Pods that there should be.", ("version",), lambda one: _by_label(one.wanted_pods)
    ),
    _Gauge(
        "bertrelease_evidence_verdict",
        "1 for what the evidence now says of a version that is watched.",
        ("version", "verdict"),
        _verdicts,
    ),
    _Gauge("bertrelease_check_value", "Figure of a check of what is watched.", ("check", "unit"), _values),
    _Gauge("bertrelease_check_limit", "Limit of a check of what is watched.", ("check", "unit"), _limits),
    _Gauge(
        "bertrelease_gate_verdict",
        "1 for what each gate says that the rollout under way has come to.",
        ("gate", "kind", "point", "verdict"),
        _passages,
    ),
    _Gauge(
        "bertrelease_waiting_since_timestamp_seconds",
        "Since when the rollout waits: for approval, another gate, the end of a pause, or its source of figures.",
        ("reason",),
        lambda one: _by_label(one.waiting_since),
    ),
    _Gauge(
        "bertrelease_rollout_start_timestamp_seconds",
        "When the rollout that is under way began.",
        (),
        lambda one: _if_set(one.rollout_started_at),
    ),
    _Gauge(
        "bertrelease_concluded_timestamp_seconds",
        "When the last rollout ended without a promotion, until the next one begins.",
        ("version", "reason"),
        _conclusion,
    ),
    _Gauge(
        "bertrelease_error_limit_ratio",
        "spec.health.errorRate.max as a share of requests.",
        (),
        lambda one: _if_set(one.error_limit_percent, _PERCENT),
    ),
    _Gauge(
        "bertrelease_latency_limit_seconds",
        "spec.health.p95LatencyMs.max: 95 % of requests take at most this long.",
        (),
        lambda one: _if_set(one.latency_limit_ms, _MILLISECONDS),
    ),
)


class ReleaseCollector(Collector):
    """Makes the series when it is asked, so that no gauge has to be moved or taken away."""

    def __init__(self, releases: Mapping[ReleaseKey, ReleaseFigures]) -> None:
        self._releases = releases

    def collect(self) -> Iterator[GaugeMetricFamily]:
        releases = dict(self._releases)
        yield self._phases(releases)
        for gauge in _GAUGES:
            family = GaugeMetricFamily(gauge.name, gauge.text, labels=[*_RELEASE, *gauge.labels])
            for key, figures in releases.items():
                for labels, value in gauge.rows(figures):
                    family.add_metric([*key, *labels], value)
            yield family

    def _phases(self, releases: Mapping[ReleaseKey, ReleaseFigures]) -> GaugeMetricFamily:
        family = GaugeMetricFamily("bertrelease_releases", "BertReleases by phase.", labels=["phase"])
        phases = [figures.phase for figures in releases.values()]
        for phase in Phase:
            family.add_metric([phase.value], phases.count(phase))
        return family
