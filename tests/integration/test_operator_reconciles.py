"""The operator's process against a real API server: children, drift, canaries and going back."""

import json
from typing import Any

from bertrelease_operator.api.names import child_name
from tests.integration.operator_process import OperatorProcess, eventually
from tests.integration.releases import RELEASE, Releases

CHILD_KINDS = ("deployment", "service", "configmap", "poddisruptionbudget", "destinationrule")


def test_a_first_version_gets_all_its_children_and_all_traffic(releases: Releases, operator: OperatorProcess) -> None:
    releases.release("v1.0.0")
    eventually(lambda: releases.settled_on("v1.0.0"), "v1.0.0 is healthy")

    child = child_name(RELEASE, "v1.0.0")
    assert releases.weights() == {child: 100}
    record = releases.get("bertrevision", child)
    for kind in CHILD_KINDS:
        owners = releases.get(kind, child)["metadata"]["ownerReferences"]
        assert [owner["uid"] for owner in owners] == [record["metadata"]["uid"]], kind
    assert {"Started", "FirstVersionServing"} <= releases.events()
    assert operator.get("/healthz") == 200


def test_the_spec_is_never_written(releases: Releases, operator: OperatorProcess) -> None:
    releases.release("v1.0.0")
    eventually(lambda: releases.settled_on("v1.0.0"), "v1.0.0 is healthy")

    metadata = json.loads(releases.kubectl("get", "bertrelease", RELEASE, "--output=json", "--show-managed-fields"))[
        "metadata"
    ]
    ours = [entry for entry in metadata["managedFields"] if entry["manager"] == "bertrelease-operator"]
    assert [entry["subresource"] for entry in ours] == ["status"]
    assert metadata["generation"] == 1
    assert "finalizers" not in metadata
    assert not [name for name in metadata.get("annotations", {}) if name.startswith("kopf")]


def test_a_settled_release_costs_no_requests(releases: Releases, operator: OperatorProcess) -> None:
    releases.release("v1.0.0")
    eventually(lambda: releases.settled_on("v1.0.0"), "v1.0.0 is healthy")
    eventually(lambda: operator.metric("bertrelease_watched_releases") == 0, "nothing is watched any more")
    # Drained for 15 s after the last change of the route, the release is looked at once more.
    looked = operator.metric("bertrelease_reconciles_total")
    eventually(lambda: operator.metric("bertrelease_reconciles_total") > looked, "the last look", 20)

    before = operator.metric("bertrelease_api_requests_total")
    of_leases = operator.metric("bertrelease_api_requests_total", resource="leases")
    renewed = of_leases + 3
    eventually(
        lambda: operator.metric("bertrelease_api_requests_total", resource="leases") >= renewed, "three renewals", 20
    )
    others = operator.metric("bertrelease_api_requests_total") - before
    assert others == operator.metric("bertrelease_api_requests_total", resource="leases") - of_leases


def test_drift_in_every_kind_of_child_is_put_right(releases: Releases, operator: OperatorProcess) -> None:
    releases.release("v1.0.0")
    eventually(lambda: releases.settled_on("v1.0.0"), "v1.0.0 is healthy")
    child = child_name(RELEASE, "v1.0.0")

    def patch(kind: str, name: str, change: dict[str, Any]) -> None:
        releases.kubectl("patch", kind, name, "--type=merge", "--patch", json.dumps(change))

    patch("deployment", child, {"spec": {"replicas": 1}})
    eventually(lambda: releases.get("deployment", child)["spec"]["replicas"] == 2, "replicas are 2 again")

    patch("service", RELEASE, {"spec": {"selector": {"somebody": "else"}}})
    eventually(lambda: "somebody" not in releases.get("service", RELEASE)["spec"]["selector"], "the selector is ours")

    patch("service", child, {"spec": {"ports": [{"name": "http", "port": 81, "targetPort": "http"}]}})
    eventually(lambda: releases.get("service", child)["spec"]["ports"][0]["port"] == 80, "the port is 80 again")

    patch("virtualservice", RELEASE, {"spec": {"hosts": ["elsewhere"]}})
    hosts = [f"{RELEASE}.{releases.namespace}.svc.cluster.local"]
    eventually(lambda: releases.get("virtualservice", RELEASE)["spec"]["hosts"] == hosts, "the host is back")

    patch("destinationrule", child, {"spec": {"trafficPolicy": None}})
    eventually(
        lambda: "trafficPolicy" in releases.get("destinationrule", child)["spec"], "the outlier detection is back"
    )
    patch("poddisruptionbudget", child, {"spec": {"maxUnavailable": 2}})
    eventually(lambda: releases.get("poddisruptionbudget", child)["spec"]["maxUnavailable"] == 1, "the budget is ours")

    for kind in CHILD_KINDS:
        uid = releases.get(kind, child)["metadata"]["uid"]
        releases.kubectl("delete", kind, child)
        eventually(
            lambda kind=kind, uid=uid: releases.get(kind, child).get("metadata", {}).get("uid", uid) != uid,  # type: ignore[misc]
            f"a new {kind}",
        )


