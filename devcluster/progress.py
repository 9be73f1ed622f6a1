"""Telling a person how far a long job is."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

PLAIN_REPORT_SECONDS = 20.0


class Step:
    """One job under way; this one keeps silent."""

    def expect(self, total: int) -> None:
        """Say how many `advance` calls there will be, at the most."""

    def advance(self, note: str) -> None:
        """Say that one unit is done, and what it was."""


class Reporter:
    """Where jobs announce themselves; this one keeps silent."""

    @contextmanager
    def step(self, title: str) -> Iterator[Step]:
        del title
        yield Step()


class _PlainStep(Step):
    """For logs: a line now and then instead of a moving bar."""

    def __init__(self, console: Console, title: str) -> None:
        self._console, self._title = console, title
        self._done, self._total = 0, 0
        self._next_report = time.monotonic() + PLAIN_REPORT_SECONDS

    def expect(self, total: int) -> None:
        self._total = total

    def advance(self, note: str) -> None:
        self._done += 1
        if time.monotonic() >= self._next_report:
            self._next_report = time.monotonic() + PLAIN_REPORT_SECONDS
            of_total = f" of {self._total}" if self._total else ""
            self._console.print(f"  {self._title}: {self._done}{of_total}  {note}", highlight=False)


class _BarStep(Step):
    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress, self._task = progress, task

    def expect(self, total: int) -> None:
        self._progress.update(self._task, total=total)

    def advance(self, note: str) -> None:
        self._progress.update(self._task, advance=1, note=note[-60:])


class ConsoleReporter(Reporter):
    """A bar for each job on a terminal, plain lines elsewhere; one line with the time taken when it is done."""

    def __init__(self, console: Console) -> None:
        self._console = console

    @contextmanager
    def step(self, title: str) -> Iterator[Step]:
        started = time.monotonic()
        if self._console.is_terminal:
            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
            with Progress(
                *columns,
                TimeElapsedColumn(),
                TextColumn("[dim]{task.fields[note]}"),
                console=self._console,
                transient=True,
            ) as progress:
                yield _BarStep(progress, progress.add_task(title, total=None, note=""))
        else:
            self._console.print(f"… {title}", highlight=False)
            yield _PlainStep(self._console, title)
        self._console.print(f"[green]✓[/] {title} [dim]{time.monotonic() - started:.1f} s", highlight=False)
