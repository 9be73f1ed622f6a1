from __future__ import annotations

import os
import signal
import time
from dataclasses import replace
from pathlib import Path

import pytest

from devcluster.processes import ProcessRecord, exit_status, is_running, spawn, stop, tail

PATH_ONLY = {"PATH": os.environ["PATH"]}
IGNORES_TERM = "trap '' TERM; echo ready; while :; do sleep 0.05; done"


def await_line(log: Path, line: str) -> None:
    while line not in tail(log):
        time.sleep(0.01)


def await_exit(record: ProcessRecord) -> int:
    while (status := exit_status(record)) is None:
        time.sleep(0.01)
    return status


def test_a_spawned_process_runs_in_a_session_of_its_own_and_writes_to_its_log(tmp_path: Path) -> None:
    record = spawn(["sh", "-c", "echo out; echo err >&2; sleep 60"], log=tmp_path / "log", env=PATH_ONLY)
    try:
        await_line(tmp_path / "log", "err")
        assert is_running(record)
        assert os.getsid(record.pid) == record.pid
        assert tail(tmp_path / "log") == "out\nerr"
    finally:
        stop(record, grace_seconds=5)


def test_a_spawned_process_sees_only_the_environment_it_is_given(tmp_path: Path) -> None:
    record = spawn(["env"], log=tmp_path / "log", env={"PATH": PATH_ONLY["PATH"], "ONLY": "this"})
    assert await_exit(record) == 0
    assert sorted(tail(tmp_path / "log").splitlines()) == sorted([f"PATH={PATH_ONLY['PATH']}", "ONLY=this"])


def test_the_exit_status_is_known_and_the_process_no_longer_counts_as_running(tmp_path: Path) -> None:
    record = spawn(["sh", "-c", "exit 3"], log=tmp_path / "log", env=PATH_ONLY)
    assert await_exit(record) == 3
    assert not is_running(record)


def test_stop_ends_a_process_that_heeds_sigterm(tmp_path: Path) -> None:
    record = spawn(["sleep", "60"], log=tmp_path / "log", env=PATH_ONLY)
    stop(record, grace_seconds=5)
    assert not is_running(record)


def test_stop_kills_a_process_that_ignores_sigterm_once_its_grace_is_over(tmp_path: Path) -> None:
    record = spawn(["sh", "-c", IGNORES_TERM], log=tmp_path / "log", env=PATH_ONLY)
    await_line(tmp_path / "log", "ready")
    stop(record, grace_seconds=0.2)
    assert not is_running(record)


@pytest.mark.parametrize("change", [{"start_ticks": 1}, {"boot_id": "another"}])
def test_another_process_with_the_same_pid_is_neither_running_nor_stopped(
    tmp_path: Path, change: dict[str, object]
) -> None:
    record = spawn(["sleep", "60"], log=tmp_path / "log", env=PATH_ONLY)
    try:
        stale = replace(record, **change)  # type: ignore[arg-type]
        assert not is_running(stale)
        stop(stale, grace_seconds=0.1)
        assert is_running(record)
    finally:
        stop(record, grace_seconds=5)


def test_stopping_what_has_ended_does_nothing(tmp_path: Path) -> None:
    record = spawn(["true"], log=tmp_path / "log", env=PATH_ONLY)
    await_exit(record)
    stop(record, grace_seconds=0.1)
    assert not is_running(record)


def test_death_by_a_signal_shows_as_a_negative_status(tmp_path: Path) -> None:
    record = spawn(["sleep", "60"], log=tmp_path / "log", env=PATH_ONLY)
    os.kill(record.pid, signal.SIGKILL)
    assert await_exit(record) == -signal.SIGKILL


def test_a_record_survives_being_saved_and_a_broken_one_counts_as_none(tmp_path: Path) -> None:
    record = ProcessRecord(pid=7, start_ticks=8, boot_id="b")
    record.save(tmp_path / "deep" / "one.json")
    assert ProcessRecord.load(tmp_path / "deep" / "one.json") == record
    (tmp_path / "half.json").write_text('{"pid": 7, "st')
    assert ProcessRecord.load(tmp_path / "half.json") is None
    assert ProcessRecord.load(tmp_path / "absent.json") is None


def test_the_tail_of_a_long_log_is_its_last_lines(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("".join(f"line {number}\n" for number in range(10_000)))
    assert tail(tmp_path / "log", lines=2) == "line 9998\nline 9999"
    assert tail(tmp_path / "absent") == ""
