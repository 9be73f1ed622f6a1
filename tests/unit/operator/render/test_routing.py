"""The route of a release, read back what was written and what others made of it."""

import copy
import json
from typing import Any

import pytest

from bertrelease_operator.api.names import ANNOTATION_ROUTE
from bertrelease_operator.api.network import Network
from bertrelease_operator.core.observation import RouteNote
from bertrelease_operator.render.metadata import KubeObject
from bertrelease_operator.render.routing import parse_route, render_destination_rule, render_route
from tests.unit.operator.render.samples import LABELS, RELEASE, REVISION, record

NOTE = RouteNote(1_700_000_000.25, "Rejected", "10 % 的请求失败", rejected="v1.2.0", attempt=2, record_uid="uid-1")
NETWORK = Network(port=8000, hosts=["bert.example.org"], gateways=["istio-system/public"])


def _route(weights: dict[str, int], network: Network = NETWORK) -> KubeObject:
    return render_route(RELEASE, weights, NOTE, network)


def _only_rule(route: KubeObject) -> dict[str, Any]:
    (rule,) = route["spec"]["http"]
    return rule  # type: ignore[no-any-return]


def test_each_version_gets_its_weight_under_its_full_name_and_port() -> None:
    assert _only_rule(_route({"v1.1.0": 90, "v1.2.0-3f2a9c1": 10}))["route"] == [
        {
            "destination": {"host": "fill-mask-v1-1-0.nlp.svc.cluster.local", "port": {"number": 8000}},
            "weight": 90,
        },
        {
            "destination": {"host": "fill-mask-v1-2-0-3f2a9c1.nlp.svc.cluster.local", "port": {"number": 8000}},
            "weight": 10,
        },
    ]


def test_equal_weights_give_an_equal_route_in_whatever_order_they_come() -> None:
    assert _route({"v1.1.0": 90, "v1.2.0": 10}) == _route({"v1.2.0": 10, "v1.1.0": 90, "v1.0.0": 0})


def test_the_route_holds_for_the_release_s_own_name_and_further_hosts_for_sidecars_and_gateways() -> None:
    spec = _route({"v1.1.0": 100})["spec"]
    assert spec["hosts"] == ["fill-mask.nlp.svc.cluster.local", "bert.example.org"]
    assert spec["gateways"] == ["mesh", "istio-system/public"]


def test_hosts_that_are_the_releases_own_name_are_not_stated_twice() -> None:
    hosts = Network(hosts=["fill-mask", "fill-mask.nlp.svc.cluster.local", "bert.example.org"])
    assert _route({"v1.1.0": 100}, hosts)["spec"]["hosts"] == ["fill-mask.nlp.svc.cluster.local", "bert.example.org"]


def test_only_requests_that_no_server_has_seen_are_sent_again() -> None:
    retries = _only_rule(_route({"v1.1.0": 100}))["retries"]
    assert retries["attempts"] > 0
    assert set(retries["retryOn"].split(",")) == {"connect-failure", "refused-stream", "reset-before-request"}


def test_the_route_belongs_to_the_release() -> None:
    metadata = _route({"v1.1.0": 100})["metadata"]
    assert (metadata["name"], metadata["namespace"], metadata["labels"]) == ("fill-mask", "nlp", LABELS)


def test_the_reason_of_the_change_is_written_with_the_weights_and_legible() -> None:
    annotation = _route({"v1.1.0": 100})["metadata"]["annotations"][ANNOTATION_ROUTE]
    assert json.loads(annotation) == {
        "changedAt": "2023-11-14T22:13:20.250000Z",
        "reason": "Rejected",
        "message": "10 % 的请求失败",
        "rejected": "v1.2.0",
        "attempt": 2,
        "recordUid": "uid-1",
    }
    assert "的请求失败" in annotation


def test_what_was_written_is_read_back() -> None:
    stored = _route({"v1.1.0": 90, "v1.2.0-3f2a9c1": 10})
    stored["metadata"]["resourceVersion"] = "42"
    view = parse_route(stored)
    assert view.weights == {"v1.1.0": 90, "v1.2.0-3f2a9c1": 10}
    assert view.note == NOTE
    assert view.resource_version == "42"


