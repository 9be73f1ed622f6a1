"""From Istio's request metrics to readings. Pure."""

from collections.abc import Iterable
from typing import Final

from bertrelease_operator.adapters.metrics_text import Sample
from bertrelease_operator.adapters.promql import ISTIO_LATENCY_BUCKET, ISTIO_LATENCY_COUNT, ISTIO_REQUESTS
from bertrelease_operator.adapters.server_metrics import CounterSums
from bertrelease_operator.core.evidence.readings import PodReading

# The server's sidecar sees every request, whoever sent it; without one, the callers' proxies are asked.
_REPORTERS: Final = ("destination", "source")


def istio_readings(samples: Iterable[Sample], version_by_workload: dict[str, str]) -> list[PodReading]:
    """One reading per reporting proxy and version, because each proxy's counters begin anew by themselves.

    All versions are read from the same kind of reporter: figures of different kinds are not comparable.
    """
    known = [sample for sample in samples if sample.labels.get("destination_workload") in version_by_workload]
    reporter = _common_reporter(known)
    sums: dict[tuple[str, str], CounterSums] = {}
    for sample in known:
        if sample.labels.get("reporter") != reporter:
            continue
        proxy = sample.labels.get("pod") or sample.labels.get("instance", "")
        key = (sample.labels["destination_workload"], proxy)
        _count(sums.setdefault(key, CounterSums()), sample)
    return [
        PodReading(
            pod=f"istio/{reporter}/{workload}/{proxy}",
            version=version_by_workload[workload],
            counters=gathered.counters(),
        )
        for (workload, proxy), gathered in sums.items()
    ]


def _count(sums: CounterSums, sample: Sample) -> None:
    if sample.name == ISTIO_REQUESTS:
        sums.count_requests(sample.labels.get("response_code", ""), sample.value)
    elif sample.name == ISTIO_LATENCY_BUCKET:
        sums.count_bucket(sample.labels.get("le", ""), sample.value, ms_per_unit=1)
    elif sample.name == ISTIO_LATENCY_COUNT:
        sums.latency_total += int(sample.value)


def _common_reporter(samples: list[Sample]) -> str:
    """The first reporter that has figures of every workload that has any."""
    workloads = {sample.labels["destination_workload"] for sample in samples}
    for reporter in _REPORTERS:
        reported = {s.labels["destination_workload"] for s in samples if s.labels.get("reporter") == reporter}
        if reported == workloads:
            return reporter
    return _REPORTERS[-1]
