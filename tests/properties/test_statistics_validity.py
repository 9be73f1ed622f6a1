"""What the tests of rates promise at every look and for all inputs; probabilities are summed exactly, not simulated."""

import json
from dataclasses import asdict
from itertools import product
from math import comb, exp, isfinite, log, prod

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bertrelease_operator.core.statistics.bernoulli import confidence_bounds, log_e_value
from bertrelease_operator.core.statistics.mixture import ODDS_MULTIPLES, log_mean
from bertrelease_operator.core.statistics.two_sample import Block, TwoSampleTest

RATES = st.floats(0, 1)
MARGINS = st.sampled_from([0.0, 0.002, 0.05, 0.4])


def binomial(trials: int, hits: int, rate: float) -> float:
    return comb(trials, hits) * rate**hits * (1 - rate) ** (trials - hits)


@given(st.lists(st.floats(-700, 700), min_size=len(ODDS_MULTIPLES), max_size=len(ODDS_MULTIPLES)))
def test_the_mean_of_the_bets_lies_between_the_worst_and_the_best(log_values: list[float]) -> None:
    assert min(log_values) - 1e-9 <= log_mean(log_values) <= max(log_values) + 1e-9


@given(st.floats(1e-4, 0.9), st.integers(1, 12), st.lists(RATES, min_size=12, max_size=12))
@settings(max_examples=50)
def test_a_rate_that_drifts_below_its_limit_gives_an_expected_e_value_of_at_most_one(
    limit: float, trials: int, shares: list[float]
) -> None:
    """Each request has a success probability of its own; the distribution of the sum by convolution."""
    distribution = [1.0]
    for share in shares[:trials]:
        rate = limit * share
        distribution = [
            miss * (1 - rate) + hit * rate for miss, hit in zip([*distribution, 0.0], [0.0, *distribution], strict=True)
        ]
    expectation = sum(
        probability * exp(log_e_value(trials=trials, successes=hits, null_rate=limit))
        for hits, probability in enumerate(distribution)
    )
    assert expectation <= 1 + 1e-9


@pytest.mark.parametrize(("rate", "alpha"), [(0.5, 0.1), (0.1, 0.2)])
def test_an_interval_that_is_looked_at_after_every_request_misses_the_rate_at_most_alpha_often(
    rate: float, alpha: float
) -> None:
    """The exact probability, by dynamic programming over the number of hits among paths that never missed it."""
    alive = {0: 1.0}
    missed = 0.0
    for trials in range(1, 200):
        after: dict[int, float] = {}
        for hits, probability in alive.items():
            after[hits] = after.get(hits, 0.0) + probability * (1 - rate)
            after[hits + 1] = after.get(hits + 1, 0.0) + probability * rate
        alive = {}
        for hits, probability in after.items():
            low, high = confidence_bounds(trials=trials, successes=hits, alpha=alpha)
            if low <= rate <= high:
                alive[hits] = probability
            else:
                missed += probability
    assert alpha / 20 < missed <= alpha


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3), RATES, RATES), min_size=2, max_size=3),
    st.builds(TwoSampleTest, st.just(40), st.integers(0, 40)),
    MARGINS,
)
@settings(max_examples=40)
def test_whatever_the_two_rates_do_within_the_margin_a_stream_of_blocks_is_a_fair_bet_at_best(
    blocks: list[tuple[int, int, float, float]], start: TwoSampleTest, margin: float
) -> None:
    """Sums over all outcomes of all blocks; sizes and rates change from block to block."""
    outcomes = [list(product(range(candidates + 1), range(stables + 1))) for candidates, stables, _, _ in blocks]
    expectation = 0.0
    for path in product(*outcomes):
        test, probability = start, 1.0
        for (candidates, stables, stable_rate, share), (candidate_hits, stable_hits) in zip(blocks, path, strict=True):
            candidate_rate = share * min(1.0, stable_rate + margin)
            probability *= binomial(candidates, candidate_hits, candidate_rate)
            probability *= binomial(stables, stable_hits, stable_rate)
            test = test.update(Block(candidates, candidate_hits, stables, stable_hits), margin=margin)
        expectation += probability * exp(test.log_e_value)
    assert expectation <= 1 + 1e-9


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 1000), st.data())
def test_without_a_margin_a_block_is_a_likelihood_ratio_to_the_pooled_rate(
    candidates: int, stables: int, past_hits: int, data: st.DataObject
) -> None:
    """The closed form of Turner, Ly and Gruenwald (arXiv 2106.02693) for the null of equal rates."""
    candidate_hits = data.draw(st.integers(0, candidates))
    stable_hits = data.draw(st.integers(0, stables))
    start = TwoSampleTest(stable_trials=1000, stable_hits=past_hits)
    found = start.update(Block(candidates, candidate_hits, stables, stable_hits), margin=0.0)
    stable_rate = (past_hits + 0.5) / 1100
    for log_value, multiple in zip(found.log_e_values, ODDS_MULTIPLES, strict=True):
        odds = multiple * stable_rate / (1 - stable_rate)
        candidate_rate = odds / (1 + odds)
        pooled = (candidates * candidate_rate + stables * stable_rate) / (candidates + stables)
        ratio = prod(
            (rate / pooled) ** hits * ((1 - rate) / (1 - pooled)) ** (trials - hits)
            for trials, hits, rate in (
                (candidates, candidate_hits, candidate_rate),
                (stables, stable_hits, stable_rate),
            )
        )
        assert exp(log_value) == pytest.approx(ratio, rel=1e-6)


