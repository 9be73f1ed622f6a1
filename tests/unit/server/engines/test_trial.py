"""Trials with probes that behave as ours would on a machine where something is wrong."""

import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from bert_server.bundle.manifest import Precision
from bert_server.engines import trial
from bert_server.engines.probe import Finding, Way
from bert_server.engines.trial import Trial

INT8, INT8_HALF, BF16 = Way(Precision.INT8, 2), Way(Precision.INT8, 1), Way(Precision.BF16, 2)
GRAPHS = {precision: Path(f"model-{precision}.xml") for precision in Precision}
# Says of each way what it tries, obeys FAULT if the way is int8, and measured as many milliseconds as threads.
PROBE = """
import json, os, signal, sys, time
for way in json.loads(sys.stdin.readline())["ways"]:
    print(json.dumps({"way": way}), flush=True)
    if way["precision"] == "int8":
        FAULT
    print(json.dumps({"way": way, "layer_ms": way["threads"]}), flush=True)
"""
ILLEGAL_INSTRUCTION = "os.kill(os.getpid(), signal.SIGILL)"


def test_what_was_measured_comes_fastest_first() -> None:
    assert _findings("pass", INT8, INT8_HALF) == [Finding(INT8_HALF, 1.0), Finding(INT8, 2.0)]


def test_a_precision_that_kills_a_process_is_left_out_and_the_others_are_still_tried(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert _findings(ILLEGAL_INSTRUCTION, INT8, BF16, INT8_HALF) == [Finding(BF16, 2.0)]
    assert "int8 with 2 threads ends a process with SIGILL: it is not used on this machine" in caplog.text


def test_what_a_precision_measured_before_it_killed_a_process_does_not_count() -> None:
    fault = f"way['threads'] == 1 and {ILLEGAL_INSTRUCTION}"
    assert _findings(fault, INT8, BF16, INT8_HALF) == [Finding(BF16, 2.0)]


def test_nothing_is_found_if_everything_kills(caplog: pytest.LogCaptureFixture) -> None:
    assert _findings(ILLEGAL_INSTRUCTION, INT8, INT8_HALF) == []
    assert caplog.text.count("SIGILL") == 1


def test_a_probe_that_hangs_is_killed(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(trial, "PROBE_SECONDS", 0.5)
    assert _findings("time.sleep(600)", INT8) == []
    assert "int8 with 2 threads ends a process with SIGKILL" in caplog.text


def test_what_the_library_refuses_is_told_and_left_out(caplog: pytest.LogCaptureFixture) -> None:
    refusal = "print(json.dumps({'way': way, 'error': 'no such thing'}), flush=True); continue"
    assert _findings(refusal, INT8, BF16) == [Finding(BF16, 2.0)]
    assert "int8 with 2 threads cannot be used on this machine: no such thing" in caplog.text


def test_what_libraries_print_in_between_does_no_harm() -> None:
    noise = "print('[ INFO ] something'); print('{}'); print('[1]'); print('7'); sys.stdout.flush()"
    assert _findings(noise, INT8, BF16) == [Finding(INT8, 2.0), Finding(BF16, 2.0)]


def test_what_libraries_print_in_the_real_probe_does_not_come_between_its_findings() -> None:
    code = "import os; from bert_server.engines.probe import take_stdout; own = take_stdout(); os.write(1, b'noise')"
    probe = subprocess.run((sys.executable, "-c", f"{code}; own.write(b'finding')"), capture_output=True, check=True)
    assert (probe.stdout, probe.stderr) == (b"finding", b"noise")


def test_a_trial_that_nobody_asks_leaves_no_process() -> None:
    tried = Trial((sys.executable, "-c", PROBE))
    tried.close()
    with pytest.raises(ProcessLookupError):
        os.kill(tried.process_id, 0)


def _findings(fault: str, *ways: Way) -> list[Finding]:
    with closing(Trial((sys.executable, "-c", PROBE.replace("FAULT", fault)))) as tried:
        return tried.findings(GRAPHS, ways)
