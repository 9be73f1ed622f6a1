"""The versions of a release: what became of each, and what it was."""

from collections.abc import Iterable, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bertrelease_operator.api.status import RevisionVerdict
from bertrelease_operator.cli.durations import age
from bertrelease_operator.cli.render.words import VERDICT_STYLES
from bertrelease_operator.cli.views.history import VersionView, Warmth

_DIGEST_CELLS = 12
_WITH_REASONS = frozenset({RevisionVerdict.REJECTED, RevisionVerdict.UNPROVEN})


def history_picture(versions: Sequence[VersionView], now: float) -> Group:
    """A table of verdicts, then what each version is made of, then why versions were turned down."""
    verdicts, contents = _table(), _table()
    for title in ("", "VERSION", "VERDICT", "REASON", "SERVED", "PODS"):
        verdicts.add_column(title, no_wrap=True)
    for title in ("VERSION", "FINGERPRINT", "IMAGE"):
        contents.add_column(title, overflow="fold")
    for view in versions:
        verdicts.add_row(
            Text("▶" if view.serving else " ", style="green"),
            view.version,
            Text(view.verdict, style=VERDICT_STYLES[view.verdict]),
            view.reason or "–",
            served(view, now),
            f"{view.warmth} {view.ready_pods}" if view.warmth is not Warmth.COLD else view.warmth.value,
        )
        contents.add_row(
            view.version, short_digest(view.fingerprint) if view.fingerprint else "–", short_image(view.image)
        )
    return Group(verdicts, Text(""), contents, *_reasons(versions, now))


def served(view: VersionView, now: float) -> str:
    """`since 3h`, `5d to 3h ago`, or a dash for never."""
    if view.served_from is None:
        return "–"
    began = age(view.served_from, now)
    return f"since {began}" if view.served_until is None else f"{began} to {age(view.served_until, now)} ago"


def short_digest(digest: str) -> str:
    """`sha256:3f2a9c1d...` -> its first hex digits, as container tools shorten it."""
    return ", ".join(one.rpartition(":")[2][:_DIGEST_CELLS] for one in digest.split(", "))


def short_image(image: str) -> str:
    """With a shortened digest, if it has one."""
    parts = (one.rpartition("@") for one in image.split(", "))
    return ", ".join(f"{name}@{short_digest(digest)}" if at else digest for name, at, digest in parts)


def _table() -> Table:
    return Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")


def _reasons(versions: Iterable[VersionView], now: float) -> list[RenderableType]:
    lines: list[RenderableType] = []
    for view in versions:
        if view.verdict in _WITH_REASONS and view.message:
            when = f"{age(view.decided_at, now)} ago: " if view.decided_at is not None else ""
            lines.append(Text.assemble((view.version, "bold"), f" {view.verdict} {when}{view.message}"))
    return [Text(""), *lines] if lines else []
