"""Gate loadTest: the verdict on the figures of `bert-server bench`."""

import json
from collections.abc import Mapping
from typing import Any, Final

from bertrelease_operator.api.load_test import LoadTest
from bertrelease_operator.api.status import CheckStatus, Verdict
from bertrelease_operator.core.gates.contract import GateResult

# A generator that takes a whole core is late itself, and what it measures is its own lateness.
_BUSY_CORES: Final = 0.9
_PERCENT: Final = 100


def judge_report(section: LoadTest, report: str) -> GateResult:
    """`report` is the JSON that the generator left; NoData if it is none, or tells nothing about the version."""
    try:
        figures: Any = json.loads(report)
        return _judge(section, figures)
    except (ValueError, KeyError, TypeError, AttributeError):
        return GateResult(Verdict.NO_DATA, f"the load test left no figures: {report.strip()[-500:] or 'nothing'}")


def _judge(section: LoadTest, figures: Mapping[str, float]) -> GateResult:
    answered = int(figures["answered"])
    missed = int(figures["refused"]) + int(figures["failed"]) + int(figures["lost"])
    sent = answered + missed
    if not sent:
        return GateResult(Verdict.NO_DATA, "the load test sent no request: raise ratePerSecond or durationSeconds")
    if figures["generator_cores"] >= _BUSY_CORES:
        return GateResult(
            Verdict.NO_DATA,
            f"the load generator needed {figures['generator_cores']:.2f} cores, so it measured itself: "
            "lower ratePerSecond, or give its node more CPU",
        )
    checks = [_errors(section, sent, missed, figures)]
    if answered:
        checks.append(_latency(section, answered, figures["latency_ms.p95"]))
    failed = [check for check in checks if check.verdict is Verdict.FAIL]
    return GateResult(
        verdict=Verdict.FAIL if failed else Verdict.PASS,
        message="; ".join(check.message for check in failed or checks),
        checks=tuple(checks),
    )


def _errors(section: LoadTest, sent: int, missed: int, figures: Mapping[str, float]) -> CheckStatus:
    share = _PERCENT * missed / sent
    kinds = ", ".join(f"{int(figures[kind])} {kind}" for kind in ("refused", "failed", "lost") if figures[kind])
    return CheckStatus(
        name="error-rate",
        verdict=Verdict.PASS if share <= section.error_rate else Verdict.FAIL,
        value=share,
        limit=section.error_rate,
        unit="%",
        sample=sent,
        message=(
            f"{share:.2f} % of {sent} requests at {section.rate_per_second:g}/s were not answered"
            f"{f' ({kinds})' if kinds else ''}, at most {section.error_rate:g} % may be"
        ),
    )


def _latency(section: LoadTest, answered: int, p95_ms: float) -> CheckStatus:
    return CheckStatus(
        name="p95-latency",
        verdict=Verdict.PASS if p95_ms <= section.p95_latency_ms else Verdict.FAIL,
        value=p95_ms,
        limit=section.p95_latency_ms,
        unit="ms",
        sample=answered,
        message=(
            f"95 % of {answered} answers came within {p95_ms:.0f} ms at {section.rate_per_second:g}/s, "
            f"{section.p95_latency_ms:g} ms are asked for"
        ),
    )
