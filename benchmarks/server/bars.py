"""What the figures must show, and whether they do."""

from collections.abc import Mapping
from dataclasses import dataclass

from rich.table import Table

from benchmarks.server.overload import DEADLINE_SECONDS


@dataclass(frozen=True)
class Bar:
    """The value must be at least, or at most, the limit."""

    name: str
    value: float
    limit: float
    at_least: bool

    @property
    def is_met(self) -> bool:
        return self.value >= self.limit if self.at_least else self.value <= self.limit


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
        _plain(figures, "overload_4x.goodput_ratio", at_least=0.9),
        _plain(figures, "overload_4x.admitted_p99_ms", at_most=1000 * DEADLINE_SECONDS),
        _plain(figures, "overload_4x.refusal_p99_ms", at_most=15),
        _plain(figures, "overload_4x.health_p99_ms", at_most=25),
        _plain(figures, "start_to_ready_s.ours", at_most=3),
        _plain(figures, "rss_mib.ours", at_most=600 * 1e6 / 2**20),
        _plain(figures, "cached.rps", at_least=3000),
    ]
    return [bar for bar in candidates if bar is not None]


def bars_table(figures: Mapping[str, float]) -> Table:
    table = Table("bar", "value", "limit", "met", title="bars")
    for bar in bars(figures):
        limit = f"{'at least' if bar.at_least else 'at most'} {bar.limit:,.4g}"
        table.add_row(bar.name, f"{bar.value:,.4g}", limit, "yes" if bar.is_met else "[bold red]no")
    return table


def _ratio(figures: Mapping[str, float], name: str, above: str, below: str, at_least: float) -> Bar | None:
    if above not in figures or below not in figures:
        return None
    return Bar(name, figures[above] / figures[below], at_least, at_least=True)


def _plain(
    figures: Mapping[str, float], name: str, *, at_least: float | None = None, at_most: float | None = None
) -> Bar | None:
    limit = at_most if at_least is None else at_least
    if limit is None or name not in figures:
        return None
    return Bar(name, figures[name], limit, at_least=at_least is not None)
