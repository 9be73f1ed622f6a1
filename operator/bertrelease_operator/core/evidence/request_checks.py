"""Checks that rest on requests: enough of them, failed ones, slow ones, each also against the stable version."""

from bertrelease_operator.api.health import Health, LatencyLimit
from bertrelease_operator.api.status import CheckStatus, Verdict
from bertrelease_operator.core.evidence.confidence import INTERVAL_ALPHA, LOG_SUSPICION
from bertrelease_operator.core.evidence.gather import EvidenceState
from bertrelease_operator.core.evidence.latency import P95_SLOW_SHARE, judged_edge_ms, p95_ms
from bertrelease_operator.core.evidence.rates import ComparisonTest, LimitTest
from bertrelease_operator.core.statistics.bernoulli import confidence_bounds

_PERCENT = 100


def traffic_check(state: EvidenceState, health: Health) -> CheckStatus:
    """Nothing is proven without requests."""
    return _traffic("traffic", state.subject.requests, health)


def stable_traffic_check(state: EvidenceState, health: Health) -> CheckStatus:
    """An arm that few have seen is nothing to compare with."""
    return _traffic("traffic-stable", state.baseline.requests, health)


def _traffic(name: str, sample: int, health: Health) -> CheckStatus:
    verdict = Verdict.PASS if sample >= health.minimum_sample else Verdict.INCONCLUSIVE if sample else Verdict.NO_DATA
    return CheckStatus(
        name=name,
        verdict=verdict,
        value=sample,
        limit=health.minimum_sample,
        unit="requests",
        sample=sample,
        message=f"{sample} requests of at least {health.minimum_sample}",
    )


def error_rate_check(state: EvidenceState, health: Health) -> CheckStatus | None:
    if health.error_rate is None:
        return None
    test, limit = state.errors, health.error_rate.max
    found = f"{test.epoch.hits} of {test.epoch.trials} requests failed ({_shown(test)}, limit {limit:g} %)"
    return CheckStatus(
        name="error-rate",
        verdict=_limit_verdict(test, limit / _PERCENT, health.minimum_sample),
        value=round(_PERCENT * test.epoch.rate, 4),
        limit=limit,
        unit="%",
        sample=test.epoch.trials,
        message=found,
    )


def latency_check(state: EvidenceState, health: Health) -> CheckStatus | None:
    if health.p95_latency_ms is None:
        return None
    test, limit = state.slow, health.p95_latency_ms
    estimate = p95_ms(state.subject)
    shown = f"{estimate:.0f} ms" if estimate is not None else "unknown"
    return CheckStatus(
        name="p95-latency",
        verdict=_limit_verdict(test, P95_SLOW_SHARE, health.minimum_sample),
        value=round(estimate, 2) if estimate is not None else None,
        limit=limit.max,
        unit="ms",
        sample=test.epoch.trials,
        message=(
            f"P95 is {shown}, limit {limit.max:g} ms ({_percent(test.epoch.rate)} of {test.epoch.trials} requests took "
            f"longer{_edge(state, limit)}; 5 % may)"
        ),
    )


def _edge(state: EvidenceState, limit: LatencyLimit) -> str:
    """Said when the servers' histogram has no edge at the limit, so that a lower one is judged."""
    edge = judged_edge_ms(state.subject.latency_edges_ms, limit.max)
    return f" than {edge:g} ms, the next bucket below" if edge is not None and edge != limit.max else ""


def error_comparison_check(state: EvidenceState, health: Health) -> CheckStatus | None:
    if health.error_rate is None or health.error_rate.max_extra_percent is None:
        return None
    return _comparison(
        "error-rate-vs-stable", "failed", state.errors_compared, health.error_rate.max_extra_percent, health
    )


def latency_comparison_check(state: EvidenceState, health: Health) -> CheckStatus | None:
    limits = health.p95_latency_ms
    if limits is None or limits.max_extra_slow_percent is None:
        return None
    what = f"took over {state.reference_edge_ms:g} ms" if state.reference_edge_ms is not None else "were slow"
    return _comparison("p95-latency-vs-stable", what, state.slow_compared, limits.max_extra_slow_percent, health)


def _comparison(name: str, what: str, test: ComparisonTest, margin_percent: float, health: Health) -> CheckStatus:
    extra = _PERCENT * (test.candidate.rate - test.stable.rate)
    return CheckStatus(
        name=name,
        verdict=_comparison_verdict(test, margin_percent, health.minimum_sample),
        value=round(extra, 4),
        limit=margin_percent,
        unit="points",
        sample=test.candidate.trials,
        message=(
            f"{_percent(test.candidate.rate)} of its requests {what}, and {_percent(test.stable.rate)} of the stable "
            f"version's ({margin_percent:g} points more are allowed)"
        ),
    )


def _limit_verdict(test: LimitTest, limit: float, minimum_sample: int) -> Verdict:
    """DESIGN, "How the judgement works": Fail at any look; Pass with the sample and the rate within the limit.

    A large sample whose interval reaches over the limit although its estimate does not is still a pass: the
    comparison with the stable version and the tests that go on guard the rest.
    """
    if test.peaks.crossed:
        return Verdict.FAIL
    if not test.epoch.trials:
        return Verdict.NO_DATA
    if test.epoch.trials < minimum_sample or test.epoch.rate > limit:
        return Verdict.INCONCLUSIVE
    return Verdict.PASS


def _comparison_verdict(test: ComparisonTest, margin_percent: float, minimum_sample: int) -> Verdict:
    if test.peaks.crossed:
        return Verdict.FAIL
    if not test.candidate.trials or not test.stable.trials:
        return Verdict.NO_DATA
    if test.candidate.trials < minimum_sample:
        return Verdict.INCONCLUSIVE
    extra = _PERCENT * (test.candidate.rate - test.stable.rate)
    suspected = extra > margin_percent and test.peaks.latest >= LOG_SUSPICION
    return Verdict.INCONCLUSIVE if suspected else Verdict.PASS


def _shown(test: LimitTest) -> str:
    """The rate and its confidence interval."""
    low, high = confidence_bounds(trials=test.epoch.trials, successes=test.epoch.hits, alpha=INTERVAL_ALPHA)
    return f"{_percent(test.epoch.rate)}, with 95 % confidence {_percent(low)} to {_percent(high)}"


def _percent(fraction: float) -> str:
    return f"{_PERCENT * fraction:.2f} %"
