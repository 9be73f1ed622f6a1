"""Faults in following another release, and what serves meanwhile."""

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import pytest

from bertrelease_operator.api.promotion import PromotionState
from bertrelease_operator.api.status import RevisionVerdict
from bertrelease_operator.core.decision import Decision
from bertrelease_operator.core.promotion.view import UpstreamVersion, UpstreamView
from bertrelease_operator.runtime.deciding import Decider
from tests.support.pipeline import Pipeline, following
from tests.support.world import BAD, World

KEY = ("default", "fill-mask")


def failing() -> UpstreamView | None:
    raise ArithmeticError


class Unusable(Mapping[str, UpstreamVersion]):
    """Versions that nobody can look at."""

    def __getitem__(self, version: str) -> UpstreamVersion:
        raise ArithmeticError(version)

    def __iter__(self) -> Iterator[str]:
        raise ArithmeticError

    def __len__(self) -> int:
        raise ArithmeticError


def unusable() -> UpstreamView | None:
    return UpstreamView(stable="v1.2.0", versions=Unusable())


def observed() -> World:
    """v1.1.0 serves and is still watched."""
    pipeline = Pipeline.of(following())
    pipeline.release("v1.0.0")
    pipeline.run(600, step=5)
    pipeline.release("v1.1.0")
    while pipeline.stages[1].status.observation is None:
        pipeline.run(1)
    return pipeline.stages[1]


@pytest.mark.parametrize("upstream", [failing, unusable])
def test_a_fault_in_following_does_not_keep_a_bad_version_in_traffic(
    upstream: Callable[[], UpstreamView | None],
) -> None:
    prod = observed()
    prod.evidence["v1.1.0"] = BAD
    decision = Decider().decide(KEY, prod.observation(), upstream, prod.now)
    assert decision.route is not None
    assert decision.route.weights == {"v1.0.0": 100}
    assert decision.revision_statuses["v1.1.0"].verdict is RevisionVerdict.REJECTED


def test_people_see_that_following_failed_and_find_why_in_the_log_once(caplog: pytest.LogCaptureFixture) -> None:
    prod, decider = observed(), Decider()

    def seen(upstream: Callable[[], UpstreamView | None]) -> Decision:
        return decider.decide(KEY, prod.observation(), upstream, prod.now)

    with caplog.at_level(logging.ERROR):
        decisions = [seen(failing) for _ in range(3)]
        promotion = decisions[0].status.promotion
        assert promotion is not None
        assert promotion.state is PromotionState.NO_DATA
        assert "following it failed (ArithmeticError)" in promotion.message
        assert [event.reason for event in decisions[0].events] == ["UpstreamUnknown"]
        assert len(caplog.records) == 1
        assert caplog.records[0].exc_info is not None
        seen(lambda: prod.upstream)
        seen(failing)
        assert len(caplog.records) == 2, "it failed anew"


def test_any_other_fault_is_no_reason_to_decide_without_upstream() -> None:
    prod = observed()
    broken = replace(prod.observation(), revisions=None)  # type: ignore[arg-type]
    with pytest.raises(AttributeError):
        Decider().decide(KEY, broken, lambda: prod.upstream, prod.now)
