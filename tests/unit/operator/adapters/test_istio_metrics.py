"""From Istio's series to readings."""

from bertrelease_operator.adapters.istio_metrics import istio_readings
from bertrelease_operator.adapters.metrics_text import Sample
from bertrelease_operator.core.evidence.readings import RequestCounters

WORKLOADS = {"bert-v1-0-0": "v1.0.0", "bert-v1-1-0": "v1.1.0"}


def series(name: str, value: float, workload: str, reporter: str = "destination", **labels: str) -> Sample:
    common = {"destination_workload": workload, "reporter": reporter, "pod": f"{reporter}-pod"}
    return Sample(name, {**common, **labels}, value)


def requests(value: float, workload: str, reporter: str = "destination", code: str = "200", **labels: str) -> Sample:
    return series("istio_requests_total", value, workload, reporter, response_code=code, **labels)


def test_each_proxys_requests_errors_and_latencies_are_one_reading() -> None:
    found = istio_readings(
        [
            requests(90, "bert-v1-1-0"),
            requests(10, "bert-v1-1-0", code="503"),
            series("istio_request_duration_milliseconds_bucket", 60, "bert-v1-1-0", le="50"),
            series("istio_request_duration_milliseconds_bucket", 99, "bert-v1-1-0", le="100"),
            series("istio_request_duration_milliseconds_bucket", 100, "bert-v1-1-0", le="+Inf"),
            series("istio_request_duration_milliseconds_count", 100, "bert-v1-1-0"),
        ],
        WORKLOADS,
    )
    assert [(one.version, one.counters) for one in found] == [
        ("v1.1.0", RequestCounters(100, 10, (50.0, 100.0), (60, 99), 100))
    ]


def test_the_servers_own_proxies_are_believed_before_the_callers() -> None:
    found = istio_readings([requests(10, "bert-v1-1-0"), requests(12, "bert-v1-1-0", "source")], WORKLOADS)
    assert [one.counters.requests for one in found if one.counters] == [10]


def test_versions_are_compared_by_the_same_kind_of_reporter() -> None:
    found = istio_readings(
        [
            requests(10, "bert-v1-1-0"),
            requests(12, "bert-v1-1-0", "source"),
            requests(13, "bert-v1-0-0", "source"),
        ],
        WORKLOADS,
    )
    assert {(one.version, one.counters.requests) for one in found if one.counters} == {("v1.1.0", 12), ("v1.0.0", 13)}


def test_proxies_are_kept_apart_because_each_starts_counting_anew_by_itself() -> None:
    found = istio_readings([requests(1, "bert-v1-1-0", pod="a"), requests(2, "bert-v1-1-0", pod="b")], WORKLOADS)
    assert len({one.pod for one in found}) == 2


def test_other_workloads_are_none_of_ours() -> None:
    assert istio_readings([requests(1, "somebody-else")], WORKLOADS) == []
