"""What tells sidecars whom to serve and what to report, object by object."""

from typing import Any

import pytest

from bertrelease_operator.adapters.resources import CHILDREN_SELECTOR, resource_of
from bertrelease_operator.api.network import Caller, Network
from bertrelease_operator.render.metadata import KubeObject
from bertrelease_operator.render.policies import POLICY_KINDS, render_policies
from tests.unit.operator.render.samples import LABELS, RELEASE

PODS = {"matchLabels": {"bertrelease.io/release": "fill-mask"}}
METRICS = {"to": [{"operation": {"ports": ["9090"]}}]}
KEYS = '{"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}'
JWT = {"issuer": "https://login.example.org", "jwksUri": "https://login.example.org/keys"}
EVERYTHING: dict[str, Any] = {
    "mtls": "STRICT",
    "callers": [{"namespace": "web", "serviceAccount": "frontend"}],
    "jwt": JWT,
    "telemetry": {"accessLogs": True, "tracingSamplingPercent": 1},
    "rateLimit": {"requestsPerSecond": 10},
}


def _policies(**network: Any) -> dict[str, KubeObject]:
    return {obj["kind"]: obj for obj in render_policies(RELEASE, Network.model_validate(network))}


def _only(**network: Any) -> KubeObject:
    (only,) = _policies(**network).values()
    return only


def _sources(**network: Any) -> list[dict[str, Any]]:
    spec = _policies(**network)["AuthorizationPolicy"]["spec"]
    return [entry["source"] for entry in spec["rules"][0]["from"]]


def test_a_release_that_asks_for_nothing_has_no_policies() -> None:
    assert _policies(port=8000, hosts=["bert.example.org"], timeoutSeconds=5) == {}


def test_what_checks_tokens_comes_before_what_asks_for_them() -> None:
    kinds = list(_policies(**EVERYTHING))
    assert set(kinds) == set(POLICY_KINDS)
    assert kinds.index("RequestAuthentication") < kinds.index("AuthorizationPolicy")


@pytest.mark.parametrize("kind", POLICY_KINDS)
def test_each_policy_is_named_after_the_release_and_goes_with_it(kind: str) -> None:
    policy = _policies(**EVERYTHING)[kind]
    assert policy["metadata"] == {
        "name": "fill-mask",
        "namespace": "nlp",
        "labels": LABELS,
        "ownerReferences": [
            {
                "apiVersion": "bertrelease.io/v1alpha1",
                "kind": "BertRelease",
                "name": "fill-mask",
                "uid": RELEASE.uid,
                "controller": True,
            }
        ],
    }
    assert resource_of(policy).api_version == policy["apiVersion"]
    name, _, value = CHILDREN_SELECTOR.partition("=")
    assert policy["metadata"]["labels"][name] == value


@pytest.mark.parametrize("kind", POLICY_KINDS)
def test_each_policy_is_for_the_pods_of_all_versions_of_the_release_and_for_no_others(kind: str) -> None:
    spec = _policies(**EVERYTHING)[kind]["spec"]
    selector = spec["workloadSelector"]["labels"] if kind == "EnvoyFilter" else spec["selector"]["matchLabels"]
    assert selector == {"bertrelease.io/release": "fill-mask"}


def test_strict_mutual_tls_leaves_the_metrics_to_who_scrapes_them() -> None:
    assert _only(mtls="STRICT")["spec"] == {
        "selector": PODS,
        "mtls": {"mode": "STRICT"},
        "portLevelMtls": {"9090": {"mode": "PERMISSIVE"}},
    }
    assert _only(mtls="PERMISSIVE")["spec"] == {"selector": PODS, "mtls": {"mode": "PERMISSIVE"}}


def test_callers_are_allowed_by_service_account_by_namespace_or_in_full_and_nobody_else_is() -> None:
    callers = [
        {"namespace": "web", "serviceAccount": "frontend"},
        {"namespace": "batch"},
        {"principal": "partner.example/ns/search/sa/indexer"},
    ]
    assert _only(callers=callers)["spec"] == {
        "selector": PODS,
        "action": "ALLOW",
        "rules": [
            {
                "from": [
                    {
                        "source": {
                            "principals": [
                                "cluster.local/ns/web/sa/frontend",
                                "partner.example/ns/search/sa/indexer",
                            ]
                        }
                    },
                    {"source": {"namespaces": ["batch"]}},
                ]
            },
            METRICS,
        ],
    }


