"""The verdict over all checks of one watch."""

from typing import Final

from bertrelease_operator.api.health import Health
from bertrelease_operator.api.status import CheckStatus, Verdict
from bertrelease_operator.core.evidence.confidence import LOG_SUSPICION
from bertrelease_operator.core.evidence.gather import EvidenceState
from bertrelease_operator.core.evidence.pod_checks import (
    cpu_check,
    custom_check,
    memory_check,
    model_load_check,
    restart_check,
)
from bertrelease_operator.core.evidence.prediction_checks import OF_PREDICTIONS, prediction_checks
from bertrelease_operator.core.evidence.request_checks import (
    error_comparison_check,
    error_rate_check,
    latency_check,
    latency_comparison_check,
    stable_traffic_check,
    traffic_check,
)
from bertrelease_operator.core.observation import EvidenceView, Watch

# The first verdict of these that any check has is the verdict of all.
_PRECEDENCE: Final = (Verdict.FAIL, Verdict.SOURCE_DOWN, Verdict.NO_DATA, Verdict.INCONCLUSIVE, Verdict.PASS)

# Looks that are this many intervals late mean that the source does not answer.
_LATE_INTERVALS: Final = 5

# Checks that say something also of pods that nobody sends requests to.
_OF_PODS: Final = frozenset({"cpu", "memory", "restarts", "model-load"})

# Checks that need no figures from the source: pod status comes from the API server.
_WITHOUT_SOURCE: Final = frozenset({"restarts"})
_COMPARISONS: Final = OF_PREDICTIONS | {"error-rate-vs-stable", "p95-latency-vs-stable", "traffic-stable"}

# Below this many requests in the window, shares of the traffic are noise.
_FEWEST_FOR_SHARES: Final = 20


def judge(state: EvidenceState, watch: Watch, health: Health, now: float) -> EvidenceView:
    """What the evidence says at `now` (epoch seconds)."""
    checks = [
        check
        for check in (
            traffic_check(state, health) if watch.needs_requests else None,
            stable_traffic_check(state, health) if watch.compares_arms else None,
            error_rate_check(state, health),
            latency_check(state, health),
            *_comparison_checks(state, watch, health),
            *prediction_checks(state, watch, health),
            cpu_check(state, health),
            memory_check(state, health),
            restart_check(state, health),
            model_load_check(state, health),
            *(custom_check(state, custom) for custom in health.custom),
        )
        if check is not None
    ]
    down = _down(state, watch, health, now)
    checks = [
        _unless_source_down(check, down | (state.predictions.down if check.name in OF_PREDICTIONS else set()), watch)
        for check in checks
    ]
    verdicts = {check.verdict for check in checks if watch.needs_requests or _decides_without_requests(check)}
    # With nothing to be judged by, ready pods, which the rollout asks for anyway, are all that there is.
    overall = next((verdict for verdict in _PRECEDENCE if verdict in verdicts), Verdict.PASS)
    return EvidenceView(
        verdict=overall,
        checks=tuple(checks),
        observed_weights=observed_weights(state, watch),
        fingerprints=state.fingerprints,
        suspected=_suspected(state),
        trail=state.trail,
    )


def _decides_without_requests(check: CheckStatus) -> bool:
    return check.verdict is Verdict.FAIL or check.name in _OF_PODS


def _suspected(state: EvidenceState) -> bool:
    tests = (state.errors, state.slow, state.errors_compared, state.slow_compared)
    return any(test.peaks.latest >= LOG_SUSPICION for test in tests) or state.predictions.suspected


def _comparison_checks(state: EvidenceState, watch: Watch, health: Health) -> tuple[CheckStatus | None, ...]:
    if watch.baseline is None:
        return ()
    return error_comparison_check(state, health), latency_comparison_check(state, health)


def _down(state: EvidenceState, watch: Watch, health: Health, now: float) -> frozenset[str]:
    late = state.last_at is not None and now - state.last_at > _LATE_INTERVALS * health.source.interval_seconds
    versions = {watch.subject} | ({watch.baseline} if watch.baseline is not None else set())
    return frozenset(versions) if late else state.down


def _unless_source_down(check: CheckStatus, down: frozenset[str], watch: Watch) -> CheckStatus:
    """Without a source a check can neither pass nor be undecided; what had failed before stays failed."""
    needed = {watch.subject} | ({watch.baseline} if check.name in _COMPARISONS else set())
    if check.verdict is Verdict.FAIL or check.name in _WITHOUT_SOURCE or not down & needed:
        return check
    return check.model_copy(
        update={"verdict": Verdict.SOURCE_DOWN, "message": "the source of the figures does not answer"}
    )


def observed_weights(state: EvidenceState, watch: Watch) -> dict[str, int]:
    """Percent of the window's requests by version; empty with too few of them."""
    subject, baseline = state.subject_window.requests, state.baseline_window.requests
    if subject + baseline < _FEWEST_FOR_SHARES:
        return {}
    share = round(100 * subject / (subject + baseline))
    weights = {watch.subject: share}
    if watch.baseline is not None:
        weights[watch.baseline] = 100 - share
    return {version: weight for version, weight in weights.items() if weight}
