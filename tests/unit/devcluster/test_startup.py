from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from devcluster.components.base import Component
from devcluster.errors import StartError
from devcluster.processes import ProcessRecord, spawn, stop
from devcluster.startup import start_all


@dataclass
class PlainStarter:
    """Starts components as they are, in no namespace."""

    directory: Path
    started: list[str] = field(default_factory=list)
    records: list[ProcessRecord] = field(default_factory=list)

    def start(self, component: Component) -> ProcessRecord:
        self.started.append(component.name)
        record = spawn(component.command, log=self.log(component.name), env={"PATH": os.environ["PATH"]})
        self.records.append(record)
        return record

    def log(self, name: str) -> Path:
        return self.directory / f"{name}.log"


@pytest.fixture
def starter(tmp_path: Path) -> PlainStarter:
    return PlainStarter(tmp_path)


def one_shot(name: str, script: str, *needs: str) -> Component:
    return Component(name=name, command=("sh", "-c", script), needs=needs)


def test_each_component_starts_only_after_all_that_it_needs_is_ready(starter: PlainStarter) -> None:
    ready: list[str] = []
    components = [one_shot("c", "true", "a", "b"), one_shot("b", "true", "a"), one_shot("a", "true")]
    start_all(components, starter, on_ready=ready.append)
    assert starter.started == ["a", "b", "c"]
    assert ready == ["a", "b", "c"]


def test_a_need_that_was_left_out_holds_nothing_up(starter: PlainStarter) -> None:
    start_all([one_shot("b", "true", "absent")], starter, on_ready=lambda _: None)
    assert starter.started == ["b"]


def test_a_service_is_ready_when_its_check_says_so_and_is_left_running(starter: PlainStarter) -> None:
    answers = iter(["its turn", None])
    service = Component(name="service", command=("sleep", "60"), ready=lambda _: next(answers))
    try:
        start_all([service], starter, on_ready=lambda _: None)
        assert next(answers, "asked twice") == "asked twice"
    finally:
        stop(starter.records[0], grace_seconds=5)


def test_a_failing_component_is_named_with_its_reason_its_last_words_and_its_log(starter: PlainStarter) -> None:
    components = [one_shot("good", "true"), one_shot("bad", "echo no such thing; exit 4", "good")]
    with pytest.raises(StartError) as caught:
        start_all(components, starter, on_ready=lambda _: None)
    assert caught.value.component == "bad"
    assert str(caught.value) == (
        f"bad did not start: it ended with status 4\n  last lines of {starter.log('bad')}:\n    no such thing"
    )


def test_a_service_that_ends_at_once_is_a_failure_even_if_its_check_is_content(starter: PlainStarter) -> None:
    dead = Component(name="dead", command=("true",), ready=lambda _: "its port")
    with pytest.raises(StartError, match="ended with status 0"):
        start_all([dead], starter, on_ready=lambda _: None)


def test_a_component_that_never_gets_ready_says_what_was_awaited(starter: PlainStarter) -> None:
    service = Component(name="slow", command=("sleep", "60"), ready=lambda _: "a listener on port 1")
    try:
        with pytest.raises(StartError, match="timed out waiting for a listener on port 1"):
            start_all([service], starter, on_ready=lambda _: None, timeout_seconds=0.1)
    finally:
        stop(starter.records[0], grace_seconds=5)