def test_a_service_account_is_not_widened_to_its_namespace() -> None:
    assert _sources(callers=[{"namespace": "web", "serviceAccount": "frontend"}]) == [
        {"principals": ["cluster.local/ns/web/sa/frontend"]}
    ]


def test_the_order_of_callers_and_saying_them_twice_makes_no_difference() -> None:
    callers = [{"namespace": "b"}, {"namespace": "a"}]
    assert _policies(callers=callers) == _policies(callers=[*reversed(callers), {"namespace": "a"}])


def test_tokens_are_checked_by_the_keys_at_their_address() -> None:
    policies = _policies(jwt={**JWT, "audiences": ["bert", "all"]})
    assert policies["RequestAuthentication"]["spec"] == {
        "selector": PODS,
        "jwtRules": [
            {
                "issuer": "https://login.example.org",
                "jwksUri": "https://login.example.org/keys",
                "audiences": ["all", "bert"],
            }
        ],
    }


def test_tokens_are_checked_by_keys_that_are_written_down() -> None:
    (rule,) = _policies(jwt={"issuer": "ci", "jwks": KEYS})["RequestAuthentication"]["spec"]["jwtRules"]
    assert rule == {"issuer": "ci", "jwks": KEYS}


def test_everybody_with_a_token_may_call_if_no_callers_are_named() -> None:
    assert _policies(jwt=JWT)["AuthorizationPolicy"]["spec"] == {
        "selector": PODS,
        "action": "ALLOW",
        "rules": [
            {"from": [{"source": {"requestPrincipals": ["https://login.example.org/*"]}}]},
            METRICS,
        ],
    }


def test_named_callers_need_a_token_each() -> None:
    callers = [{"namespace": "web", "serviceAccount": "frontend"}, {"namespace": "batch"}]
    token = {"requestPrincipals": ["https://login.example.org/*"]}
    assert _sources(jwt=JWT, callers=callers) == [
        {"principals": ["cluster.local/ns/web/sa/frontend"], **token},
        {"namespaces": ["batch"], **token},
    ]


@pytest.mark.parametrize(
    ("telemetry", "expected"),
    [
        ({"accessLogs": True}, {"accessLogging": [{"providers": [{"name": "envoy"}]}]}),
        ({"accessLogs": False}, {"accessLogging": [{"disabled": True}]}),
        ({"tracingSamplingPercent": 2.5}, {"tracing": [{"randomSamplingPercentage": 2.5}]}),
        ({"tracingSamplingPercent": 0}, {"tracing": [{"randomSamplingPercentage": 0}]}),
    ],
)
def test_sidecars_report_what_is_asked_for_and_the_rest_is_the_meshs(
    telemetry: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert _only(telemetry=telemetry)["spec"] == {"selector": PODS, **expected}


def test_the_operator_is_let_in_beside_the_callers_and_needs_no_token() -> None:
    operator = Caller(namespace="system", service_account="bertrelease")
    itself = {"source": {"principals": ["cluster.local/ns/system/sa/bertrelease"]}}
    for network in ({"jwt": JWT}, {"callers": [{"namespace": "web"}]}, EVERYTHING):
        without, policy = (
            {obj["kind"]: obj for obj in render_policies(RELEASE, Network.model_validate(network), identity)}
            for identity in (None, operator)
        )
        allowed = policy["AuthorizationPolicy"]["spec"]["rules"][0]["from"]
        assert allowed == [*without["AuthorizationPolicy"]["spec"]["rules"][0]["from"], itself]


def test_an_operator_in_the_mesh_closes_no_release_that_is_open_to_everybody() -> None:
    operator = Caller(namespace="system", service_account="bertrelease")
    assert render_policies(RELEASE, Network(), operator) == []
