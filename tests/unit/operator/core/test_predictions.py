"""Drift of the answers: what is compared, what each check says, and what must not bend it."""

from collections.abc import Sequence
from typing import Any

import pytest

from bertrelease_operator.api.health import Health
from bertrelease_operator.api.status import CheckStatus, Verdict
from bertrelease_operator.core.evidence.gather import EvidenceState, advance
from bertrelease_operator.core.evidence.judge import judge
from bertrelease_operator.core.evidence.pairing import alike
from bertrelease_operator.core.evidence.readings import Look, PodPredictions, Prediction
from bertrelease_operator.core.observation import EvidenceView, Watch

COPIES = Watch("v2.0.0", "v1.0.0", "1/mirror/step-0", gets_copies=True)
CANARY = Watch("v2.0.0", "v1.0.0", "1/canary/step-0")
ALONE = Watch("v2.0.0", None, "1/observation")
SAME, OTHER = "0" * 16, "f" * 16
FILL_MASK = "fill-mask"


def answer(number: int, digest: str | None = SAME, score: float | None = 0.95, task: str = FILL_MASK) -> Prediction:
    return Prediction(task, f"{number:016x}", digest, score)


class Comparing:
    """Looks one second apart at the answers of one candidate pod and one stable pod, which are known already."""

    def __init__(self, watch: Watch = COPIES, **drift: Any) -> None:
        self.watch = watch
        self.health = Health.model_validate({"memory": None, "predictionDrift": {"minimumSample": 50, **drift}})
        self.state, self.at, self.asked = EvidenceState(), 1000.0, 0
        self.look([], [])

    def look(self, candidate: Sequence[Prediction], stable: Sequence[Prediction], **more: Any) -> None:
        pods = (
            PodPredictions("c", "v2.0.0", f"c-{self.at}", tuple(candidate)),
            PodPredictions("s", "v1.0.0", f"s-{self.at}", tuple(stable)),
        )
        self.looked(*pods, **more)

    def looked(self, *pods: PodPredictions, **more: Any) -> None:
        self.at += 1
        self.state = advance(self.state, self.watch, Look(self.at, predictions=pods, **more), self.health)

    def copied(self, same: int, other: int = 0, task: str = FILL_MASK) -> None:
        """Requests that both answered, of which the candidate answered `other` differently."""
        first, self.asked = self.asked, self.asked + same + other
        numbers = range(first, self.asked)
        stable = [answer(number, task=task) for number in numbers]
        candidate = [answer(number, SAME if number < first + same else OTHER, task=task) for number in numbers]
        self.look(candidate, stable)
        self.look([], [])

    def scores(self, candidate: Sequence[float], stable: Sequence[float]) -> None:
        self.look([answer(0, score=score) for score in candidate], [answer(0, score=score) for score in stable])

    @property
    def view(self) -> EvidenceView:
        return judge(self.state, self.watch, self.health, self.at)

    def check(self, name: str = "prediction-drift") -> CheckStatus:
        return next(check for check in self.view.checks if check.name == name)


def test_a_candidate_that_answers_alike_passes_with_the_sample() -> None:
    comparing = Comparing()
    assert comparing.check().verdict is Verdict.NO_DATA
    comparing.copied(30, 1)
    assert comparing.check().verdict is Verdict.INCONCLUSIVE
    comparing.copied(30)
    check = comparing.check()
    assert (check.verdict, check.sample, check.limit) == (Verdict.PASS, 61, 90)
    assert check.message == ("60 of 61 answers of fill-mask are the stable version's (98.4 %); at least 90 % must be")


def test_a_candidate_that_says_one_thing_to_everything_fails_within_a_few_requests() -> None:
    comparing = Comparing()
    comparing.copied(0, 10)
    assert comparing.check().verdict is Verdict.FAIL
    assert comparing.view.verdict is Verdict.FAIL
    comparing.copied(5000)
    assert comparing.check().verdict is Verdict.FAIL  # what was enough once stays enough


def test_somewhat_below_the_limit_is_undecided_until_chance_is_ruled_out() -> None:
    comparing = Comparing()
    comparing.copied(50, 10)
    assert comparing.check().verdict is Verdict.INCONCLUSIVE
    for _ in range(30):
        comparing.copied(50, 10)
    assert comparing.check().verdict is Verdict.FAIL


def test_one_task_that_went_wrong_does_not_hide_behind_another() -> None:
    comparing = Comparing()
    comparing.copied(2000, task="semantic-similarity")
    comparing.copied(0, 20)
    assert comparing.check().verdict is Verdict.FAIL
    assert comparing.check().value == 0


def test_tasks_that_are_not_named_are_left_out() -> None:
    comparing = Comparing()
    comparing.copied(0, 100, task="translate")
    assert comparing.check().verdict is Verdict.NO_DATA


def test_an_answer_that_differs_in_one_of_few_requests_holds_nothing_up_for_long() -> None:
    comparing = Comparing()
    comparing.copied(0, 1)
    comparing.copied(60)
    assert comparing.check().verdict is Verdict.PASS


def test_a_pod_that_is_new_tells_only_from_where_on_it_is_read() -> None:
    comparing = Comparing()
    old = tuple(answer(number, OTHER) for number in range(100))
    comparing.looked(PodPredictions("new", "v2.0.0", "n-100", old))
    comparing.look([], [answer(number) for number in range(100)])
    comparing.look([], [])
    assert comparing.check().verdict is Verdict.NO_DATA
    assert comparing.state.predictions.cursors["new"] == "n-100"


