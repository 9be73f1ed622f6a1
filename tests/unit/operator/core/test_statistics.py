"""The sequential tests against exact enumeration: validity is checked by summing over all outcomes, not by luck."""

from itertools import product
from math import comb, exp, inf, isfinite, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bertrelease_operator.core.statistics.bernoulli import confidence_bounds, log_e_value
from bertrelease_operator.core.statistics.histogram import quantile
from bertrelease_operator.core.statistics.two_sample import Block, TwoSampleTest


def binomial(trials: int, hits: int, rate: float) -> float:
    return comb(trials, hits) * rate**hits * (1 - rate) ** (trials - hits)


@pytest.mark.parametrize("null_rate", [0.005, 0.05, 0.3])
@pytest.mark.parametrize("trials", [1, 7, 40])
def test_under_every_rate_up_to_the_limit_the_expected_e_value_is_at_most_one(null_rate: float, trials: int) -> None:
    for rate in (0.0, null_rate / 2, null_rate):
        expectation = sum(
            binomial(trials, hits, rate) * exp(log_e_value(trials=trials, successes=hits, null_rate=null_rate))
            for hits in range(trials + 1)
        )
        assert expectation <= 1 + 1e-9


def test_at_the_limit_itself_the_e_value_is_a_fair_game() -> None:
    expectation = sum(
        binomial(30, hits, 0.05) * exp(log_e_value(trials=30, successes=hits, null_rate=0.05)) for hits in range(31)
    )
    assert expectation == pytest.approx(1)


def test_looking_after_every_request_crosses_by_chance_at_most_alpha_often() -> None:
    """The exact probability, by dynamic programming over the number of hits among paths that never crossed."""
    null_rate, threshold = 0.1, log(20)
    alive = {0: 1.0}
    crossed = 0.0
    for trials in range(1, 400):
        after: dict[int, float] = {}
        for hits, probability in alive.items():
            after[hits] = after.get(hits, 0.0) + probability * (1 - null_rate)
            after[hits + 1] = after.get(hits + 1, 0.0) + probability * null_rate
        alive = {}
        for hits, probability in after.items():
            if log_e_value(trials=trials, successes=hits, null_rate=null_rate) >= threshold:
                crossed += probability
            else:
                alive[hits] = probability
    assert 0.005 < crossed <= 0.05


def test_a_single_success_refutes_a_limit_of_zero() -> None:
    assert log_e_value(trials=5, successes=1, null_rate=0.0) == inf
    assert log_e_value(trials=5, successes=0, null_rate=0.0) == 0.0


@given(st.integers(0, 10**9), st.floats(0, 1), st.floats(1e-9, 0.999))
def test_the_e_value_is_a_number_for_all_counts(trials: int, share: float, null_rate: float) -> None:
    assert isfinite(log_e_value(trials=trials, successes=round(share * trials), null_rate=null_rate))


@given(st.integers(1, 10_000), st.data())
def test_more_failures_are_more_evidence(trials: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, trials - 1))
    fewer = log_e_value(trials=trials, successes=hits, null_rate=0.01)
    assert log_e_value(trials=trials, successes=hits + 1, null_rate=0.01) > fewer


@pytest.mark.parametrize("counts", [(3, 4), (-1, 0), (2, -1)])
def test_impossible_counts_are_refused(counts: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="is not a count"):
        log_e_value(trials=counts[0], successes=counts[1], null_rate=0.1)


@given(st.integers(0, 10**7), st.floats(0, 1), st.sampled_from([0.5, 0.05, 1e-6]))
def test_the_interval_contains_the_estimate_and_grows_with_confidence(trials: int, share: float, alpha: float) -> None:
    hits = round(share * trials)
    low, high = confidence_bounds(trials=trials, successes=hits, alpha=alpha)
    assert 0 <= low <= (hits / trials if trials else 0.5) <= high <= 1
    wider_low, wider_high = confidence_bounds(trials=trials, successes=hits, alpha=alpha / 2)
    assert wider_low <= low
    assert wider_high >= high


