"""Looks as bytes: nothing that a verdict rests on is lost, and beyond the bound only moments are."""

from dataclasses import replace
from itertools import accumulate

import hypothesis.strategies as st
import pytest
from hypothesis import given

from bertrelease_operator.core.evidence.codec import decode_look, encode_look
from bertrelease_operator.core.evidence.seen import SeenLook
from bertrelease_operator.core.evidence.tally import EMPTY, Tally
from bertrelease_operator.core.evidence.trail import MOST_LOOKS, NO_TRAIL, Trail
from bertrelease_operator.core.evidence.usage import Mean, Usage

EDGES = (1.5, 10.0, 100.0, 500.0)
counts = st.integers(0, 10**9)


@st.composite
def tallies(draw: st.DrawFn) -> Tally:
    buckets = draw(st.lists(counts, min_size=len(EDGES), max_size=len(EDGES)))
    tally = Tally(draw(counts), draw(counts), EDGES, tuple(accumulate(buckets)), draw(counts))
    return tally if tally.requests or tally.errors or tally.latency_total or any(buckets) else EMPTY


means = st.none() | st.builds(
    Mean, percent=st.integers(0, 40_000).map(lambda n: n / 100), seconds=st.integers(0, 10**7).map(lambda n: n / 1000)
)
looks = st.builds(
    SeenLook,
    span_us=counts,
    subject=tallies(),
    baseline=tallies(),
    history=tallies(),
    restarts=st.integers(0, 500),
    loaded_pods=st.integers(0, 500),
    loading_pods=st.integers(0, 500),
    load_failures=st.integers(0, 500),
    load_unknown=st.booleans(),
    usage=st.builds(
        Usage,
        cpu=means,
        memory=means,
        full_cpu=means,
        full_memory=means,
        without_cpu_limit=st.booleans(),
        without_memory_limit=st.booleans(),
    ),
    custom=st.dictionaries(st.text(max_size=10), st.none() | st.floats(allow_nan=False), max_size=3),
    subject_down=st.booleans(),
    baseline_down=st.booleans(),
)


@given(looks)
def test_a_look_comes_back_as_it_was(look: SeenLook) -> None:
    assert decode_look(encode_look(look), EDGES) == look


@given(st.floats(0, 400), st.integers(1, 40_000))
def test_what_is_above_a_limit_stays_above_it(percent: float, limit_in_hundredths: int) -> None:
    limit = limit_in_hundredths / 100
    look = SeenLook(usage=Usage(memory=Mean(percent, 48.0)))
    found = decode_look(encode_look(look), ()).usage.memory
    assert found is not None
    assert (found.percent > limit) == (percent > limit) or abs(percent - limit) < 1e-8


@given(st.lists(looks, min_size=1, max_size=20))
def test_a_trail_comes_back_as_it_was(seen: list[SeenLook]) -> None:
    trail = _trail(seen)
    found = Trail.unpacked(trail.since, trail.edges_ms, trail.packed(), merged=trail.merged)
    assert found.until == pytest.approx(trail.until)
    assert replace(found, until=trail.until) == trail


@given(st.lists(looks, min_size=1, max_size=40))
def test_putting_looks_together_loses_no_request(seen: list[SeenLook]) -> None:
    trail = _trail(seen).halved()
    assert len(trail.looks) == -(-len(seen) // 2)
    assert sum(look.subject.requests for look in trail.seen()) == sum(look.subject.requests for look in seen)
    assert sum(look.baseline.errors for look in trail.seen()) == sum(look.baseline.errors for look in seen)
    assert sum(trail.spans_us) == sum(_trail(seen).spans_us)


def test_a_long_trail_is_bounded_and_its_end_stays_fine() -> None:
    look = SeenLook(subject=Tally(3, 1, EDGES, (1, 2, 3, 3), 3))
    trail = _trail([look] * (4 * MOST_LOOKS))
    assert len(trail.looks) == MOST_LOOKS
    assert trail.merged
    assert sum(found.subject.errors for found in trail.seen()) == 4 * MOST_LOOKS
    assert set(trail.spans_us[-100:]) == {1_000_000}
    assert max(trail.spans_us) <= 8_000_000, "the older ones are coarse alike"


def test_bytes_that_are_no_looks_are_refused() -> None:
    packed = _trail([SeenLook(subject=Tally(3, 1, EDGES, (1, 2, 3, 3), 3))]).packed()
    with pytest.raises(ValueError, match="breaks off"):
        Trail.unpacked(0.0, EDGES, packed[:-1], merged=False)
    with pytest.raises(ValueError, match="more buckets"):
        Trail.unpacked(0.0, (1.0,), packed, merged=False)


def _trail(seen: list[SeenLook]) -> Trail:
    trail = NO_TRAIL
    for index, look in enumerate(seen):
        trail = trail.after(1000.0 + index, look)
    return trail