@pytest.mark.parametrize(
    "annotation",
    [
        "",
        "{",
        "null",
        "[]",
        "{}",
        '{"changedAt": 5}',
        '{"changedAt": "yesterday"}',
        '{"changedAt": "2023-11-14T22:13:20"}',
        '{"changedAt": "2023-11-14T22:13:20Z", "attempt": -1}',
        '{"changedAt": "2023-11-14T22:13:20Z", "attempt": true}',
        '{"changedAt": "2023-11-14T22:13:20Z", "rejected": ["v1.2.0"]}',
        "\ud800",
    ],
)
def test_a_reason_that_cannot_be_read_is_none_and_the_weights_still_count(annotation: str) -> None:
    stored = _route({"v1.1.0": 100})
    stored["metadata"]["annotations"][ANNOTATION_ROUTE] = annotation
    view = parse_route(stored)
    assert view.note is None
    assert view.weights == {"v1.1.0": 100}


def test_a_reason_that_a_later_operator_wrote_still_tells_what_was_rejected() -> None:
    stored = _route({"v1.1.0": 100})
    annotation = json.loads(stored["metadata"]["annotations"][ANNOTATION_ROUTE])
    stored["metadata"]["annotations"][ANNOTATION_ROUTE] = json.dumps({**annotation, "approvedBy": "someone"})
    assert parse_route(stored).note == NOTE


@pytest.mark.parametrize(
    "spec",
    [
        None,
        {},
        {"http": None},
        {"http": []},
        {"http": [{}]},
        {"http": [{"route": None}]},
        {"http": [{"redirect": {"uri": "/"}}]},
        {"http": [{"route": [{}]}]},
        {"http": [{"route": [{"destination": {"host": "other.nlp.svc.cluster.local"}}]}]},
    ],
)
def test_a_route_that_leads_to_no_version_has_no_weights(spec: Any) -> None:
    stored = _route({"v1.1.0": 100})
    stored["spec"] = spec
    assert parse_route(stored).weights == {}


@pytest.mark.parametrize(
    "host",
    [
        "fill-mask.nlp.svc.cluster.local",
        "fill-mask-v1-1-0",
        "fill-mask-v1-1-0.other.svc.cluster.local",
        "fill-mask-v1-1.nlp.svc.cluster.local",
        "fill-mask-v1-1-0-canary.nlp.svc.cluster.local",
        "fill-mask-v1-1-0-3f2a9c1-3f2a9c1.nlp.svc.cluster.local",
        "v1-1-0.nlp.svc.cluster.local",
        "other-v1-1-0.nlp.svc.cluster.local",
    ],
)
def test_a_share_for_something_else_is_left_out(host: str) -> None:
    stored = _route({"v1.1.0": 90, "v1.2.0": 10})
    _only_rule(stored)["route"][1]["destination"]["host"] = host
    assert parse_route(stored).weights == {"v1.1.0": 90}


def test_a_lone_destination_gets_everything_and_one_of_several_nothing_without_a_weight() -> None:
    lone = _route({"v1.1.0": 100})
    del _only_rule(lone)["route"][0]["weight"]
    assert parse_route(lone).weights == {"v1.1.0": 100}

    several = _route({"v1.1.0": 90, "v1.2.0": 10})
    del _only_rule(several)["route"][1]["weight"]
    assert parse_route(several).weights == {"v1.1.0": 90, "v1.2.0": 0}


def test_destinations_of_one_version_are_added_up() -> None:
    stored = _route({"v1.1.0": 60, "v1.2.0": 40})
    destinations = _only_rule(stored)["route"]
    destinations[1] = {**copy.deepcopy(destinations[0]), "weight": 40}
    assert parse_route(stored).weights == {"v1.1.0": 100}


def test_proxies_leave_out_unreachable_pods_but_never_all_and_never_for_a_versions_own_errors() -> None:
    rule = render_destination_rule(record(), REVISION, Network())["spec"]
    assert rule["host"] == "fill-mask-v1-2-0-3f2a9c1.nlp.svc.cluster.local"
    outliers = rule["trafficPolicy"]["outlierDetection"]
    assert outliers["consecutiveGatewayErrors"] > 0
    assert outliers["consecutive5xxErrors"] == 0
    assert outliers["maxEjectionPercent"] == 50


def test_the_proxies_close_idle_connections_before_the_server_does() -> None:
    from bert_server.settings import Settings

    pool = render_destination_rule(record(), REVISION, Network())["spec"]["trafficPolicy"]["connectionPool"]
    assert float(pool["http"]["idleTimeout"].removesuffix("s")) < Settings.model_fields["keep_alive_seconds"].default
