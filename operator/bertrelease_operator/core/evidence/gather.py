"""Folds looks into the evidence of one watch. Late pods, restarts, gaps and old readings must not bend the counts."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from bertrelease_operator.api.health import Health
from bertrelease_operator.core.evidence.latency import (
    P95_SLOW_SHARE,
    judged_edge_ms,
    reference_edge_ms,
    slower_than,
)
from bertrelease_operator.core.evidence.marks import Mark
from bertrelease_operator.core.evidence.predictions import PredictionEvidence
from bertrelease_operator.core.evidence.rates import ComparisonTest, Count, LimitTest
from bertrelease_operator.core.evidence.readings import Look, PodReading
from bertrelease_operator.core.evidence.seen import SeenLook
from bertrelease_operator.core.evidence.tally import EMPTY, Tally
from bertrelease_operator.core.evidence.trail import NO_TRAIL, Trail
from bertrelease_operator.core.evidence.usage import Usage
from bertrelease_operator.core.observation import Watch

_PERCENT = 100


@dataclass(frozen=True, slots=True)
class EvidenceState:
    """Everything gathered in one epoch."""

    last_at: float | None = None
    window_started_at: float = 0.0
    marks: Mapping[str, Mark] = field(default_factory=dict)
    subject: Tally = EMPTY
    baseline: Tally = EMPTY
    subject_window: Tally = EMPTY
    baseline_window: Tally = EMPTY
    stable_history: Tally = EMPTY  # the stable pods' counts from before the epoch, to choose the reference edge by
    reference_edge_ms: float | None = None
    errors: LimitTest = field(default_factory=LimitTest)
    slow: LimitTest = field(default_factory=LimitTest)
    errors_compared: ComparisonTest = field(default_factory=ComparisonTest)
    slow_compared: ComparisonTest = field(default_factory=ComparisonTest)
    usage: Usage = field(default_factory=Usage)
    last_restarts: int | None = None
    restarts: int = 0
    loaded_pods: int = 0
    loading_pods: int = 0
    load_failures: int = 0
    load_unknown: bool = False  # the source knows requests only, as Istio's proxies do
    fingerprints: frozenset[str] = frozenset()
    custom: Mapping[str, float | None] = field(default_factory=dict)
    down: frozenset[str] = frozenset()
    predictions: PredictionEvidence = field(default_factory=PredictionEvidence)
    trail: Trail = NO_TRAIL


def advance(state: EvidenceState, watch: Watch, look: Look, health: Health) -> EvidenceState:
    """The evidence after one more look. A look that is not newer than the last one changes nothing."""
    if state.last_at is not None and look.at <= state.last_at:
        return state
    restarts_before = state.restarts
    if state.last_at is None:
        state = replace(state, window_started_at=look.at)
    elif look.at - state.window_started_at >= health.window_seconds:
        state = _in_new_window(state, look.at)
    marks, subject_new, _ = _taken(state.marks, watch.subject, look)
    marks, baseline_new, history = _taken(marks, watch.baseline, look)
    state = replace(state, marks=marks, stable_history=state.stable_history.plus(history))
    state = _tested(state, watch, subject_new, baseline_new, health)
    subject_readings = [reading for reading in look.readings if reading.version == watch.subject]
    state = _with_pod_states(state, watch, look, subject_readings)
    state = replace(
        state,
        last_at=look.at,
        subject=state.subject.plus(subject_new),
        baseline=state.baseline.plus(baseline_new),
        subject_window=state.subject_window.plus(subject_new),
        baseline_window=state.baseline_window.plus(baseline_new),
        usage=state.usage.advanced(look.at, subject_readings),
        predictions=state.predictions.advanced(watch, look, health.prediction_drift),
    )
    seen = SeenLook(subject=subject_new, baseline=baseline_new, history=history)
    seen = _with_state_of_pods(seen, state, watch, restarts=state.restarts - restarts_before)
    return replace(state, trail=state.trail.after(look.at, seen))


def _with_state_of_pods(seen: SeenLook, state: EvidenceState, watch: Watch, *, restarts: int) -> SeenLook:
    return replace(
        seen,
        restarts=restarts,
        loaded_pods=state.loaded_pods,
        loading_pods=state.loading_pods,
        load_failures=state.load_failures,
        load_unknown=state.load_unknown,
        usage=state.usage,
        custom=state.custom,
        subject_down=watch.subject in state.down,
        baseline_down=watch.baseline in state.down,
    )


def _in_new_window(state: EvidenceState, at: float) -> EvidenceState:
    return replace(
        state,
        window_started_at=at,
        subject_window=EMPTY,
        baseline_window=EMPTY,
        errors=state.errors.in_new_window(),
        slow=state.slow.in_new_window(),
        errors_compared=state.errors_compared.in_new_window(),
        slow_compared=state.slow_compared.in_new_window(),
        usage=state.usage.in_new_window(),
        predictions=state.predictions.in_new_window(),
    )


def _taken(before: Mapping[str, Mark], version: str | None, look: Look) -> tuple[Mapping[str, Mark], Tally, Tally]:
    """New marks, what `version`'s pods counted since the last look, and what new-found pods had counted before.

    A pod that is seen for the first time only leaves its mark: its counts may be from before the epoch.
    """
    marks = dict(before)
    new, history = EMPTY, EMPTY
    for reading in look.readings:
        if reading.version != version or reading.counters is None:
            continue
        mark = marks.get(reading.pod)
        if mark is None:
            history = history.plus(Tally.of(reading.counters))
            marks[reading.pod] = Mark(reading.counters, reading.started_at, look.at)
        else:
            marks[reading.pod], came = mark.followed(reading.counters, reading.started_at, look.at)
            new = new.plus(came)
    return marks, new, history


def _tested(state: EvidenceState, watch: Watch, subject: Tally, baseline: Tally, health: Health) -> EvidenceState:
    if health.error_rate is not None:
        errors = Count(subject.requests, subject.errors)
        stable_errors = Count(baseline.requests, baseline.errors)
        state = replace(state, errors=state.errors.advanced(errors, health.error_rate.max / _PERCENT))
        if watch.baseline is not None and health.error_rate.max_extra_percent is not None:
            margin = health.error_rate.max_extra_percent / _PERCENT
            state = replace(state, errors_compared=state.errors_compared.advanced(errors, stable_errors, margin))
    if health.p95_latency_ms is not None:
        state = _latency_tested(state, watch, subject, baseline, health)
    return state


def _latency_tested(
    state: EvidenceState, watch: Watch, subject: Tally, baseline: Tally, health: Health
) -> EvidenceState:
    limits = health.p95_latency_ms
    assert limits is not None  # noqa: S101 - asked by the caller
    slow = slower_than(subject, judged_edge_ms(subject.latency_edges_ms, limits.max))
    state = replace(state, slow=state.slow.advanced(slow, P95_SLOW_SHARE))
    if watch.baseline is None or limits.max_extra_slow_percent is None:
        return state
    edge, edges_ms = state.reference_edge_ms, subject.latency_edges_ms
    if edge is not None and (not edges_ms or edge in edges_ms):
        margin = limits.max_extra_slow_percent / _PERCENT
        compared = state.slow_compared.advanced(slower_than(subject, edge), slower_than(baseline, edge), margin)
        return replace(state, slow_compared=compared)
    # Chosen from the past alone, so that the comparison, which starts with the next look, stays valid.
    known = state.stable_history.plus(state.baseline).plus(baseline)
    return replace(state, reference_edge_ms=reference_edge_ms(known, edges_ms, health.minimum_sample, limits.max))


def _with_pod_states(state: EvidenceState, watch: Watch, look: Look, readings: list[PodReading]) -> EvidenceState:
    restarts = look.restarts.get(watch.subject, 0)
    before = restarts if state.last_restarts is None else state.last_restarts
    return replace(
        state,
        last_restarts=restarts,
        restarts=state.restarts + max(0, restarts - before),
        loaded_pods=sum(reading.model_loaded is True for reading in readings),
        loading_pods=sum(reading.model_loaded is False for reading in readings),
        load_unknown=bool(readings) and all(reading.model_loaded is None for reading in readings),
        load_failures=sum(reading.model_load_failures for reading in readings),
        fingerprints=frozenset(reading.fingerprint for reading in readings if reading.fingerprint is not None),
        custom=look.custom,
        down=look.down,
    )
