"""The story of `make demo`, chapter by chapter. Every figure is counted at the client."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from demo.chapters import blue_green, canary, golden, pipeline
from demo.narrator import Narrator
from demo.stage import Stage
from demo.versions import BROKEN, FAILING, FIRST, HOTPOT, IMPROVED, LATE, SLOW, DemoVersion


@dataclass(frozen=True, slots=True)
class Chapter:
    """A part of the story that can be told alone, after those it builds on."""

    tell: Callable[[Stage, Narrator], Awaitable[None]]
    versions: tuple[DemoVersion, ...]  # whose images it needs, besides those of what it builds on
    builds_on: tuple[str, ...] = ("serve",)

    @property
    def summary(self) -> str:
        return (self.tell.__doc__ or "").partition("\n")[0]


CHAPTERS: Final[dict[str, Chapter]] = {
    "serve": Chapter(canary.serve, (FIRST,), builds_on=()),
    "promote": Chapter(canary.promote, (IMPROVED,)),
    "slow": Chapter(canary.slow, (SLOW,)),
    "failing": Chapter(canary.failing, (FAILING,)),
    "broken": Chapter(canary.broken, (BROKEN,)),
    "rollback": Chapter(canary.rollback, (), builds_on=("serve", "promote")),
    "blue-green": Chapter(blue_green.blue_green, (LATE,)),
    "golden": Chapter(golden.golden, (HOTPOT,)),
    "pipeline": Chapter(pipeline.pipeline, (FIRST, HOTPOT), builds_on=()),
}


def chosen(names: Sequence[str]) -> list[str]:
    """Those of these names, each after what it builds on and once; all if none is named."""
    wanted = [chapter for name in names for chapter in (*CHAPTERS[name].builds_on, name)]
    return list(dict.fromkeys(wanted or CHAPTERS))


def versions_of(names: Iterable[str]) -> list[DemoVersion]:
    """Whose images these chapters need."""
    return list(dict.fromkeys(version for name in names for version in CHAPTERS[name].versions))
