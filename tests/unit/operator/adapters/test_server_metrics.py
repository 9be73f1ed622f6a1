"""From the server's series to a reading."""

from bertrelease_operator.adapters.metrics_text import samples
from bertrelease_operator.adapters.server_metrics import SERVER_METRICS, server_reading
from bertrelease_operator.adapters.source import PodTarget
from bertrelease_operator.core.evidence.readings import PodReading, RequestCounters

TARGET = PodTarget("uid-1", "bert-1", "10.0.0.1", "v1.0.0", ready=True, cpu_limit_cores=2.0, memory_limit_bytes=1024.0)
PAGE = """
bert_requests_total{endpoint="/fill-mask",status="200",version="v1.0.0"} 90.0
bert_requests_total{endpoint="/fill-mask",status="422",version="v1.0.0"} 5.0
bert_requests_total{endpoint="/fill-mask",status="500",version="v1.0.0"} 3.0
bert_requests_total{endpoint="/other",status="503",version="v1.0.0"} 2.0
bert_request_duration_seconds_bucket{endpoint="/fill-mask",le="0.0015",version="v1.0.0"} 40.0
bert_request_duration_seconds_bucket{endpoint="/other",le="0.0015",version="v1.0.0"} 1.0
bert_request_duration_seconds_bucket{endpoint="/fill-mask",le="0.1",version="v1.0.0"} 80.0
bert_request_duration_seconds_bucket{endpoint="/other",le="0.1",version="v1.0.0"} 2.0
bert_request_duration_seconds_bucket{endpoint="/fill-mask",le="+Inf",version="v1.0.0"} 98.0
bert_request_duration_seconds_bucket{endpoint="/other",le="+Inf",version="v1.0.0"} 2.0
bert_request_duration_seconds_count{endpoint="/fill-mask",version="v1.0.0"} 98.0
bert_request_duration_seconds_count{endpoint="/other",version="v1.0.0"} 2.0
bert_model_loaded{version="v1.0.0",fingerprint="sha256:ab"} 1.0
bert_model_load_failures_total{version="v1.0.0"} 0.0
process_cpu_seconds_total{version="v1.0.0"} 12.5
process_resident_memory_bytes{version="v1.0.0"} 512.0
process_start_time_seconds{version="v1.0.0"} 1700000000.25
"""


def reading_of(page: str) -> PodReading:
    return server_reading(TARGET, samples(page, SERVER_METRICS))


def test_requests_are_summed_over_endpoints_and_only_5xx_are_errors() -> None:
    assert reading_of(PAGE).counters == RequestCounters(100, 5, (1.5, 100.0), (41, 82), 100)


def test_the_pod_its_state_and_its_limits_are_told() -> None:
    reading = reading_of(PAGE)
    assert (reading.pod, reading.version, reading.started_at) == ("uid-1", "v1.0.0", 1_700_000_000.25)
    assert (reading.model_loaded, reading.model_load_failures, reading.fingerprint) == (True, 0, "sha256:ab")
    assert (reading.cpu_seconds, reading.memory_bytes) == (12.5, 512.0)
    assert (reading.cpu_limit_cores, reading.memory_limit_bytes) == (2.0, 1024.0)


def test_a_server_without_requests_has_counted_zero() -> None:
    assert reading_of("bert_model_loaded 0\n").counters == RequestCounters(0, 0, (), (), 0)


def test_a_server_that_does_not_say_since_when_it_runs_may_be_another_one_at_every_look() -> None:
    assert reading_of("bert_model_loaded 1\n").started_at is None


def test_a_failed_load_is_told_by_its_own_metric() -> None:
    reading = reading_of("bert_model_loaded 0\nbert_model_load_failures_total 2\n")
    assert (reading.model_loaded, reading.model_load_failures, reading.fingerprint) == (False, 2, None)
