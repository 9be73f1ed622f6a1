import random

import pytest

from bert_server.inference.cost import MOST_GROUPS, UNKNOWN, CostModel, Line, LineFit

TRUTH = Line(0.003, 0.00012)
SIZES = (16, 32, 64, 128, 512)


def fitted(truth: Line, batches: int, *, noise: float = 0.0, fit: LineFit | None = None) -> LineFit:
    dice = random.Random(7)
    fit = fit or LineFit()
    for _ in range(batches):
        size = dice.choice(SIZES)
        fit.observe(size, truth.seconds(size) * dice.uniform(1 - noise, 1 + noise))
    return fit


def assert_predicts(fit: LineFit, truth: Line, tolerance: float) -> None:
    for size in SIZES:
        assert fit.line.seconds(size) == pytest.approx(truth.seconds(size), rel=tolerance)


def test_nothing_is_known_before_the_first_batch() -> None:
    assert CostModel().line("model", "group") == UNKNOWN


def test_one_batch_is_enough_to_predict_its_like() -> None:
    assert_predicts(fitted(TRUTH, 1), TRUTH, 0.5)
    fit = LineFit()
    fit.observe(128, 0.02)
    assert fit.line.seconds(128) == pytest.approx(0.02)


def test_batches_of_several_sizes_give_the_line() -> None:
    assert_predicts(fitted(TRUTH, 40), TRUTH, 1e-6)
    assert_predicts(fitted(TRUTH, 200, noise=0.15), TRUTH, 0.15)


def test_a_hiccup_hardly_counts() -> None:
    fit = fitted(TRUTH, 40)
    fit.observe(32, 5.0)
    assert_predicts(fit, TRUTH, 0.15)


def test_a_batch_that_ended_at_once_hardly_counts() -> None:
    fit = LineFit()
    for _ in range(50):
        fit.observe(100, 2.0)
    fit.observe(100, 0.02)
    assert fit.line.seconds(100) == pytest.approx(2.0, rel=0.1)


def test_where_durations_vary_the_prediction_is_not_that_of_the_fast_ones() -> None:
    dice = random.Random(7)
    fit = LineFit()
    predicted = []
    for _ in range(2000):
        fit.observe(100, dice.uniform(0.5, 1.5))
        predicted.append(fit.line.seconds(100))
    assert sum(predicted) / len(predicted) == pytest.approx(1.0, rel=0.05)


def test_a_slow_first_batch_is_forgotten_soon() -> None:
    fit = LineFit()
    fit.observe(16, 3.0)
    assert_predicts(fitted(TRUTH, 20, fit=fit), TRUTH, 0.05)


@pytest.mark.parametrize("factor", [5.0, 0.2])
def test_a_lasting_change_is_learnt(factor: float) -> None:
    slower = Line(TRUTH.overhead_seconds * factor, TRUTH.seconds_per_token * factor)
    assert_predicts(fitted(slower, 250, fit=fitted(TRUTH, 100)), slower, 0.1)


def test_after_many_batches_of_one_size_the_others_are_still_predicted() -> None:
    fit = fitted(TRUTH, 100)
    for _ in range(500):
        fit.observe(64, TRUTH.seconds(64))
    assert_predicts(fit, TRUTH, 0.05)


@pytest.mark.parametrize("truth", [Line(0.002, 0.0), Line(0.0, 0.0001)])
def test_lines_that_are_flat_or_pass_through_zero_are_no_trouble(truth: Line) -> None:
    fit = fitted(truth, 300, noise=0.2)
    assert_predicts(fit, truth, 0.25)
    assert fit.line.overhead_seconds >= 0
    assert fit.line.seconds_per_token >= 0


def test_a_new_group_costs_what_its_model_does() -> None:
    costs = CostModel()
    costs.observe("model", "one", 64, 0.01)
    assert costs.line("model", "other") == costs.line("model", "one")
    assert costs.line("another model", "other") == UNKNOWN


def test_a_hiccup_in_the_first_batch_of_a_group_hardly_counts() -> None:
    costs = CostModel()
    costs.observe("model", "one", 64, 0.01)
    costs.observe("model", "other", 64, 5.0)
    assert costs.line("model", "other").seconds(64) == pytest.approx(0.02)


def test_groups_that_clients_invent_are_forgotten_the_longest_unused_first() -> None:
    costs = CostModel()
    costs.observe("model", "kept", 64, 0.01)
    for number in range(MOST_GROUPS):
        costs.observe("model", number, 64, 5.0)
        costs.observe("model", "kept", 64, 0.01)
    assert costs.line("model", "kept").seconds(64) == pytest.approx(0.01)
    assert costs.line("model", 0) == costs.line("model", "never seen")
    assert costs.line("model", MOST_GROUPS - 1) != costs.line("model", "never seen")


def test_a_jobs_share_of_a_full_batch_holds_its_part_of_the_overhead() -> None:
    assert 8 * TRUTH.share_seconds(64, 512) == pytest.approx(TRUTH.seconds(512))
    assert TRUTH.share_seconds(512, 64) == pytest.approx(TRUTH.seconds(512))
