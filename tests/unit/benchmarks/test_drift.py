"""The simulation behind `make bench-drift`, on answers that are made up."""

import numpy as np
import pytest

from benchmarks.drift.__main__ import best_rule, changed
from benchmarks.drift.answers import Answers
from benchmarks.drift.judges import RULES, Outcomes, Rule, judge
from benchmarks.drift.simulation import COPIES_PER_SECOND, draw, looks

STABLE = Answers(np.array(["上"] * 200), np.full(200, 0.9))


def test_a_model_changed_to_agree_so_much_does() -> None:
    assert changed(STABLE, 90).agreement(STABLE) == 0.9


def test_every_answer_is_read_once_but_those_that_are_still_on_their_way() -> None:
    copies = draw(len(STABLE.tokens), seed=1)
    read = [pod.new for look in looks(copies, STABLE, STABLE) for pod in look.predictions if pod.version == "stable"]
    requests = [prediction.request for new in read for prediction in new]
    assert len(requests) == len(set(requests))
    assert copies.texts.size - len(requests) < COPIES_PER_SECOND


def test_a_model_that_is_always_different_is_stopped_by_all_and_one_that_never_is_by_none() -> None:
    bad = judge(1, candidate=changed(STABLE, 0), stable=STABLE, min_agreement=90)
    assert bad[0] <= 3 * COPIES_PER_SECOND
    assert np.isfinite(bad).all()
    good = judge(1, candidate=STABLE, stable=STABLE, min_agreement=90)
    assert not np.isfinite(good).any()


@pytest.mark.parametrize(("rule", "until"), [(Rule(1, 1), 2), (Rule(1, 2), 4), (Rule(2, 1), 2), (Rule(4, 2), np.inf)])
def test_a_rule_counts_the_intervals_below_the_limit(rule: Rule, until: float) -> None:
    differ = np.array([0, COPIES_PER_SECOND, 0, COPIES_PER_SECOND])
    assert rule.until(differ, 0.2) == until * COPIES_PER_SECOND


def test_the_best_rule_is_the_fastest_of_those_that_stop_no_more_good_versions() -> None:
    releases = 100
    never, at_once = np.full(releases, np.inf), np.full(releases, 50.0)
    noisy = Outcomes(never, np.array([at_once, *[never] * (len(RULES) - 1)]))
    found = np.array([at_once, at_once + 10, at_once + 5, *[never] * (len(RULES) - 3)])
    assert best_rule(noisy, Outcomes(at_once, found)) == 2
