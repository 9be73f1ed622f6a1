"""What the server's figures must show."""

from collections.abc import Mapping

from benchmarks.bars import Bar, bar
from benchmarks.server.overload import DEADLINE_SECONDS


def bars(figures: Mapping[str, float]) -> list[Bar]:
    """Only of what was measured."""
    candidates = [
        _ratio(
            figures,
            "latency, 16 tokens: baseline / ours",
            "latency_ms.tokens_16.baseline",
            "latency_ms.tokens_16.ours",
            10,
        ),
        _ratio(
            figures,
            "latency, 32 tokens: baseline / ours",
            "latency_ms.tokens_32.baseline",
            "latency_ms.tokens_32.ours",
            10,
        ),
        _ratio(figures, "throughput: ours / baseline", "throughput_rps.ours", "throughput_rps.baseline", 14),
        _ratio(figures, "throughput: ours / engine alone", "throughput_rps.ours", "throughput_rps.engine", 0.85),
        bar(figures, "overload_4x.goodput_ratio", at_least=0.9),
        bar(figures, "overload_4x.admitted_p99_ms", at_most=1000 * DEADLINE_SECONDS),
        bar(figures, "overload_4x.refusal_p99_ms", at_most=15),
        bar(figures, "overload_4x.health_p99_ms", at_most=25),
        bar(figures, "start_to_ready_s.ours", at_most=3),
        bar(figures, "rss_mib.ours", at_most=600 * 1e6 / 2**20),
        bar(figures, "cached.rps", at_least=3000),
    ]
    return [found for found in candidates if found is not None]


def _ratio(figures: Mapping[str, float], name: str, above: str, below: str, at_least: float) -> Bar | None:
    if above not in figures or below not in figures:
        return None
    return Bar(name, figures[above] / figures[below], at_least, at_least=True)
