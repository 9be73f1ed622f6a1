"""One release in one line, for `--watch` where there is no screen."""

from datetime import UTC, datetime

from bertrelease_operator.cli.views.model import ReleaseView


def brief(view: ReleaseView) -> str:
    """Phase, applied weights and message; nothing that changes by time alone."""
    shares = " ".join(f"{share.version}={share.applied}%" for share in view.traffic if share.applied)
    parts = (f"{view.namespace}/{view.name}", view.phase, shares, view.message, view.behind)
    return "  ".join(part for part in parts if part)


def change_line(what: str, now: float) -> str:
    """`2026-01-31T12:00:00Z  what`."""
    return f"{datetime.fromtimestamp(now, tz=UTC):%Y-%m-%dT%H:%M:%SZ}  {what}"
