"""Autoscalers of a real controller-manager beside the operator. Without metrics they only keep to their bounds."""

import json
from pathlib import Path
from typing import Any

from bertrelease_operator.api.names import child_name
from devcluster import Cluster
from tests.integration.keda import scaled_objects
from tests.integration.operator_process import OperatorProcess, eventually, running_operator
from tests.integration.releases import RELEASE, Releases

OLD, NEW = child_name(RELEASE, "v1.0.0"), child_name(RELEASE, "v1.1.0")
AUTOSCALED = {"autoscaling": {"maxReplicas": 6, "cpuUtilizationPercent": 60}}
STRATEGY = {"canary": {"steps": [{"weight": 20, "holdSeconds": 2}, {"weight": 50, "holdSeconds": 2}]}}


def replicas(releases: Releases, name: str) -> int:
    return int(releases.get("deployment", name).get("spec", {}).get("replicas", 0))


def bounds(releases: Releases, name: str) -> tuple[int, int]:
    spec = releases.get("hpa", name).get("spec", {})
    return spec.get("minReplicas", 0), spec.get("maxReplicas", 0)


def owners_of_replicas(releases: Releases, name: str) -> set[str]:
    """Who has written the number, by the API server's own books."""
    text = releases.kubectl("get", "deployment", name, "--show-managed-fields", "--output=json")
    entries: list[dict[str, Any]] = json.loads(text)["metadata"]["managedFields"]
    return {e["manager"] for e in entries if "f:replicas" in e["fieldsV1"].get("f:spec", {})}


def test_a_canary_follows_what_the_autoscaler_has_made_of_the_stable_version(
    releases: Releases, operator: OperatorProcess
) -> None:
    releases.release("v1.0.0", STRATEGY, more=AUTOSCALED)
    eventually(lambda: releases.settled_on("v1.0.0"), "v1.0.0 is healthy")
    assert (replicas(releases, OLD), bounds(releases, OLD)) == (2, (2, 6))

    releases.kubectl("scale", "deployment", OLD, "--replicas=5")
    eventually(lambda: bounds(releases, OLD)[0] == 5, "what has just begun to serve everything is not shrunk")
    assert replicas(releases, OLD) == 5
    assert owners_of_replicas(releases, OLD) == {"kubectl"}

    releases.release("v1.1.0", STRATEGY, more=AUTOSCALED)
    eventually(lambda: replicas(releases, NEW) == 1, "a pod for 20 % of what 5 pods carry")
    eventually(lambda: releases.weights() == {OLD: 80, NEW: 20}, "the first step", 60)
    eventually(lambda: replicas(releases, NEW) >= 3, "pods for half of it, before half of it comes")
    eventually(lambda: releases.status().get("stable") == "v1.1.0", "v1.1.0 serves", 60)
    assert (replicas(releases, OLD), replicas(releases, NEW)) == (5, 5)
    assert (bounds(releases, OLD)[0], bounds(releases, NEW)[0]) == (5, 5)


def test_an_autoscaler_is_repaired_and_goes_with_the_wish_for_it(releases: Releases, operator: OperatorProcess) -> None:
    releases.release("v1.0.0", more=AUTOSCALED)
    eventually(lambda: releases.settled_on("v1.0.0"), "v1.0.0 is healthy")
    releases.kubectl("patch", "hpa", OLD, "--type=merge", '--patch={"spec":{"maxReplicas":99}}')
    eventually(lambda: bounds(releases, OLD) == (2, 6), "the bounds are as they were")
    releases.release("v1.0.0")
    eventually(lambda: not releases.get("hpa", OLD), "no autoscaler any more")
    assert replicas(releases, OLD) == 2


BY_KEDA = {
    "autoscaling": {
        "kind": "keda",
        "maxReplicas": 6,
        "prometheus": {"url": "http://prometheus.monitoring:9090", "query": "sum(bert_queue_jobs)", "threshold": 16},
    }
}


def autoscaling_condition(releases: Releases) -> dict[str, Any]:
    found = releases.status().get("conditions", [])
    return next((condition for condition in found if condition["type"] == "Autoscaling"), {})


def test_without_keda_a_condition_says_so_and_the_release_goes_on(
    releases: Releases, operator: OperatorProcess
) -> None:
    releases.release("v1.0.0", more=BY_KEDA)
    eventually(lambda: releases.settled_on("v1.0.0"), "v1.0.0 is healthy")
    condition = autoscaling_condition(releases)
    assert (condition["status"], condition["reason"]) == ("False", "KedaMissing")
    assert condition["message"].startswith("spec.autoscaling.kind is keda, and the cluster has no ScaledObject")


def test_with_keda_each_version_has_a_scaled_object_that_is_repaired(
    api_server: Cluster, releases: Releases, tmp_path: Path
) -> None:
    with scaled_objects(api_server), running_operator(api_server, releases.namespace, tmp_path):
        releases.release("v1.0.0", more=BY_KEDA)
        eventually(lambda: releases.settled_on("v1.0.0"), "v1.0.0 is healthy")
        spec = releases.get("scaledobject", OLD)["spec"]
        assert (spec["minReplicaCount"], spec["maxReplicaCount"]) == (2, 6)
        assert spec["triggers"][0]["metadata"]["threshold"] == "16"
        assert autoscaling_condition(releases)["status"] == "True"

        releases.kubectl("patch", "scaledobject", OLD, "--type=merge", '--patch={"spec":{"maxReplicaCount":99}}')
        eventually(
            lambda: releases.get("scaledobject", OLD)["spec"]["maxReplicaCount"] == 6, "the bounds are as they were"
        )
        releases.release("v1.0.0")
        eventually(lambda: not releases.get("scaledobject", OLD), "no autoscaler any more")
