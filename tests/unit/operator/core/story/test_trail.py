"""Looks as bytes: nothing that a verdict rests on is lost, and beyond the bound only moments are."""

from dataclasses import replace
from itertools import accumulate
from random import Random

import hypothesis.strategies as st
import pytest
from hypothesis import given

from bertrelease_operator.api.recording import LONGEST_DATA
from bertrelease_operator.core.evidence.codec import decode_look, encode_look
from bertrelease_operator.core.evidence.seen import NO_EDGES, Edges, SeenLook
from bertrelease_operator.core.evidence.tally import EMPTY, Tally
from bertrelease_operator.core.evidence.trail import MOST_LOOKS, NO_TRAIL, Trail
from bertrelease_operator.core.evidence.usage import Mean, Usage
from bertrelease_operator.core.observation import Watch
from bertrelease_operator.core.story.looks import fitted, pack, unpack

# Of servers whose buckets are not those of the version before.
EDGES = Edges((1.5, 10.0, 100.0, 500.0), (10.0, 500.0))
counts = st.integers(0, 10**9)


@st.composite
def tallies(draw: st.DrawFn, edges_ms: tuple[float, ...]) -> Tally:
    buckets = draw(st.lists(counts, min_size=len(edges_ms), max_size=len(edges_ms)))
    tally = Tally(draw(counts), draw(counts), edges_ms, tuple(accumulate(buckets)), draw(counts))
    return tally if tally.requests or tally.errors or tally.latency_total or any(buckets) else EMPTY


means = st.none() | st.builds(
    Mean, percent=st.integers(0, 40_000).map(lambda n: n / 100), seconds=st.integers(0, 10**7).map(lambda n: n / 1000)
)
looks = st.builds(
    SeenLook,
    span_us=counts,
    subject=tallies(EDGES.subject_ms),
    baseline=tallies(EDGES.baseline_ms),
    history=tallies(EDGES.baseline_ms),
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
    found = decode_look(encode_look(look), NO_EDGES).usage.memory
    assert found is not None
    assert (found.percent > limit) == (percent > limit) or abs(percent - limit) < 1e-8


@given(st.lists(looks, min_size=1, max_size=20))
def test_a_trail_comes_back_as_it_was(seen: list[SeenLook]) -> None:
    trail = _trail(seen)
    found = Trail.unpacked(trail.since, trail.edges, trail.packed(), merged=trail.merged)
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
    look = SeenLook(subject=Tally(3, 1, EDGES.subject_ms, (1, 2, 3, 3), 3))
    trail = _trail([look] * (4 * MOST_LOOKS))
    assert len(trail.looks) == MOST_LOOKS
    assert trail.merged
    assert sum(found.subject.errors for found in trail.seen()) == 4 * MOST_LOOKS
    assert set(trail.spans_us[-100:]) == {1_000_000}
    assert max(trail.spans_us) <= 8_000_000, "the older ones are coarse alike"


def test_where_buckets_are_missing_later_the_others_stay_exact() -> None:
    full = SeenLook(subject=Tally(10, 0, (10.0, 50.0, 100.0), (4, 7, 9), 10))
    fewer = SeenLook(subject=Tally(5, 1, (10.0, 100.0), (1, 5), 5))
    trail = _trail([full, fewer, full])
    assert trail.edges.subject_ms == (10.0, 100.0)
    assert [look.subject.latency_counts for look in trail.seen()] == [(4, 9), (1, 5), (4, 9)]
    assert [look.subject.requests for look in trail.seen()] == [10, 5, 10]


def test_of_histograms_without_a_common_edge_the_later_one_is_kept() -> None:
    before, after = (SeenLook(subject=Tally(10, 2, (edge,), (9,), 10)) for edge in (20.0, 50.0))
    looks = list(_trail([before, after]).seen())
    assert [look.subject.errors for look in looks] == [2, 2]
    assert [look.subject.latency_total for look in looks] == [0, 10]


def test_records_from_before_buckets_were_kept_by_version_are_still_read() -> None:
    edges_ms = (10.0, 100.0)
    look = SeenLook(subject=Tally(3, 1, edges_ms, (1, 2), 3), baseline=Tally(9, 0, edges_ms, (8, 9), 9))
    recorded = pack(_trail([look]), Watch("v1.1.0", "v1.0.0", "1/step-0"))
    assert (recorded.edges_ms, recorded.baseline_edges_ms) == ([10.0, 100.0], None), "as it was written then"
    assert next(unpack(recorded).seen()) == look


def test_records_keep_the_buckets_of_both_versions() -> None:
    look = SeenLook(subject=Tally(3, 1, EDGES.subject_ms, (1, 2, 3, 3), 3), baseline=Tally(9, 0, (10.0,), (8,), 9))
    assert next(unpack(pack(_trail([look]), Watch("v1.1.0", "v1.0.0", "1/step-0"))).seen()) == look


def test_bytes_that_are_no_looks_are_refused() -> None:
    packed = _trail([SeenLook(subject=Tally(3, 1, EDGES.subject_ms, (1, 2, 3, 3), 3))]).packed()
    with pytest.raises(ValueError, match="breaks off"):
        Trail.unpacked(0.0, EDGES, packed[:-1], merged=False)
    with pytest.raises(ValueError, match="more buckets"):
        Trail.unpacked(0.0, Edges((1.0,)), packed, merged=False)


def test_records_that_cannot_be_read_any_more_make_way_and_keep_nobody_from_deciding() -> None:
    noise = Random(1)
    looks = [
        SeenLook(subject=Tally(10**9, 1, EDGES.subject_ms, tuple(sorted(noise.choices(range(10**9), k=4))), 10**9))
        for _ in range(300)
    ]
    good = pack(_trail(looks), Watch("v1.1.0", "v1.0.0", "1/step-1"))
    broken = [good.model_copy(update={"epoch": "1/step-0", "edges_ms": [1.0]}) for _ in range(4)]
    assert sum(len(chunk.data) for chunk in broken) > LONGEST_DATA
    assert {chunk.epoch for chunk in fitted([*broken, good])} == {"1/step-0", "1/step-1"}


def _trail(seen: list[SeenLook]) -> Trail:
    trail = NO_TRAIL
    for index, look in enumerate(seen):
        trail = trail.after(1000.0 + index, look)
    return trail
