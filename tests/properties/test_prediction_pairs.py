"""Pairs of answers, however late, often and from however many pods they arrive."""

from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from bertrelease_operator.core.evidence.pairing import MOST_OPEN, WINDOW_SECONDS, Pairing
from bertrelease_operator.core.evidence.rates import Count
from bertrelease_operator.core.evidence.readings import Prediction

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
