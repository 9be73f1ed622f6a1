"""Checks that rest on what was answered: how often both versions answer alike, and how sure they are."""

from collections.abc import Iterator
from typing import Final

from bertrelease_operator.api.health import Health, PredictionDrift
from bertrelease_operator.api.status import CheckStatus, Verdict
from bertrelease_operator.core.evidence.confidence import LOG_SUSPICION
from bertrelease_operator.core.evidence.gather import EvidenceState
from bertrelease_operator.core.evidence.predictions import PredictionEvidence, Shift
from bertrelease_operator.core.evidence.rates import ComparisonTest
from bertrelease_operator.core.observation import Watch

PREDICTION_DRIFT: Final = "prediction-drift"
CONFIDENCE_SHIFT: Final = "confidence-shift"
OF_PREDICTIONS: Final = frozenset({PREDICTION_DRIFT, CONFIDENCE_SHIFT})

_PERCENT: Final = 100
_UNKEPT: Final = "; the servers keep no predictions: they are too old, or config.extra.kept_predictions is 0"


def prediction_checks(state: EvidenceState, watch: Watch, health: Health) -> Iterator[CheckStatus]:
    """Agreement where both versions get the same requests, and the shift of scores wherever both get any."""
    drift = health.prediction_drift
    if drift is None or watch.baseline is None:
        return
    if watch.gets_copies:
        yield _agreement_check(state.predictions, drift)
    if drift.max_confidence_shift is not None:
        yield _shift_check(state.predictions, drift, drift.max_confidence_shift)


def _agreement_check(evidence: PredictionEvidence, drift: PredictionDrift) -> CheckStatus:
    counts = {task: test.epoch for task, test in evidence.disagreement.items()}
    pairs = sum(count.trials for count in counts.values())
    said = [
        f"{count.trials - count.hits} of {count.trials} answers of {task} are the stable version's "
        f"({_percent(1 - count.rate)})"
        for task, count in sorted(counts.items())
    ]
    found = "; ".join(said) or "no request was answered by both versions yet"
    return CheckStatus(
        name=PREDICTION_DRIFT,
        verdict=_agreement_verdict(evidence, drift, pairs),
        value=round(_PERCENT * (1 - max(count.rate for count in counts.values())), 4) if counts else None,
        limit=drift.min_agreement,
        unit="%",
        sample=pairs,
        message=f"{found}; at least {drift.min_agreement:g} % must be{_UNKEPT if evidence.unkept else ''}",
    )


def _agreement_verdict(evidence: PredictionEvidence, drift: PredictionDrift, pairs: int) -> Verdict:
    tests = evidence.disagreement.values()
    if any(test.peaks.crossed_as_one_of(len(drift.tasks)) for test in tests):
        return Verdict.FAIL
    if not pairs:
        return Verdict.NO_DATA
    limit = 1 - drift.min_agreement / _PERCENT
    undecided = any(
        test.epoch.rate > limit and (test.epoch.trials >= drift.minimum_sample or test.peaks.latest >= LOG_SUSPICION)
        for test in tests
    )
    return Verdict.INCONCLUSIVE if undecided or pairs < drift.minimum_sample else Verdict.PASS


def _shift_check(evidence: PredictionEvidence, drift: PredictionDrift, limit: float) -> CheckStatus:
    heard = [(shift, test) for shift, test in evidence.shifts.items() if test.candidate.trials and test.stable.trials]
    largest = max(heard, key=lambda item: _extra(item[1]), default=None)
    found = _told(*largest) if largest is not None else "there are no scores of both versions yet"
    return CheckStatus(
        name=CONFIDENCE_SHIFT,
        verdict=_shift_verdict(evidence, drift, limit),
        value=round(_extra(largest[1]), 4) if largest is not None else None,
        limit=limit,
        unit="points",
        sample=evidence.compared_scores,
        message=f"{found} ({limit:g} points more are allowed){_UNKEPT if evidence.unkept else ''}",
    )


def _shift_verdict(evidence: PredictionEvidence, drift: PredictionDrift, limit: float) -> Verdict:
    tests = evidence.shifts.values()
    if any(test.peaks.crossed_as_one_of(len(tests)) for test in tests):
        return Verdict.FAIL
    if not evidence.compared_scores:
        return Verdict.NO_DATA
    suspected = any(_extra(test) > limit and test.peaks.latest >= LOG_SUSPICION for test in tests)
    return Verdict.INCONCLUSIVE if suspected or evidence.compared_scores < drift.minimum_sample else Verdict.PASS


def _extra(test: ComparisonTest) -> float:
    """Percentage points by which the candidate's share exceeds the stable version's."""
    return _PERCENT * (test.candidate.rate - test.stable.rate)


def _told(shift: Shift, test: ComparisonTest) -> str:
    side = "above" if shift.surer else "up to"
    return (
        f"{_percent(test.candidate.rate)} of its answers of {shift.task} have a score {side} {shift.edge:g}, and "
        f"{_percent(test.stable.rate)} of the stable version's"
    )


def _percent(fraction: float) -> str:
    return f"{_PERCENT * fraction:.1f} %"
