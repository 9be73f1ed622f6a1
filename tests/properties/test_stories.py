"""Records stay small enough for the API server, whatever happened."""

from itertools import accumulate
from random import Random

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from bertrelease_operator.api.recording import LONGEST_DATA, MOST_CHUNKS
from bertrelease_operator.api.status import BertRevisionStatus
from bertrelease_operator.core.evidence.seen import SeenLook
from bertrelease_operator.core.evidence.tally import Tally
from bertrelease_operator.core.evidence.trail import MOST_LOOKS, NO_TRAIL, Trail
from bertrelease_operator.core.observation import Watch
from bertrelease_operator.core.story.looks import fitted, pack, unpack
from tests.support.measured import Behaviour, MeasuredWorld
from tests.support.strategies import STRATEGIES
from tests.support.world import release_spec

MOST_BYTES = 64 * 1024
VERSIONS = ["v1.0.0", "v1.1.0", "v1.2.0"]
versions = st.sampled_from(VERSIONS)
behaviours = st.builds(
    Behaviour,
    error_share=st.sampled_from([0.0, 0.004, 0.3]),
    slow_share=st.sampled_from([0.01, 0.06, 0.5]),
    memory_share=st.sampled_from([0.5, 0.99]),
    silent=st.booleans(),
)
happenings = st.one_of(
    st.tuples(st.just("release"), versions),
    st.tuples(st.just("order"), st.tuples(st.sampled_from(["promote", "abort", "retry", "resume"]), versions)),
    st.tuples(st.just("behave"), st.tuples(versions, behaviours)),
    st.tuples(st.just("pause"), st.booleans()),
    st.tuples(st.just("restart"), st.none()),
)


@settings(max_examples=10)
@given(st.integers(0, 10**6), st.sampled_from(list(STRATEGIES)), st.data())
def test_whatever_happens_a_record_is_small_and_readable(seed: int, strategy: str, data: st.DataObject) -> None:
    world = MeasuredWorld(release_spec("v1.0.0", strategy=STRATEGIES[strategy]), random=Random(seed))
    world.run(30)
    for kind, detail in data.draw(st.lists(happenings, min_size=3, max_size=6)):
        _happen(world, kind, detail)
        world.run(data.draw(st.sampled_from([3, 15, 40])))
    for view in world.revisions.values():
        text = view.status.model_dump_json(by_alias=True, exclude_none=True)
        assert len(text.encode()) < MOST_BYTES
        assert BertRevisionStatus.model_validate_json(text) == view.status
        for looks in view.status.recording.looks if view.status.recording is not None else ():
            assert len(unpack(looks).looks) == looks.looks


def _happen(world: MeasuredWorld, kind: str, detail: object) -> None:
    match kind, detail:
        case "release", str(version):
            world.release(version)
        case "order", (str(verb), str(version)):
            world.order(verb, version)
        case "behave", (str(version), Behaviour() as behaviour):
            world.behaviours[version] = behaviour
        case "pause", bool(paused):
            world.edit(world.spec.version, paused=paused)
        case "restart", None:
            world.lose_memory()


@settings(max_examples=8)
@given(st.integers(0, 10**6), st.lists(st.integers(1, 60), min_size=1, max_size=40))
def test_looks_that_no_compression_helps_with_are_put_together_until_they_fit(seed: int, lengths: list[int]) -> None:
    random = Random(seed)
    watch = Watch("v1.1.0", "v1.0.0", "1/step-0")
    trails = [_noise(random, length) for length in lengths]
    kept = fitted([pack(trail, watch) for trail in trails])
    assert sum(len(looks.data) for looks in kept) <= LONGEST_DATA
    assert 1 <= len(kept) <= MOST_CHUNKS
    assert kept[-1].since == pack(trails[-1], watch).since
    requests = sum(look.subject.requests for look in unpack(kept[-1]).seen())
    assert requests == sum(look.subject.requests for look in trails[-1].seen())


@pytest.mark.parametrize("edges", [25, 128])
def test_one_epoch_alone_can_be_more_than_there_is_room_for(edges: int) -> None:
    trail = _noise(Random(1), MOST_LOOKS, edges)
    packed = pack(trail, Watch("v1.1.0", "v1.0.0", "1/step-0"))
    assert len(packed.data) <= LONGEST_DATA
    assert packed.merged
    assert sum(look.baseline.errors for look in unpack(packed).seen()) == sum(
        look.baseline.errors for look in trail.seen()
    )


def _noise(random: Random, looks: int, most_edges: int = 25) -> Trail:
    trail, edges = NO_TRAIL, tuple(float(edge) for edge in range(1, most_edges + 1))
    for index in range(looks):
        counts = tuple(accumulate(random.randrange(10**6) for _ in edges))
        tally = Tally(random.randrange(10**6), random.randrange(10**6), edges, counts, counts[-1])
        trail = trail.after(index + random.random(), SeenLook(subject=tally, baseline=tally))
    return trail
