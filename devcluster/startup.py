"""Starting components in the order of their needs, each as soon as it can."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from devcluster.components.base import Component
from devcluster.errors import StartError
from devcluster.processes import ProcessRecord, exit_status, tail

POLL_SECONDS = 0.05
READY_TIMEOUT_SECONDS = 90.0


class Starter(Protocol):
    """What starts one component and knows where its log is."""

    def start(self, component: Component) -> ProcessRecord: ...

    def log(self, name: str) -> Path: ...


@dataclass(frozen=True)
class _Pending:
    component: Component
    record: ProcessRecord
    deadline: float


def start_all(
    components: Iterable[Component],
    starter: Starter,
    *,
    on_ready: Callable[[str], None],
    timeout_seconds: float = READY_TIMEOUT_SECONDS,
) -> None:
    """Start what is not running and wait until all is ready; `on_ready` hears of each name.

    A need that is not among the components counts as met. Raises StartError for the first that fails;
    what runs by then is left running, so that it can be looked at.
    """
    waiting = {component.name: component for component in components}
    pending: dict[str, _Pending] = {}
    while waiting or pending:
        for name, component in list(waiting.items()):
            if not any(need in waiting or need in pending for need in component.needs):
                del waiting[name]
                pending[name] = _Pending(component, starter.start(component), time.monotonic() + timeout_seconds)
        for name, entry in list(pending.items()):
            if _is_ready(entry, starter):
                del pending[name]
                on_ready(name)
        time.sleep(POLL_SECONDS)


def _is_ready(entry: _Pending, starter: Starter) -> bool:
    component, status = entry.component, exit_status(entry.record)
    if component.ready is None:
        if status == 0:
            return True
        awaited: str | None = "its end"
    else:
        awaited = component.ready(entry.record.pid)
    if status is not None:
        raise _error(component, f"it ended with status {status}", starter)
    if awaited and time.monotonic() > entry.deadline:
        raise _error(component, f"timed out waiting for {awaited}", starter)
    return awaited is None


def _error(component: Component, reason: str, starter: Starter) -> StartError:
    log = starter.log(component.name)
    return StartError(component.name, reason, log, tail(log))
