"""What figures must show, and whether they do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.table import Table


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


def bar(
    figures: Mapping[str, float], name: str, *, at_least: float | None = None, at_most: float | None = None
) -> Bar | None:
    """A limit on one figure; None if that was not measured."""
    limit = at_most if at_least is None else at_least
    if limit is None or name not in figures:
        return None
    return Bar(name, figures[name], limit, at_least=at_least is not None)


def bars_at_most(figures: Mapping[str, float], limits: Mapping[str, float]) -> list[Bar]:
    """Limits on figures that were all measured."""
    return [Bar(name, figures[name], limit, at_least=False) for name, limit in limits.items()]


def bars_table(bars: Sequence[Bar]) -> Table:
    table = Table("bar", "value", "limit", "met", title="bars")
    for one in bars:
        limit = f"{'at least' if one.at_least else 'at most'} {one.limit:,.4g}"
        table.add_row(one.name, f"{one.value:,.4g}", limit, "yes" if one.is_met else "[bold red]no")
    return table