@given(st.integers(1, 200), st.integers(1, 2000), st.integers(0, 500), MARGINS, st.data())
def test_one_more_hit_of_the_candidate_is_more_evidence_and_one_of_the_stable_version_less(
    candidates: int, stables: int, past_hits: int, margin: float, data: st.DataObject
) -> None:
    start = TwoSampleTest(stable_trials=1000, stable_hits=past_hits)
    candidate_hits = data.draw(st.integers(0, candidates - 1))
    stable_hits = data.draw(st.integers(0, stables - 1))

    def evidence(more_candidate: int, more_stable: int) -> float:
        block = Block(candidates, candidate_hits + more_candidate, stables, stable_hits + more_stable)
        return start.update(block, margin=margin).log_e_value

    assert evidence(1, 0) > evidence(0, 0) > evidence(0, 1)


@given(
    st.lists(
        st.builds(
            lambda trials, shares: Block(
                trials[0], round(shares[0] * trials[0]), trials[1], round(shares[1] * trials[1])
            ),
            st.tuples(st.integers(0, 10**9), st.integers(0, 10**9)),
            st.tuples(RATES, RATES),
        ),
        max_size=5,
    ),
    st.floats(0, 0.999),
)
def test_a_billion_requests_overflow_nothing(blocks: list[Block], margin: float) -> None:
    test = TwoSampleTest()
    for block in blocks:
        test = test.update(block, margin=margin)
    assert isfinite(test.log_e_value)


def test_a_test_that_was_written_down_and_read_back_goes_on_as_if_nothing_had_happened() -> None:
    before, block = TwoSampleTest().update(Block(20, 1, 180, 0), margin=0.005), Block(20, 2, 180, 1)
    fields = json.loads(json.dumps(asdict(before)))
    restored = TwoSampleTest(**{**fields, "log_e_values": tuple(fields["log_e_values"])})
    assert restored.update(block, margin=0.005) == before.update(block, margin=0.005)


def test_requests_of_the_stable_version_alone_are_remembered_like_a_past_that_was_known_before() -> None:
    learnt = TwoSampleTest().update(Block(0, 0, 500, 3), margin=0.005).update(Block(0, 0, 100, 1), margin=0.005)
    assert learnt == TwoSampleTest(stable_trials=600, stable_hits=4)


def test_a_past_of_the_stable_version_speeds_the_evidence_up_and_is_none_itself() -> None:
    """Known to be rare beforehand, the same hits are less likely to be the stable version's usual ones."""
    informed = TwoSampleTest(stable_trials=100_000, stable_hits=10)
    assert informed.log_e_value == pytest.approx(0)
    block = Block(20, 2, 180, 0)
    assert informed.update(block, margin=0.0).log_e_value > TwoSampleTest().update(block, margin=0.0).log_e_value


def test_errors_that_are_four_times_the_limit_are_found_in_hundreds_of_requests_not_thousands() -> None:
    """The expected course of 2 % errors against 0.5 % allowed, at level 0.2 %."""
    needed = next(
        50 * errors
        for errors in range(1, 100)
        if log_e_value(trials=50 * errors, successes=errors, null_rate=0.005) >= log(500)
    )
    assert 300 < needed < 800
