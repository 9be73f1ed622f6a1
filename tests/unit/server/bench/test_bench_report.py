"""Texts, recordings and what `bert-server bench` says."""

import asyncio
import json
import random
from itertools import islice, pairwise
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bert_server.bench.messages import BenchError, Target
from bert_server.bench.recording import Recording, Sample, is_failure, is_lost, is_refusal, percentile
from bert_server.bench.report import figures, table
from bert_server.bench.run import BenchOptions, BenchReport, run_bench
from bert_server.bench.texts import MASK, Lengths, masked_text_of, text_of, texts
from bert_server.bench.workload import Workload
from bert_server.cli.main import command_line
from tests.unit.server.bench.fakes import FakeServer, http_answer

RECORDING = Recording(
    2.0,
    [Sample(200, 0.5, 0.1), Sample(200, 1.0, 0.3), Sample(429, 1.1, 0.001), Sample(500, 1.2, 0.1), Sample(0, 1.3, 9)],
)


def test_a_text_has_the_tokens_it_was_asked_for() -> None:
    dice = random.Random(1)
    assert len(text_of(16, dice)) == 14
    masked = masked_text_of(16, dice)
    assert masked.count(MASK) == 1
    assert len(masked.replace(MASK, "口")) == 14


def test_lengths_stay_within_their_limits_and_favour_the_short() -> None:
    dice = random.Random(1)
    drawn = [Lengths(8, 128).draw(dice) for _ in range(4000)]
    assert min(drawn) == 8
    assert max(drawn) == 128
    assert 0.45 < sum(length <= 32 for length in drawn) / len(drawn) < 0.55  # 32 is halfway on the logarithm


def test_no_text_comes_twice_and_a_seed_gives_the_same_again() -> None:
    first, again, other = (list(islice(texts(Lengths(), seed), 500)) for seed in (1, 1, 2))
    assert first == again
    assert len({*first, *other}) == 1000


def test_each_workload_asks_its_endpoint() -> None:
    target = Target("localhost", 80)
    for workload in Workload:
        request = next(workload.requests(target, Lengths(), seed=1))
        assert request.startswith(f"POST {workload.path} HTTP/1.1".encode())
        assert (MASK.encode() in request) == (workload is Workload.FILL_MASK)


def test_every_status_is_counted_once() -> None:
    assert RECORDING.latencies_ms() == [100, 300]
    assert [RECORDING.count(kind) for kind in (is_refusal, is_failure, is_lost)] == [1, 1, 1]
    assert RECORDING.answers_per_second() == 1
    assert RECORDING.answers_per_second(within_seconds=0.2) == 0.5


def test_a_part_of_a_recording_knows_how_long_it_was() -> None:
    part = RECORDING.between(1.0, 1.2)
    assert part.counted_seconds == pytest.approx(0.2)
    assert [sample.status for sample in part.samples] == [200, 429]


def test_percentiles_are_values_that_occurred() -> None:
    values = [float(number) for number in range(1, 101)]
    assert [percentile(values, share) for share in (0.0, 0.5, 0.99, 0.999, 1.0)] == [1, 50, 99, 100, 100]
    assert percentile([7.0], 0.99) == 7
    assert all(percentile(values, a / 50) <= percentile(values, b / 50) for a, b in pairwise(range(51)))


def test_a_report_tells_refusals_from_failures() -> None:
    report = BenchReport(BenchOptions("localhost"), RECORDING, 0.25)
    found = figures(report)
    assert found["latency_ms.p50"] == 100
    assert found["refusal_ms.max"] == 1
    assert (found["answered"], found["refused"], found["failed"], found["lost"]) == (2, 1, 1, 1)


def test_a_report_of_nothing_but_refusals_has_no_latencies() -> None:
    report = BenchReport(BenchOptions("localhost", rate_per_second=9), Recording(1.0, [Sample(429, 0.1, 0.1)]), 0.1)
    assert not [name for name in figures(report) if name.startswith("latency")]
    assert "9 requests/s" in str(table(report).title)


@pytest.mark.parametrize("url", ["https://localhost", "ftp://x", "http://", "localhost:99999"])
def test_an_address_that_cannot_be_measured_is_refused_with_one_that_can(url: str) -> None:
    with pytest.raises(BenchError, match="http://localhost:8080"):
        Target.of_url(url)


@pytest.mark.parametrize(
    "options",
    [
        BenchOptions("localhost", lengths=Lengths(2, 8)),
        BenchOptions("localhost", lengths=Lengths(20, 8)),
        BenchOptions("localhost", clients=0),
        BenchOptions("localhost", rate_per_second=-1.0),
        BenchOptions("localhost", seconds=0),
    ],
)
def test_senseless_options_are_refused_before_anything_is_sent(options: BenchOptions) -> None:
    with pytest.raises(BenchError, match="at least"):
        run_bench(options)


@pytest.mark.parametrize("rate_per_second", [None, 500.0])
async def test_a_bench_counts_what_the_server_answered(rate_per_second: float | None) -> None:
    async with FakeServer(lambda *_: http_answer()) as server:
        options = BenchOptions(
            f"http://127.0.0.1:{server.target.port}", rate_per_second=rate_per_second, seconds=0.1, warm_up_seconds=0
        )
        report = await asyncio.to_thread(run_bench, options)
    found = figures(report)
    assert 0 < found["answered"] <= len(server.requests) - 1
    assert (found["refused"], found["failed"], found["lost"]) == (0, 0, 0)
    assert {path for path, _ in server.requests} == {"/fill-mask"}


async def test_the_figures_are_written_to_a_file_for_whoever_waits_for_them(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    async with FakeServer(lambda *_: http_answer()) as server:
        arguments = ["bench", f"http://127.0.0.1:{server.target.port}", "--rate", "100", "--seconds", "0.1"]
        arguments += ["--warm-up-seconds", "0", "--report", str(report)]
        result = await asyncio.to_thread(CliRunner().invoke, command_line(), arguments)
    assert result.exit_code == 0, result.output
    assert json.loads(report.read_text())["answered"] > 0


async def test_a_server_that_refuses_such_requests_is_quoted() -> None:
    async with FakeServer(lambda *_: http_answer(422, b'{"detail": "no such task"}')) as server:
        options = BenchOptions(f"http://127.0.0.1:{server.target.port}")
        with pytest.raises(BenchError, match="fill-mask with 422: no such task"):
            await asyncio.to_thread(run_bench, options)
    assert len(server.requests) == 1


def test_a_server_that_is_not_there_is_said_so() -> None:
    with pytest.raises(BenchError, match="nothing answers at http://127"):
        run_bench(BenchOptions("http://127.0.0.1:1"))
