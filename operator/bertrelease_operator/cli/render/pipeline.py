"""Which version is where, from the stage where versions come in to the last one."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bertrelease_operator.cli.render.words import PHASE_STYLES
from bertrelease_operator.cli.views.pipeline import StageView


def pipeline_picture(stages: Sequence[StageView]) -> Group:
    """A table, and under it what each stage waits for."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for title in ("STAGE", "SERVING", "ON ITS WAY", "PHASE", "PROMOTION"):
        table.add_column(title, overflow="fold", no_wrap=title == "PHASE")
    for stage in stages:
        table.add_row(
            _name(stage),
            stage.serving or "–",
            f"{stage.candidate} {stage.candidate_weight} %" if stage.candidate is not None else "–",
            Text(stage.phase, style=PHASE_STYLES[stage.phase]) if stage.phase is not None else "not seen from here",
            stage.promotion or "–",
        )
    return Group(table, *_waiting(stages))


def _name(stage: StageView) -> str:
    return "  " * (stage.depth - 1) + "└ " + stage.stage if stage.depth else stage.stage


def _waiting(stages: Sequence[StageView]) -> list[RenderableType]:
    lines: list[RenderableType] = [
        Text.assemble((stage.stage, "bold"), f" {stage.waits_for}") for stage in stages if stage.waits_for
    ]
    return [Text(""), *lines] if lines else []
