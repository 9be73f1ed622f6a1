"""The route of a release as an HTTPRoute of the Kubernetes Gateway API."""

import copy
from typing import Any

import pytest

from bertrelease_operator.adapters.resources import CHILDREN_SELECTOR, resource_of
from bertrelease_operator.api.names import ANNOTATION_ROUTE
from bertrelease_operator.api.network import Network
from bertrelease_operator.api.strategies import RequestMatch
from bertrelease_operator.core.observation import RouteNote
from bertrelease_operator.core.steering import Matching, Mirroring, Steering
from bertrelease_operator.render.drift import differs
from bertrelease_operator.render.http_route import parse_http_route, render_http_route
from bertrelease_operator.render.metadata import KubeObject
from tests.unit.operator.render.samples import RELEASE

WEIGHTS = {"v1.2.0-3f2a9c1": 10, "v1.1.0": 90}
ANY_PATH = {"path": {"type": "PathPrefix", "value": "/"}}
STABLE = {"group": "", "kind": "Service", "name": "fill-mask-v1-1-0", "port": 80}
CANDIDATE = {"group": "", "kind": "Service", "name": "fill-mask-v1-2-0-3f2a9c1", "port": 80}


def rendered(steering: Steering | None = None, weights: dict[str, int] | None = None, **network: Any) -> KubeObject:
    note = RouteNote(1_700_000_000.0, "Step", "第一步", steering=steering or Steering())
    return render_http_route(RELEASE, weights or WEIGHTS, note, Network.model_validate(network))


def test_the_weights_are_of_the_services_of_the_versions_in_one_rule() -> None:
    assert rendered()["spec"]["rules"] == [
        {"matches": [ANY_PATH], "backendRefs": [{**STABLE, "weight": 90}, {**CANDIDATE, "weight": 10}]}
    ]


def test_a_version_with_nothing_is_not_named() -> None:
    (rule,) = rendered(weights={"v1.1.0": 100, "v1.2.0": 0})["spec"]["rules"]
    assert rule["backendRefs"] == [{**STABLE, "weight": 100}]


def test_sidecars_and_gateways_are_its_parents() -> None:
    spec = rendered(hosts=["bert.example.org"], gateways=["istio-system/public"])["spec"]
    assert spec["parentRefs"] == [
        {"group": "", "kind": "Service", "name": "fill-mask"},
        {"group": "gateway.networking.k8s.io", "kind": "Gateway", "namespace": "istio-system", "name": "public"},
    ]
    assert spec["hostnames"] == ["fill-mask.nlp.svc.cluster.local", "bert.example.org"]


def test_a_gateway_serves_no_other_host_than_those_named() -> None:
    assert rendered(gateways=["istio-system/public"])["spec"]["hostnames"] == ["fill-mask.nlp.svc.cluster.local"]


def test_it_belongs_to_the_release_and_is_found_by_its_labels() -> None:
    route = rendered()
    assert (route["apiVersion"], route["kind"]) == ("gateway.networking.k8s.io/v1", "HTTPRoute")
    assert resource_of(route).path("nlp", "fill-mask").endswith("/namespaces/nlp/httproutes/fill-mask")
    name, _, value = CHILDREN_SELECTOR.partition("=")
    assert route["metadata"]["labels"][name] == value
    assert [owner["uid"] for owner in route["metadata"]["ownerReferences"]] == [RELEASE.uid]


def test_copies_go_to_the_candidate_beside_the_answers_of_the_stable_version() -> None:
    steering = Steering(mirroring=Mirroring(version="v1.2.0-3f2a9c1", percent=30))
    (rule,) = rendered(steering, {"v1.1.0": 100})["spec"]["rules"]
    assert rule["backendRefs"] == [{**STABLE, "weight": 100}]
    assert rule["filters"] == [
        {"type": "RequestMirror", "requestMirror": {"backendRef": CANDIDATE, "percent": 30}},
    ]


def test_requests_that_match_go_to_the_candidate() -> None:
    rules = (RequestMatch(headers={"x-team": "nlp", "x-tester": "yes"}), RequestMatch(headers={"x-beta": "1"}))
    steering = Steering(matching=Matching(version="v1.2.0-3f2a9c1", rules=rules))
    matching, everybody = rendered(steering, {"v1.1.0": 100})["spec"]["rules"]
    assert matching["backendRefs"] == [{**CANDIDATE, "weight": 100}]
    assert matching["matches"] == [
        {
            **ANY_PATH,
            "headers": [
                {"type": "Exact", "name": "x-team", "value": "nlp"},
                {"type": "Exact", "name": "x-tester", "value": "yes"},
            ],
        },
        {**ANY_PATH, "headers": [{"type": "Exact", "name": "x-beta", "value": "1"}]},
    ]
    assert everybody["backendRefs"] == [{**STABLE, "weight": 100}]


@pytest.mark.parametrize(
    ("seconds", "written"), [(2, "2s"), (0.1, "100ms"), (1.5, "1s500ms"), (3600, "3600s"), (0.25, "250ms")]
)
def test_a_timeout_is_written_without_fractions(seconds: float, written: str) -> None:
    (rule,) = rendered(timeoutSeconds=seconds)["spec"]["rules"]
    assert rule["timeouts"] == {"request": written}


def test_weights_and_note_are_read_back_also_beside_matches() -> None:
    steering = Steering(matching=Matching(version="v1.1.0", rules=(RequestMatch(headers={"x-beta": "1"}),)))
    view = parse_http_route(rendered(steering))
    assert view.weights == WEIGHTS
    assert view.note is not None
    assert (view.note.message, view.steering) == ("第一步", steering)


def _edited(change: dict[str, Any]) -> KubeObject:
    route = copy.deepcopy(rendered())
    route["spec"]["rules"][0]["backendRefs"][0].update(change)
    return route


@pytest.mark.parametrize(
    "change",
    [{"name": "another"}, {"name": "fill-mask-preview"}, {"namespace": "other"}, {"kind": "ServiceImport"}],
    ids=lambda change: "/".join(change.values()),
)
def test_backends_of_somebody_else_are_no_versions_and_a_drift(change: dict[str, Any]) -> None:
    assert parse_http_route(_edited(change)).weights == {"v1.2.0-3f2a9c1": 10}
    assert differs(rendered(), _edited(change)) is not None


def test_a_lone_backend_gets_everything_unless_it_gets_nothing() -> None:
    route = copy.deepcopy(rendered(weights={"v1.1.0": 100}))
    (backend,) = route["spec"]["rules"][0]["backendRefs"]
    del backend["weight"]
    assert parse_http_route(route).weights == {"v1.1.0": 100}
    backend["weight"] = 0
    assert parse_http_route(route).weights == {"v1.1.0": 0}


@pytest.mark.parametrize("spec", [{}, {"rules": []}, {"rules": [{}]}, {"rules": [{"matches": [{"headers": []}]}]}])
def test_a_route_without_weights_has_none(spec: dict[str, Any]) -> None:
    route = rendered()
    del route["metadata"]["annotations"][ANNOTATION_ROUTE]
    view = parse_http_route({**route, "spec": spec})
    assert (view.weights, view.note) == ({}, None)


@pytest.mark.parametrize("addition", [{"filters": [{"type": "URLRewrite"}]}, {"timeouts": {"request": "1s"}}])
def test_what_somebody_puts_into_a_rule_is_a_drift(addition: dict[str, Any]) -> None:
    route = copy.deepcopy(rendered())
    route["spec"]["rules"][0].update(addition)
    assert differs(rendered(), route) == f"spec.rules[0].{next(iter(addition))}"