def test_the_interval_narrows_onto_the_rate() -> None:
    low, high = confidence_bounds(trials=1_000_000, successes=5_000, alpha=0.05)
    assert 0.0045 < low < 0.005 < high < 0.0055


def test_the_border_of_the_interval_is_where_the_mixture_reaches_one_in_alpha() -> None:
    low, _ = confidence_bounds(trials=50, successes=10, alpha=0.05)
    # Known by independent numerical integration of Beta(1/2, 1/2) over the likelihood ratio.
    grid = [(i + 0.5) / 20_000 for i in range(20_000)]
    density = [1 / (3.141592653589793 * (q * (1 - q)) ** 0.5) for q in grid]
    ratio = [(q / low) ** 10 * ((1 - q) / (1 - low)) ** 40 for q in grid]
    assert sum(d * r for d, r in zip(density, ratio, strict=True)) / 20_000 == pytest.approx(20, rel=0.01)


BLOCKS = st.builds(
    lambda nc, ns, c, s: Block(nc, round(c * nc), ns, round(s * ns)),
    st.integers(0, 300),
    st.integers(0, 3000),
    st.floats(0, 1),
    st.floats(0, 1),
)


@pytest.mark.parametrize("margin", [0.0, 0.005, 0.1])
@pytest.mark.parametrize("history", [Block(0, 0, 0, 0), Block(9, 2, 40, 1), Block(5, 0, 30, 12)])
@pytest.mark.parametrize("sizes", [(1, 1), (3, 8), (6, 2)])
def test_under_every_pair_within_the_margin_a_block_is_a_fair_bet_at_best(
    margin: float, history: Block, sizes: tuple[int, int]
) -> None:
    before = TwoSampleTest().update(history, margin=margin)
    after = {
        (c, s): before.update(Block(sizes[0], c, sizes[1], s), margin=margin)
        for c, s in product(range(sizes[0] + 1), range(sizes[1] + 1))
    }
    for stable in (0.0, 0.01, 0.2, 0.7):
        for candidate in (0.0, stable, min(1.0, stable + margin)):
            for alternative in range(len(before.log_e_values)):
                expectation = sum(
                    binomial(sizes[0], c, candidate)
                    * binomial(sizes[1], s, stable)
                    * exp(state.log_e_values[alternative] - before.log_e_values[alternative])
                    for (c, s), state in after.items()
                )
                assert expectation <= 1 + 1e-9


@given(st.lists(BLOCKS, max_size=30), st.floats(0, 0.9))
def test_any_stream_of_blocks_gives_a_number(blocks: list[Block], margin: float) -> None:
    test = TwoSampleTest()
    for block in blocks:
        test = test.update(block, margin=margin)
    assert isfinite(test.log_e_value)


def test_seconds_in_which_only_one_version_had_requests_are_no_evidence() -> None:
    test = TwoSampleTest().update(Block(50, 50, 0, 0), margin=0.0).update(Block(0, 0, 50, 0), margin=0.0)
    assert test.log_e_value == pytest.approx(0)


def test_a_shock_that_hits_both_versions_is_no_evidence_and_one_that_hits_the_candidate_is() -> None:
    both, one = TwoSampleTest(), TwoSampleTest()
    for _ in range(30):
        both = both.update(Block(20, 6, 180, 54), margin=0.005)
        one = one.update(Block(20, 6, 180, 0), margin=0.005)
    assert both.log_e_value < 1
    assert one.log_e_value > log(1e6)


def test_quantiles_are_interpolated_within_their_bucket() -> None:
    edges, counts = (10.0, 20.0, 40.0), (50, 90, 100)
    assert quantile(edges, counts, 100, 0.5) == pytest.approx(10)
    assert quantile(edges, counts, 100, 0.7) == pytest.approx(15)
    assert quantile(edges, counts, 100, 0.95) == pytest.approx(30)


def test_quantiles_beyond_the_last_edge_are_the_last_edge_and_of_nothing_there_are_none() -> None:
    assert quantile((10.0,), (1,), 100, 0.95) == 10.0
    assert quantile((10.0,), (0,), 0, 0.95) is None
    assert quantile((), (), 5, 0.95) is None
