"""How the candidate's answers differ from the stable version's: in the same requests, and in how sure they are."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Final, NamedTuple, Self

from bertrelease_operator.api.health import PredictionDrift
from bertrelease_operator.core.evidence.confidence import LOG_SUSPICION
from bertrelease_operator.core.evidence.pairing import Pairing
from bertrelease_operator.core.evidence.rates import ComparisonTest, Count, LimitTest
from bertrelease_operator.core.evidence.readings import Look, PodPredictions, Prediction
from bertrelease_operator.core.observation import Watch
from bertrelease_operator.core.statistics.two_sample import TwoSampleTest

# Where distributions of scores are compared: unsure, more likely than not, sure.
SCORE_EDGES: Final = (0.1, 0.5, 0.9)
# The stable version's scores are known from so many before the first bet on how the candidate's differ from them.
_LEARNT_SCORES: Final = 100
_PRIOR_TRIALS: Final = 1.0  # that scores are low is no rare event

_PERCENT: Final = 100
# Each score is counted on every side of every edge.
_ANY_SIDE: Final = (SCORE_EDGES[0], False)


class Shift(NamedTuple):
    """A way in which scores may differ: more of them up to `edge` than with the stable version, or fewer."""

    task: str
    edge: float
    surer: bool

    def counted(self, scores: Iterable[float]) -> Count:
        above = [score > self.edge for score in scores]
        return Count(len(above), sum(above) if self.surer else len(above) - sum(above))


@dataclass(frozen=True, slots=True)
class PredictionEvidence:
    """All that is known of the answers in one epoch."""

    cursors: Mapping[str, str] = field(default_factory=dict)  # by pod
    pairing: Pairing = field(default_factory=Pairing)
    disagreement: Mapping[str, LimitTest] = field(default_factory=dict)  # by task
    shifts: Mapping[Shift, ComparisonTest] = field(default_factory=dict)
    unkept: bool = False  # a server says that it keeps no predictions
    down: frozenset[str] = frozenset()

    def advanced(self, watch: Watch, look: Look, drift: PredictionDrift | None) -> Self:
        """After one more look. A pod that is seen for the first time only tells from where on it will be read."""
        if drift is None or watch.baseline is None:
            return self
        known = [pod for pod in look.predictions if pod.pod in self.cursors]
        subject = _answers(known, watch.subject, drift)
        baseline = _answers(known, watch.baseline, drift)
        evidence = replace(
            self,
            cursors={**self.cursors, **{pod.pod: pod.cursor for pod in look.predictions if pod.cursor}},
            unkept=any(not pod.cursor for pod in look.predictions),
            down=look.predictions_down,
        )
        if watch.gets_copies:
            evidence = evidence._paired(look.at, subject, baseline, drift)
        if drift.max_confidence_shift is not None:
            evidence = evidence._shifted(subject, baseline, drift, drift.max_confidence_shift / _PERCENT)
        return evidence

    @property
    def compared_scores(self) -> int:
        """The candidate's, of all tasks."""
        return sum(
            test.candidate.trials for shift, test in self.shifts.items() if (shift.edge, shift.surer) == _ANY_SIDE
        )

    @property
    def suspected(self) -> bool:
        """Whether any test comes close to failing."""
        peaks = [test.peaks for test in self.disagreement.values()] + [test.peaks for test in self.shifts.values()]
        return any(each.latest >= LOG_SUSPICION for each in peaks)

    def in_new_window(self) -> Self:
        return replace(
            self,
            disagreement={task: test.in_new_window() for task, test in self.disagreement.items()},
            shifts={shift: replace(test, window=test.epoch.anew()) for shift, test in self.shifts.items()},
        )

    def _paired(self, at: float, subject: list[Prediction], baseline: list[Prediction], drift: PredictionDrift) -> Self:
        pairing, counts = self.pairing.advanced(at, subject, baseline)
        disagreement = dict(self.disagreement)
        for task, new in counts.items():
            limit = 1 - drift.min_agreement / _PERCENT
            disagreement[task] = disagreement.get(task, LimitTest()).advanced(new, limit)
        return replace(self, pairing=pairing, disagreement=disagreement)

    def _shifted(
        self, subject: list[Prediction], baseline: list[Prediction], drift: PredictionDrift, margin: float
    ) -> Self:
        shifts = dict(self.shifts)
        for task in drift.tasks:
            candidate, stable = _scores(subject, task), _scores(baseline, task)
            for shift in (Shift(task, edge, surer) for edge, surer in product(SCORE_EDGES, (False, True))):
                test = shifts.get(shift, _UNTAUGHT)
                shifts[shift] = _advanced(test, shift.counted(candidate), shift.counted(stable), margin)
        return replace(self, shifts=shifts)


_UNTAUGHT: Final = ComparisonTest(
    epoch=TwoSampleTest(prior_trials=_PRIOR_TRIALS), window=TwoSampleTest(prior_trials=_PRIOR_TRIALS)
)


def _advanced(test: ComparisonTest, candidate: Count, stable: Count, margin: float) -> ComparisonTest:
    """Until enough is known of the stable version, only its own scores are taken in."""
    taught = test.epoch.stable_trials >= _LEARNT_SCORES
    return test.advanced(candidate if taught else Count(), stable, margin)


def _answers(pods: Iterable[PodPredictions], version: str, drift: PredictionDrift) -> list[Prediction]:
    tasks = {task.value for task in drift.tasks}
    return [prediction for pod in pods if pod.version == version for prediction in pod.new if prediction.task in tasks]


def _scores(predictions: Iterable[Prediction], task: str) -> list[float]:
    return [each.score for each in predictions if each.task == task and each.score is not None]
