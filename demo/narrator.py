"""Tells the story in the terminal."""

import time
from typing import Any

from rich.console import Console
from rich.markup import escape

from bertrelease_operator.api.status import BertReleaseStatus
from demo.traffic import Damage


class Narrator:
    """Prints lines with the time since the chapter began, and never the same line twice in a row."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._began = time.monotonic()
        self._last = ""

    def chapter(self, name: str, title: str) -> None:
        self._began, self._last = time.monotonic(), ""
        self.console.rule(f"[bold]{escape(title)}[/]  [dim]({name})[/]", align="left")

    def line(self, text: str) -> None:
        if text != self._last:
            self._last = text
            self.console.print(
                f"[dim]{time.monotonic() - self._began:6.1f} s[/]  {escape(text)}", highlight=False, soft_wrap=True
            )

    def command(self, text: str) -> None:
        self.console.print(f"          [cyan]$ {escape(text)}[/]", highlight=False, soft_wrap=True)

    def output(self, text: str) -> None:
        """What a command printed."""
        for line in text.rstrip().splitlines():
            self.console.print(f"          {line}", markup=False, highlight=False, soft_wrap=True)

    def follow(self, status: BertReleaseStatus) -> None:
        """What the operator says of the release, whenever it changes."""
        weights = ", ".join(f"{version} {weight} %" for version, weight in sorted(status.weights.applied.items()))
        self.line(f"{status.phase:<11} {status.message}" + (f"  [{weights}]" if weights else ""))

    def prediction(self, text: str, answer: dict[str, Any]) -> None:
        best = ", ".join(f"{item['token']} ({100 * item['score']:.1f} %)" for item in answer["result"][:3])
        self.console.print(
            f"          {escape(text)} -> [bold]{escape(best)}[/]  [dim]{answer['version']}[/]", soft_wrap=True
        )

    def counted(self, damage: Damage, where: str) -> None:
        style = "green" if damage.bad == 0 else "yellow"
        spell = f", {damage.seconds:.2f} s from the first to the last" if damage.bad > 1 else ""
        self.console.print(
            f"          [{style}]{damage.bad} bad of {damage.total} answers {where}{spell}[/]",
            highlight=False,
            soft_wrap=True,
        )

    def figure(self, what: str, value: float, unit: str) -> None:
        self.console.print(f"          [bold]{what}: {value:.0f} {unit}[/]", highlight=False, soft_wrap=True)

    def reason(self, reason: str, message: str) -> None:
        self.console.print(
            f"          the operator's reason: [bold]{reason}[/]: {escape(message)}", highlight=False, soft_wrap=True
        )
