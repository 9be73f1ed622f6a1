import re
import sys
from types import SimpleNamespace

import pytest
from prometheus_client import generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from bert_server.calls import Call, Stage
from bert_server.inference.contract import BatchRecord, RefusalReason
from bert_server.telemetry import process
from bert_server.telemetry.metrics import Metrics

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"


@pytest.fixture
def metrics() -> Metrics:
    return Metrics("v1")


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(name, {"version": "v1", **labels})


def names(metrics: Metrics) -> set[str]:
    return set(re.findall(r"^(\w+)", generate_latest(metrics.registry).decode(), re.MULTILINE))


def test_the_names_and_labels_that_the_operator_reads_are_there_from_the_start(metrics: Metrics) -> None:
    metrics.announce_endpoint("/fill-mask")
    metrics.model_loaded("sha256:a", 2.5)
    lines = generate_latest(metrics.registry).decode().splitlines()
    series = {line.rpartition(" ")[0] for line in lines if not line.startswith("#")}
    assert series >= {
        'bert_requests_total{endpoint="/fill-mask",status="200",version="v1"}',
        'bert_request_duration_seconds_bucket{endpoint="/fill-mask",le="0.1",version="v1"}',
        'bert_request_duration_seconds_count{endpoint="/fill-mask",version="v1"}',
        'bert_request_duration_seconds_sum{endpoint="/fill-mask",version="v1"}',
        'bert_requests_in_flight{version="v1"}',
        'bert_model_loaded{fingerprint="sha256:a",version="v1"}',
        'bert_model_load_duration_seconds{version="v1"}',
        'bert_model_load_failures_total{version="v1"}',
        'process_cpu_seconds_total{version="v1"}',
        'process_resident_memory_bytes{version="v1"}',
        'process_start_time_seconds{version="v1"}',
    }
    assert all('version="v1"' in labels for labels in series)


def test_a_batch_is_described_by_its_size_its_padding_and_how_well_its_cost_was_foreseen(metrics: Metrics) -> None:
    metrics.batch_done(BatchRecord("toy", 3, 60, 80, infer_seconds=0.03, predicted_seconds=0.02))
    metrics.batch_done(BatchRecord("toy", 1, 0, 0, infer_seconds=0.03, predicted_seconds=0.0))
    assert value(metrics, "bert_batch_jobs_sum", model="toy") == 4
    assert value(metrics, "bert_batch_tokens_sum", model="toy") == 80
    assert value(metrics, "bert_batch_padding_ratio_sum", model="toy") == 0.25
    assert value(metrics, "bert_cost_ratio_sum", model="toy") == pytest.approx(1.5)
    assert value(metrics, "bert_cost_ratio_count", model="toy") == 1  # nothing was foreseen of the other one


def test_refusals_waiting_and_the_cache_are_counted(metrics: Metrics) -> None:
    metrics.refused(RefusalReason.DEADLINE)
    metrics.job_waited(0.5)
    metrics.cache_hit(3)
    metrics.cache_miss(2)
    assert value(metrics, "bert_refusals_total", reason="deadline") == 1
    assert value(metrics, "bert_refusals_total", reason="queue-full") == 0
    assert value(metrics, "bert_job_wait_seconds_sum") == 0.5
    assert value(metrics, "bert_cache_requests_total", result="hit") == 3
    assert value(metrics, "bert_cache_requests_total", result="miss") == 2


def test_what_is_watched_is_asked_at_each_scrape(metrics: Metrics) -> None:
    waiting = [1]
    metrics.watch_queue(lambda: len(waiting))
    metrics.watch_cache(lambda: 4096)
    assert value(metrics, "bert_queue_jobs") == 1
    waiting.append(2)
    assert value(metrics, "bert_queue_jobs") == 2
    assert value(metrics, "bert_cache_bytes") == 4096
    assert value(metrics, "bert_shared_cache_up") is None
    metrics.watch_shared_cache(lambda: False)
    assert value(metrics, "bert_shared_cache_up") == 0


