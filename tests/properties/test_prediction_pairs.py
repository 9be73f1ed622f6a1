"""Pairs of answers, however late, often and from however many pods they arrive."""

from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from bertrelease_operator.api.health import PredictionDrift
from bertrelease_operator.core.evidence.pairing import MOST_OPEN, WINDOW_SECONDS, Pairing
from bertrelease_operator.core.evidence.predictions import PredictionEvidence
from bertrelease_operator.core.evidence.rates import Count
from bertrelease_operator.core.evidence.readings import Look, PodPredictions, Prediction
from bertrelease_operator.core.observation import Watch

TASK = "fill-mask"
LOOKS = 12


@dataclass(frozen=True)
class Request:
    """When each version's answer is read, how often, and whether the answers differ. None: it was not copied."""

    baseline_look: int
    subject_look: int | None
    differs: bool
    repeats: int


requests = st.builds(
    Request,
    baseline_look=st.integers(0, LOOKS - 1),
    subject_look=st.none() | st.integers(0, LOOKS - 1),
    differs=st.booleans(),
    repeats=st.integers(1, 3),
)


def prompt(request: Request) -> bool:
    """Both answers are read by looks next to each other."""
    return request.subject_look is None or abs(request.subject_look - request.baseline_look) <= 1


def paired(asked: list[tuple[str, Request]]) -> Count:
    """All that counts after one look a second, and some without anything new."""
    pairing, total = Pairing(), Count()
    for look in range(LOOKS + 3):
        subject, baseline = [], []
        for number, (key, request) in enumerate(asked):
            answer = f"{number:016x}"
            if request.baseline_look == look:
                baseline += [Prediction(TASK, key, answer, 0.5)] * request.repeats
            if request.subject_look == look:
                other = f"{number + 1000:016x}"
                subject += [Prediction(TASK, key, other if request.differs else answer, 0.5)] * request.repeats
        pairing, counts = pairing.advanced(float(look), subject, baseline)
        total = total.plus(counts.get(TASK, Count()))
    return total


@given(st.lists(requests, max_size=20))
def test_each_request_that_both_answered_counts_once_whenever_and_however_often_its_answers_are_read(
    asked: list[Request],
) -> None:
    copied = [request for request in asked if request.subject_look is not None]
    counted = paired([(f"{number:016x}", request) for number, request in enumerate(asked)])
    assert counted == Count(len(copied), sum(request.differs for request in copied))


@given(st.lists(requests.filter(prompt), max_size=12), st.lists(requests.filter(prompt), min_size=2, max_size=6))
def test_an_id_of_several_requests_never_passes_for_a_difference(unique: list[Request], reused: list[Request]) -> None:
    honest = [Request(each.baseline_look, each.subject_look, differs=False, repeats=each.repeats) for each in reused]
    named = [(f"{number:016x}", request) for number, request in enumerate(unique)]
    counted = paired([*named, *(("f" * 16, request) for request in honest)])
    copied = [request for request in unique if request.subject_look is not None]
    assert counted.hits == sum(request.differs for request in copied)
    assert len(copied) <= counted.trials <= len(copied) + 1


@given(st.lists(st.integers(0, 6000), max_size=12))
@settings(max_examples=10)
def test_what_is_remembered_is_bounded_in_time_and_number(bursts: list[int]) -> None:
    pairing, at, number = Pairing(), 0.0, 0
    for burst in bursts:
        at += WINDOW_SECONDS / 4
        new = [Prediction(TASK, f"{number + index:016x}", "0" * 16, None) for index in range(burst)]
        number += burst
        pairing, _ = pairing.advanced(at, new, [])
    assert len(pairing.asked) <= min(MOST_OPEN, sum(bursts[-5:]))


@given(
    st.lists(st.lists(st.floats(0, 1), max_size=8), max_size=15),
    st.integers(1, 4),
    st.sampled_from([0.5, 5.0, 40.0]),
)
def test_scores_that_are_distributed_alike_in_every_look_are_never_evidence_of_a_shift(
    looks: list[list[float]], copies: int, limit: float
) -> None:
    """The logarithm of each block's e-value is linear in the rates that were seen, and these are in the null."""
    watch = Watch("v2.0.0", "v1.0.0", "step")
    drift = PredictionDrift(max_confidence_shift=limit)
    evidence = PredictionEvidence()
    for at, scores in enumerate([[], [0.5] * 100, *looks]):
        told = tuple(Prediction(TASK, "0" * 16, None, score) for score in scores)
        pods = PodPredictions("c", "v2.0.0", "1", told), PodPredictions("s", "v1.0.0", "1", told * copies)
        evidence = evidence.advanced(watch, Look(float(at), predictions=pods), drift)
    assert all(test.epoch.log_e_value <= 1e-9 for test in evidence.shifts.values())
