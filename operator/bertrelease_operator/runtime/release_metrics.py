"""What is told of each single release: its state as of the last pass, read when somebody scrapes.

A release has a fixed number of series, plus a few for each version that has pods and for each check while it is watched.
All of them go with the release.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from bertrelease_operator.api.status import BertReleaseStatus, CheckStatus, Phase, Verdict
from bertrelease_operator.core.capacity import as_weights
from bertrelease_operator.core.clock import to_epoch
from bertrelease_operator.core.decision import Decision
from bertrelease_operator.core.observation import Observation
from bertrelease_operator.runtime.records import ReleaseKey

_RELEASE: Final = ("namespace", "release")
_MILLISECONDS: Final = 1000
_PERCENT: Final = 100

Rows = Iterable[tuple[tuple[str, ...], float]]  # further label values, and the value


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
        weights=as_weights(observation.route.weights) if observation.route is not None else {},
        ready_pods={version: observation.ready(version) for version in decision.replicas},
        wanted_pods=dict(decision.replicas),
        verdicts=verdicts,
        checks=tuple(status.checks) if verdicts else (),
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
    return {reason: to_epoch(at) for reason, at in since.items() if at is not None}


@dataclass(frozen=True, slots=True)
class _Gauge:
    """One metric and where its value comes from."""

    name: str
    text: str
    labels: tuple[str, ...] = ()

    def rows(self, figures: ReleaseFigures) -> Rows:
        return _ROWS[self.name](figures)


def _by_label(values: Mapping[str, float]) -> Rows:
    return (((label,), value) for label, value in values.items())


def _checks(figures: ReleaseFigures, field: str) -> Rows:
    for check in figures.checks:
        value = getattr(check, field)
        if value is not None:
            yield (check.name, check.unit), value


def _if_set(value: float | None, divisor: float = 1) -> Rows:
    return [] if value is None else [((), value / divisor)]


_ROWS: Final = {
    "bertrelease_release_info": lambda one: [(one.info, 1)],
    "bertrelease_release_phase": lambda one: [((one.phase.value,), 1)],
    "bertrelease_traffic_weight_percent": lambda one: _by_label(one.weights),
    "bertrelease_ready_pods": lambda one: _by_label(one.ready_pods),
    "bertrelease_wanted_pods": lambda one: _by_label(one.wanted_pods),
    "bertrelease_evidence_verdict": lambda one: [((v, verdict.value), 1) for v, verdict in one.verdicts.items()],
    "bertrelease_check_value": lambda one: _checks(one, "value"),
    "bertrelease_check_limit": lambda one: _checks(one, "limit"),
    "bertrelease_waiting_since_timestamp_seconds": lambda one: _by_label(one.waiting_since),
    "bertrelease_rollout_start_timestamp_seconds": lambda one: _if_set(one.rollout_started_at),
    "bertrelease_concluded_timestamp_seconds": lambda one: [(one.concluded[:2], one.concluded[2])]
    if one.concluded
    else [],
    "bertrelease_error_limit_ratio": lambda one: _if_set(one.error_limit_percent, _PERCENT),
    "bertrelease_latency_limit_seconds": lambda one: _if_set(one.latency_limit_ms, _MILLISECONDS),
}
