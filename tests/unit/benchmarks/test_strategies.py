"""The benchmark of all strategies: what it asks for, and what it counts."""

import pytest

from benchmarks.bars import bars_at_most
from benchmarks.strategies import DEADLINES, LIMITS, STRATEGIES, Move, figures_of, main
from bertrelease_operator.api.strategy import Strategy, StrategyKind
from demo.traffic import Answer

GOOD = Answer(1.0, 0.01, 200, "v1.0.0")
FAILED = Answer(2.0, 0.01, 503, "")
UNANSWERED = Answer(3.0, 5.0, 0, "")


def test_every_kind_of_strategy_is_measured() -> None:
    kinds = {Strategy.model_validate(strategy | DEADLINES).kind for strategy in STRATEGIES.values()}
    assert kinds == set(StrategyKind)


def test_what_fails_or_is_never_answered_is_lost_and_counted_for_its_strategy() -> None:
    moves = [
        Move("canary", is_rollback=False, finished=True, answers=[GOOD, FAILED]),
        Move("canary", is_rollback=True, finished=True, answers=[GOOD]),
        Move("mirror", is_rollback=False, finished=True, answers=[UNANSWERED]),
    ]
    figures = figures_of(moves)
    assert (figures["requests"], figures["lost_requests"]) == (4, 2)
    assert (figures["promotions"], figures["rollbacks"]) == (2, 1)
    assert (figures["canary.lost_requests"], figures["mirror.lost_requests"]) == (1, 1)
    assert figures["ab_test.requests"] == 0


def test_a_move_that_was_not_finished_is_no_promotion_and_misses_the_bar() -> None:
    figures = figures_of([Move("canary", is_rollback=False, finished=False, answers=[GOOD])])
    assert (figures["promotions"], figures["unfinished"]) == (0, 1)
    assert [bar.name for bar in bars_at_most(figures, LIMITS) if not bar.is_met] == ["unfinished"]


def test_more_rollbacks_than_promotions_are_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["bench-strategies", "--promotions", "2", "--rollbacks", "3"])
    with pytest.raises(SystemExit):
        main()
    assert "no more than --promotions" in capsys.readouterr().err
