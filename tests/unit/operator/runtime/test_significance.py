"""Which changes of a status matter, and how they are written."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bertrelease_operator.api.status import (
    BertReleaseStatus,
    CheckStatus,
    Condition,
    ConditionStatus,
    Phase,
    Verdict,
    Weights,
)
from bertrelease_operator.runtime.significance import differs_in_substance, merge_patch
from tests.unit.operator.runtime.fake_cluster import patched


def status(
    *, value: float = 1.0, verdict: Verdict = Verdict.PASS, observed: int = 50, phase: Phase = Phase.ANALYZING
) -> BertReleaseStatus:
    condition = Condition(
        type="Healthy",
        status=ConditionStatus.TRUE,
        reason="x",
        message=f"figure {value}",
        last_transition_time="2026-01-01T00:00:00.000000Z",
    )
    return BertReleaseStatus(
        phase=phase,
        weights=Weights(observed={"v1.0.0": observed}),
        checks=[CheckStatus(name="error-rate", verdict=verdict, value=value, message=f"{value} %")],
        conditions=[condition],
    )


def test_newer_figures_are_not_of_substance() -> None:
    assert not differs_in_substance(status(value=2.0, observed=60), status())


def test_a_verdict_is_of_substance() -> None:
    assert differs_in_substance(status(verdict=Verdict.FAIL), status())


def test_a_phase_is_of_substance() -> None:
    assert differs_in_substance(status(phase=Phase.HEALTHY), status())


JSON_OBJECTS = st.recursive(
    st.one_of(st.integers(), st.booleans(), st.text(max_size=3), st.lists(st.integers(), max_size=2)),
    lambda values: st.dictionaries(st.sampled_from("abc"), values, max_size=3),
    max_leaves=8,
).filter(lambda value: isinstance(value, dict))


@given(old=JSON_OBJECTS, new=JSON_OBJECTS)
def test_a_merge_patch_makes_the_new_out_of_the_old(old: dict[str, Any], new: dict[str, Any]) -> None:
    assert patched(old, merge_patch(old, new)) == new


@given(JSON_OBJECTS)
def test_the_patch_between_equals_is_empty(same: dict[str, Any]) -> None:
    assert merge_patch(same, same) == {}
