"""Metrics that all carry the version, with quick access to the series of given labels."""

from collections.abc import Sequence
from typing import Generic, TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics

Metric = TypeVar("Metric", Counter, Gauge, Histogram)


class Series(Generic[Metric]):
    """One metric. Looking a child up in prometheus_client takes as long as counting, so it is done once for each."""

    def __init__(self, metric: Metric, version: str) -> None:
        self._metric: Metric = metric
        self._version = version
        self._children: dict[tuple[str, ...], Metric] = {}

    def of(self, *labels: str) -> Metric:
        """The series with these label values, in the order in which the metric names them; made if it is new."""
        child = self._children.get(labels)
        if child is None:
            child = self._children[labels] = self._metric.labels(*labels, self._version)
        return child

    def clear(self) -> None:
        self._metric.clear()
        self._children.clear()


class SeriesRegistry:
    """Makes metrics; `version` is the value of the label of that name."""

    def __init__(self, version: str) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        self._version = version

    def counter(self, name: str, text: str, *labels: str) -> Series[Counter]:
        return Series(Counter(name, text, [*labels, "version"], registry=self.registry), self._version)

    def gauge(self, name: str, text: str, *labels: str) -> Series[Gauge]:
        return Series(Gauge(name, text, [*labels, "version"], registry=self.registry), self._version)

    def histogram(self, name: str, text: str, buckets: Sequence[float], *labels: str) -> Series[Histogram]:
        metric = Histogram(name, text, [*labels, "version"], buckets=buckets, registry=self.registry)
        return Series(metric, self._version)
