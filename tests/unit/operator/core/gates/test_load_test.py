"""What the figures of the load generator mean."""

import json

import pytest

from bertrelease_operator.api.load_test import LoadTest
from bertrelease_operator.api.status import Verdict
from bertrelease_operator.core.gates.load_test import judge_report

GOOD = {
    **{"answered": 600, "refused": 0, "failed": 0, "lost": 0, "generator_cores": 0.1},
    **{"latency_ms.p95": 40.0, "answers_per_second": 20.0},
}


@pytest.mark.parametrize(
    ("changes", "failing"),
    [
        ({}, None),
        ({"latency_ms.p95": 100.0, "failed": 3}, None),
        ({"latency_ms.p95": 100.1}, "p95-latency"),
        ({"failed": 4}, "error-rate"),
        ({"refused": 4}, "error-rate"),
        ({"lost": 4}, "error-rate"),
    ],
)
def test_the_limits_decide(changes: dict[str, float], failing: str | None) -> None:
    result = judge_report(LoadTest(), json.dumps(GOOD | changes))
    assert {check.name for check in result.checks if check.verdict is Verdict.FAIL} == ({failing} if failing else set())
    assert result.verdict is (Verdict.FAIL if failing else Verdict.PASS)


def test_without_a_single_answer_it_fails_by_its_errors() -> None:
    report = {"answered": 0, "refused": 0, "failed": 0, "lost": 600, "generator_cores": 0.1}
    result = judge_report(LoadTest(), json.dumps(report))
    assert result.verdict is Verdict.FAIL
    assert "100.00 % of 600 requests at 20/s were not answered (600 lost)" in result.message


@pytest.mark.parametrize(
    "report",
    [
        "",
        "Error: nothing answers at http://...",
        "[]",
        "{}",
        json.dumps(GOOD | {"answered": 0}),
        json.dumps({"answered": "x"}),
    ],
)
def test_figures_that_say_nothing_decide_nothing(report: str) -> None:
    assert judge_report(LoadTest(), report).verdict is Verdict.NO_DATA


def test_a_generator_without_cpu_has_measured_itself() -> None:
    result = judge_report(LoadTest(), json.dumps(GOOD | {"generator_cores": 0.95, "latency_ms.p95": 900.0}))
    assert result.verdict is Verdict.NO_DATA
    assert "lower ratePerSecond" in result.message
