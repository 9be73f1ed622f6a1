"""Servers replaced under load, as the soak does it a hundred times."""

from pathlib import Path

from rich.progress import Progress

from benchmarks.soak.restarts import restart_under_load
from bert_server.bench.recording import is_failure, is_lost


async def test_no_request_is_lost_when_servers_are_replaced_under_load(good_bundle: Path, tmp_path: Path) -> None:
    found = await restart_under_load(good_bundle, tmp_path, 2, Progress(disable=True))
    assert found.exit_statuses == [0, 0]
    assert found.recording.count(is_lost) == found.recording.count(is_failure) == 0
    assert len(found.recording.latencies_ms()) > 2