def test_only_the_last_loaded_model_counts_as_loaded(metrics: Metrics) -> None:
    assert value(metrics, "bert_model_loaded", fingerprint="") == 0
    metrics.model_failed(1.0)
    assert value(metrics, "bert_model_load_failures_total") == 1
    metrics.model_loaded("sha256:a", 2.0)
    metrics.model_loaded("sha256:b", 3.0)
    assert value(metrics, "bert_model_loaded", fingerprint="sha256:a") is None
    assert value(metrics, "bert_model_loaded", fingerprint="sha256:b") == 1
    assert value(metrics, "bert_model_load_duration_seconds") == 3


def test_the_engine_says_what_it_is(metrics: Metrics) -> None:
    metrics.engine_chosen("toy", {"name": "openvino", "precision": "int8", "threads": 2})
    labels = {"model": "toy", "engine": "openvino", "precision": "int8", "device": ""}
    assert value(metrics, "bert_engine_info", **labels) == 1


def test_a_recorded_trace_is_the_exemplar_of_its_request_in_openmetrics(metrics: Metrics) -> None:
    call = Call("id", 0.0, 1.0, trace_id=TRACE_ID, sampled=True)
    call.stage_seconds[Stage.INFER] = 0.02
    metrics.request_done("/fill-mask", 200, 0.03, call)
    metrics.request_done("/fill-mask", 200, 0.3, Call("id", 0.0, 1.0, trace_id=TRACE_ID, sampled=False))
    text = generate_openmetrics(metrics.registry).decode()  # type: ignore[no-untyped-call]
    exemplars = {
        (sample.name, sample.labels["le"]): sample.exemplar.labels
        for family in text_string_to_metric_families(text)  # type: ignore[no-untyped-call]
        for sample in family.samples
        if sample.exemplar is not None
    }
    assert exemplars == {
        ("bert_request_duration_seconds_bucket", "0.03"): {"trace_id": TRACE_ID},
        ("bert_stage_duration_seconds_bucket", "0.02"): {"trace_id": TRACE_ID},
    }
    assert TRACE_ID not in generate_latest(metrics.registry).decode()


def test_a_stage_that_a_request_did_not_go_through_is_not_counted(metrics: Metrics) -> None:
    call = Call("id", 0.0, 1.0)
    call.stage_seconds = {Stage.TOKENIZE: 0.001, Stage.QUEUE: 0.0, Stage.INFER: 0.0}
    metrics.request_done("/fill-mask", 200, 0.002, call)
    counts = [value(metrics, "bert_stage_duration_seconds_count", stage=stage) for stage in Stage]
    assert counts == [1, 0, 0, 0]


def test_the_process_figures_are_plausible() -> None:
    assert process.cpu_seconds() > 0
    assert 10 * 2**20 < process.resident_bytes() < 100 * 2**30
    assert process.age_seconds() > 0


class FakeCuda:
    """Two devices, as torch tells of them."""

    def __init__(self, *, initialized: bool = True, measures_use: bool = True) -> None:
        self.is_initialized = lambda: initialized
        self._measures_use = measures_use

    def device_count(self) -> int:
        return 2

    def mem_get_info(self, device: int) -> tuple[int, int]:
        return 100 * (device + 1), 1000

    def utilization(self, device: int) -> int:
        if not self._measures_use:
            raise ModuleNotFoundError("pynvml")
        return 25 * (device + 1)


def test_gpus_that_torch_computes_with_are_described(metrics: Metrics, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=FakeCuda()))
    assert value(metrics, "bert_gpu_memory_used_bytes", device="1") == 800
    assert value(metrics, "bert_gpu_memory_total_bytes", device="0") == 1000
    assert value(metrics, "bert_gpu_utilization_ratio", device="1") == 0.5


def test_what_cannot_be_measured_of_a_gpu_is_absent(metrics: Metrics, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=FakeCuda(measures_use=False)))
    assert "bert_gpu_memory_used_bytes" in names(metrics)
    assert "bert_gpu_utilization_ratio" not in names(metrics)


def test_a_gpu_that_this_process_does_not_use_is_not_touched(metrics: Metrics, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=FakeCuda(initialized=False)))
    assert not any(name.startswith("bert_gpu") for name in names(metrics))
    monkeypatch.delitem(sys.modules, "torch")
    assert not any(name.startswith("bert_gpu") for name in names(metrics))
    assert "torch" not in sys.modules
