"""The queries' text, and what answers are."""

import pytest

from bertrelease_operator.adapters import promql
from bertrelease_operator.adapters.metrics_text import Sample
from bertrelease_operator.adapters.promql import PrometheusAnswerError
from bertrelease_operator.adapters.source import Question
from bertrelease_operator.api.health import Health


def test_a_servers_query_names_the_pods_and_the_metrics() -> None:
    query = promql.server_query("prod", ["bert-b", "bert-a"], requests=True)
    assert 'namespace="prod"' in query
    assert 'pod=~"bert-a|bert-b"' in query
    assert "bert_requests_total" in query


def test_requests_can_be_left_to_istio() -> None:
    query = promql.server_query("prod", ["bert-a"], requests=False)
    assert "bert_requests_total" not in query
    assert "bert_model_loaded" in query


def test_istios_query_names_the_workloads() -> None:
    query = promql.istio_query("prod", ["bert-v1-1-0", "bert-v1-0-0"])
    assert 'destination_workload=~"bert-v1-0-0|bert-v1-1-0"' in query
    assert 'destination_workload_namespace="prod"' in query


def test_names_cannot_break_out_of_a_query() -> None:
    assert r'namespace="a\"b"' in promql.server_query('a"b', ["p"], requests=True)
    assert r'pod=~"a\\.b"' in promql.server_query("a", ["a.b"], requests=True)


def test_a_custom_query_gets_its_words_filled_in() -> None:
    question = Question("prod", "bert", "v1.1.0", "v1.0.0", (), Health())
    filled = promql.custom_query('up{ns="$namespace",r="$release",v="$version",s="$stable",x="$other"}', question)
    assert filled == 'up{ns="prod",r="bert",v="v1.1.0",s="v1.0.0",x="$other"}'


def test_without_a_stable_version_its_word_is_empty() -> None:
    assert promql.custom_query("$stable.", Question("prod", "bert", "v1.0.0", None, (), Health())) == "."


def test_vectors_and_scalars_are_read() -> None:
    series = {"metric": {"__name__": "up", "pod": "a"}, "value": [1.5, "2"]}
    answer = {"status": "success", "data": {"resultType": "vector", "result": [series]}}
    assert list(promql.vector(answer)) == [Sample("up", {"__name__": "up", "pod": "a"}, 2.0)]
    scalar = {"status": "success", "data": {"resultType": "scalar", "result": [1.5, "3"]}}
    assert list(promql.vector(scalar)) == [Sample("", {}, 3.0)]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"status": "error", "error": "bad query"}, "bad query"),
        ({"status": "success", "data": {"resultType": "matrix", "result": []}}, "matrix"),
        ({"anything": 1}, "not an answer"),
        (None, "not an answer"),
    ],
)
def test_other_answers_are_errors_that_say_what_came(answer: object, said: str) -> None:
    with pytest.raises(PrometheusAnswerError, match=said):
        list(promql.vector(answer))


def test_a_pod_with_two_scrape_jobs_is_counted_once_by_the_newer_figure() -> None:
    first = Sample("up", {"pod": "a", "job": "x", "instance": "1"}, 5.0)
    second = Sample("up", {"pod": "a", "job": "y", "instance": "2"}, 7.0)
    other = Sample("up", {"pod": "b", "job": "x", "instance": "3"}, 1.0)
    assert promql.without_duplicates([first, second, other]) == [second, other]
