"""What the commands get from outside: a cluster, the time, a terminal. Tests give others."""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from rich.console import Console

from bertrelease_operator.cli.cluster import Cluster

Connect = Callable[[str | None, str | None], Cluster]

# Nothing that goes into a pipe or a file is wrapped: grep finds whole lines, as with kubectl.
_UNWRAPPED_CELLS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Environment:
    """`connect` takes kubeconfig and context as given on the command line."""

    connect: Connect
    console: Console
    now: Callable[[], float] = time.time  # epoch seconds
    monotonic: Callable[[], float] = time.monotonic


@dataclass(frozen=True, slots=True)
class Session:
    """One command at work in one cluster; `namespace` is the one meant on the command line."""

    cluster: Cluster
    namespace: str
    environment: Environment

    def say(self, line: str) -> None:
        """A line of result, never wrapped or coloured."""
        self.environment.console.print(line, markup=False, highlight=False, emoji=False, soft_wrap=True)


def terminal() -> Console:
    """Standard output; rich itself honours NO_COLOR, TERM and COLUMNS."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal that cannot show a sign shows "?", not an error
    console = Console(highlight=False, markup=False, emoji=False)
    return console if console.is_terminal else Console(highlight=False, markup=False, width=_UNWRAPPED_CELLS)


def real_environment() -> Environment:
    def connect(kubeconfig: str | None, context: str | None) -> Cluster:
        from bertrelease_operator.cli.kube.connect import connect as connect_for_real

        return connect_for_real(kubeconfig, context)

    return Environment(connect=connect, console=terminal())
