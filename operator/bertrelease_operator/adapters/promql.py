"""The text of the Prometheus queries, and the reading of their answers. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from bertrelease_operator.adapters.metrics_text import Sample
from bertrelease_operator.adapters.server_metrics import POD_STATE_METRICS, SERVER_METRICS
from bertrelease_operator.adapters.source import Question
from bertrelease_operator.core.clipping import one_line
from bertrelease_operator.core.queries import filled_query

ISTIO_REQUESTS: Final = "istio_requests_total"
ISTIO_LATENCY_BUCKET: Final = "istio_request_duration_milliseconds_bucket"
ISTIO_LATENCY_COUNT: Final = "istio_request_duration_milliseconds_count"
ISTIO_METRICS: Final = frozenset({ISTIO_REQUESTS, ISTIO_LATENCY_BUCKET, ISTIO_LATENCY_COUNT})


class PrometheusAnswerError(ValueError):
    """Prometheus answered something that is no result of an instant query."""


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _any_of(values: Iterable[str]) -> str:
    """A label matcher's right side that matches exactly these values."""
    return _quoted("|".join(re.escape(value).replace(r"\-", "-") for value in sorted(values)))


def server_query(namespace: str, pods: Iterable[str], *, requests: bool) -> str:
    """The server's own series of `pods`; without those about requests if `requests` is false."""
    names = SERVER_METRICS if requests else POD_STATE_METRICS
    return f"{{__name__=~{_any_of(names)},namespace={_quoted(namespace)},pod=~{_any_of(pods)}}}"


def freshness_query(namespace: str, pods: Iterable[str]) -> str:
    """Per pod, the seconds since the epoch at which its newest sample was taken."""
    selector = f"process_start_time_seconds{{namespace={_quoted(namespace)},pod=~{_any_of(pods)}}}"
    return f"max by (pod) (timestamp({selector}))"


def istio_query(namespace: str, workloads: Iterable[str]) -> str:
    """Istio's standard request series (istio.io/latest/docs/reference/config/metrics) towards `workloads`."""
    return (
        f"{{__name__=~{_any_of(ISTIO_METRICS)},destination_workload_namespace={_quoted(namespace)},"
        f"destination_workload=~{_any_of(workloads)}}}"
    )


def istio_freshness_query(namespace: str, workloads: Iterable[str]) -> str:
    """Per workload, the seconds since the epoch at which its newest sample was taken."""
    selector = (
        f"{ISTIO_REQUESTS}{{destination_workload_namespace={_quoted(namespace)},"
        f"destination_workload=~{_any_of(workloads)}}}"
    )
    return f"max by (destination_workload) (timestamp({selector}))"


def custom_query(template: str, question: Question) -> str:
    """`template` with $namespace, $release, $version and $stable filled in; $stable is empty if there is none."""
    values = {
        "namespace": question.namespace,
        "release": question.release,
        "version": question.subject,
        "stable": question.baseline or "",
    }
    return filled_query(template, values)


def vector(answer: Any) -> Iterator[Sample]:
    """The samples of an instant query's answer; a scalar is one sample without labels.

    Raises PrometheusAnswerError.
    """
    try:
        if answer["status"] != "success":
            raise PrometheusAnswerError(f"Prometheus refused the query: {answer.get('error', 'no reason given')}")
        data = answer["data"]
        if data["resultType"] == "scalar":
            yield Sample("", {}, float(data["result"][1]))
        elif data["resultType"] == "vector":
            for series in data["result"]:
                labels: Mapping[str, str] = series["metric"]
                yield Sample(labels.get("__name__", ""), dict(labels), float(series["value"][1]))
        else:
            raise PrometheusAnswerError(f"the query gives a {data['resultType']}, not one number per series")
    except (KeyError, TypeError, IndexError) as error:
        raise PrometheusAnswerError(f"not an answer of Prometheus' query API: {one_line(str(answer), 200)}") from error


def without_duplicates(samples: Iterable[Sample]) -> list[Sample]:
    """One sample per series, when two scrape jobs have the same pod: they differ in job and instance only."""
    newest: dict[tuple[object, ...], Sample] = {}
    for sample in samples:
        labels = {name: value for name, value in sample.labels.items() if name not in {"job", "instance"}}
        key = (sample.name, tuple(sorted(labels.items())))
        known = newest.get(key)
        if known is None or sample.value > known.value:
            newest[key] = sample
    return list(newest.values())