def test_a_good_candidate_is_promoted_and_the_old_version_stays_warm(
    releases: Releases, operator: OperatorProcess
) -> None:
    releases.release("v1.0.0")
    eventually(lambda: releases.settled_on("v1.0.0"), "v1.0.0 is healthy")
    pods = {pod["metadata"]["uid"] for pod in json.loads(releases.kubectl("get", "pods", "-o=json"))["items"]}

    releases.release("v1.1.0")
    eventually(lambda: len(releases.weights()) == 2, "both versions have traffic")
    eventually(lambda: releases.settled_on("v1.1.0"), "v1.1.0 is healthy", 60)

    assert releases.weights() == {child_name(RELEASE, "v1.1.0"): 100}
    left = {pod["metadata"]["uid"] for pod in json.loads(releases.kubectl("get", "pods", "-o=json"))["items"]}
    assert pods <= left
    assert releases.get("bertrevision", child_name(RELEASE, "v1.1.0"))["status"]["verdict"] == "Proven"
    assert "Promoted" in releases.events()


def test_a_failing_candidate_is_taken_back_and_stays_rejected(releases: Releases, operator: OperatorProcess) -> None:
    releases.release("v1.0.0")
    eventually(lambda: releases.settled_on("v1.0.0"), "v1.0.0 is healthy")

    releases.release("v1.1.0", error_share=0.2)
    eventually(lambda: releases.phase() == "RolledBack", "v1.1.0 is taken back", 60)

    assert releases.weights() == {child_name(RELEASE, "v1.0.0"): 100}
    verdict = releases.get("bertrevision", child_name(RELEASE, "v1.1.0"))["status"]
    assert (verdict["verdict"], verdict["reason"]) == ("Rejected", "ErrorRateFailed")
    assert "ErrorRateFailed" in releases.events()
    assert operator.metric("bertrelease_rollbacks_total", reason="ErrorRateFailed") == 1


def test_going_back_by_edit_moves_the_route_before_anything_else(releases: Releases, operator: OperatorProcess) -> None:
    releases.release("v1.0.0")
    eventually(lambda: releases.settled_on("v1.0.0"), "v1.0.0 is healthy")
    releases.release("v1.1.0")
    eventually(lambda: releases.settled_on("v1.1.0"), "v1.1.0 is healthy", 60)

    releases.edit_version("v1.0.0")
    eventually(lambda: releases.weights() == {child_name(RELEASE, "v1.0.0"): 100}, "the route is back")
    eventually(lambda: releases.status().get("stable") == "v1.0.0", "v1.0.0 is the stable version")

    root = releases.get("service", RELEASE)["spec"]["selector"]
    eventually(
        lambda: releases.get("service", RELEASE)["spec"]["selector"]["bertrelease.io/version"] == "v1.0.0",
        f"the root Service follows, was {root}",
    )
    record = releases.get("bertrevision", child_name(RELEASE, "v1.0.0"))
    assert record["spec"]["model"]["name"] == "bert-v1.0.0"


def test_a_source_that_is_down_holds_the_canary_and_then_it_goes_on(
    releases: Releases, operator: OperatorProcess
) -> None:
    releases.release("v1.0.0")
    eventually(lambda: releases.settled_on("v1.0.0"), "v1.0.0 is healthy")
    releases.prometheus.answers = False
    releases.release("v1.1.0")
    eventually(lambda: len(releases.weights()) == 2, "both versions have traffic")
    eventually(
        lambda: "SourceDown" in {check["verdict"] for check in releases.status().get("checks", [])}, "it says so"
    )
    held = releases.weights()

    releases.prometheus.answers = True
    assert set(held.values()) == {50}
    eventually(lambda: releases.settled_on("v1.1.0"), "v1.1.0 is healthy after all", 60)


def test_a_rollout_that_somebody_writes_into_the_status_moves_no_traffic(
    releases: Releases, operator: OperatorProcess
) -> None:
    releases.release("v1.0.0")
    eventually(lambda: releases.settled_on("v1.0.0"), "v1.0.0 is healthy")
    before = releases.weights()

    moment = "2026-01-01T00:00:00Z"
    rollout = {"version": "v9.9.9", "attempt": 1, "stage": "Stepping", "startedAt": moment, "stageEnteredAt": moment}
    invented = json.dumps({"status": {"rollout": rollout}})
    releases.kubectl("patch", "bertrelease", RELEASE, "--subresource=status", "--type=merge", "--patch", invented)

    eventually(lambda: "rollout" not in releases.status(), "the operator drops it")
    assert releases.weights() == before