def test_answers_of_several_replicas_find_each_other() -> None:
    comparing = Comparing()
    comparing.looked(PodPredictions("c2", "v2.0.0", "1"), PodPredictions("s2", "v1.0.0", "1"))
    half = [answer(number) for number in range(30)], [answer(number) for number in range(30, 60)]
    comparing.looked(
        PodPredictions("c", "v2.0.0", "2", tuple(half[0])),
        PodPredictions("c2", "v2.0.0", "2", tuple(half[1])),
        PodPredictions("s", "v1.0.0", "2", tuple(half[1])),
        PodPredictions("s2", "v1.0.0", "2", tuple(half[0])),
    )
    comparing.look([], [])
    assert (comparing.check().verdict, comparing.check().sample) == (Verdict.PASS, 60)


def test_a_look_that_is_not_newer_changes_nothing() -> None:
    comparing = Comparing()
    comparing.copied(10)
    before = comparing.state
    comparing.at -= 1
    comparing.look([answer(99, OTHER)], [answer(99)])
    assert comparing.state == before


def test_servers_that_keep_no_predictions_are_told_of() -> None:
    comparing = Comparing()
    comparing.looked(PodPredictions("c", "v2.0.0", ""), PodPredictions("s", "v1.0.0", ""))
    check = comparing.check()
    assert check.verdict is Verdict.NO_DATA
    assert "kept_predictions" in check.message
    assert comparing.state.predictions.cursors["c"]  # where it goes on should they keep them again


@pytest.mark.parametrize("version", ["v1.0.0", "v2.0.0"])
def test_pods_that_do_not_answer_are_a_source_that_is_down(version: str) -> None:
    comparing = Comparing()
    comparing.copied(100)
    comparing.look([], [], predictions_down=frozenset({version}))
    assert comparing.check().verdict is Verdict.SOURCE_DOWN
    assert comparing.view.verdict is Verdict.SOURCE_DOWN


def test_without_copies_only_the_scores_are_compared() -> None:
    comparing = Comparing(CANARY, maxConfidenceShift=10)
    comparing.copied(0, 100)
    assert [check.name for check in comparing.view.checks if check.name == "prediction-drift"] == []
    assert comparing.check("confidence-shift").verdict is not Verdict.FAIL


def test_without_a_stable_version_beside_it_nothing_is_compared() -> None:
    comparing = Comparing(ALONE, maxConfidenceShift=10)
    comparing.copied(0, 100)
    names = {check.name for check in comparing.view.checks}
    assert not names & {"prediction-drift", "confidence-shift"}
    assert comparing.state.predictions.cursors == {}


USUAL = [0.3] * 5 + [0.7] * 10 + [0.95] * 25


@pytest.mark.parametrize(
    "unusual", [[0.05] * 40, [0.99] * 40, [0.3] * 25 + [0.95] * 15], ids=["unsure", "sure", "some"]
)
def test_scores_that_move_either_way_fail(unusual: list[float]) -> None:
    comparing = Comparing(CANARY, maxConfidenceShift=15)
    for _ in range(30):
        comparing.scores(unusual, USUAL * 4)
    check = comparing.check("confidence-shift")
    assert check.verdict is Verdict.FAIL
    assert check.value is not None
    assert check.value > 15
    assert "answers of fill-mask have a score" in check.message


def test_the_same_scores_pass_with_the_sample() -> None:
    comparing = Comparing(CANARY, maxConfidenceShift=15)
    assert comparing.check("confidence-shift").verdict is Verdict.NO_DATA
    comparing.scores(USUAL, USUAL * 4)  # from these the stable version's are learnt
    comparing.scores(USUAL, USUAL * 4)
    assert comparing.check("confidence-shift").verdict is Verdict.INCONCLUSIVE
    for _ in range(60):
        comparing.scores(USUAL, USUAL * 4)
    check = comparing.check("confidence-shift")
    assert (check.verdict, check.sample, check.value) == (Verdict.PASS, 61 * 40, 0)


def test_a_shift_that_comes_late_is_found_by_its_window() -> None:
    comparing = Comparing(CANARY, maxConfidenceShift=15)
    for _ in range(120):
        comparing.scores(USUAL, USUAL * 2)
    for _ in range(65):
        comparing.scores([0.05] * 40, USUAL * 2)
    assert comparing.check("confidence-shift").verdict is Verdict.FAIL


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (answer(1, SAME), answer(1, SAME, score=0.1), True),
        (answer(1, SAME), answer(1, OTHER), False),
        (answer(1, None, 0.80), answer(1, None, 0.85), True),
        (answer(1, None, 0.80), answer(1, None, 0.55), False),
        (answer(1, None, None), answer(1, None, None), False),
        (answer(1, SAME), answer(1, None, 0.95), False),
        (answer(1, SAME, None, "feature-extraction"), answer(1, "00000000000000ff", None, "feature-extraction"), True),
        (answer(1, SAME, None, "feature-extraction"), answer(1, "00000000000001ff", None, "feature-extraction"), False),
    ],
)
def test_what_counts_as_alike(one: Prediction, other: Prediction, same: bool) -> None:
    assert alike(one, other) is same
    assert alike(other, one) is same
