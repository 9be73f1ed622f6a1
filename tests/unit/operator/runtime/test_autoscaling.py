"""Whole passes of a release with autoscalers: who writes which number."""

from bertrelease_operator.adapters.errors import ConflictError
from bertrelease_operator.api.names import child_name
from tests.unit.operator.runtime.fake_cluster import Call, FakeCluster
from tests.unit.operator.runtime.scene import NAMESPACE, RELEASE, Scene

NAME = child_name(RELEASE, "v1.0.0")
AUTOSCALING = {"maxReplicas": 10, "cpuUtilizationPercent": 60}


async def autoscaled() -> Scene:
    scene = Scene()
    scene.release("v1.0.0", autoscaling=AUTOSCALING)
    await scene.run(800, step=20)
    return scene


def scale(scene: Scene, replicas: int) -> None:
    """As the autoscaler does it, through the scale subresource."""
    deployment = scene.object("Deployment", NAME)
    scene.cluster.seed({**deployment, "spec": {**deployment["spec"], "replicas": replicas}})


def bounds(scene: Scene, version: str = "v1.0.0") -> tuple[int, int] | None:
    key = ("HorizontalPodAutoscaler", NAMESPACE, child_name(RELEASE, version))
    spec = scene.cluster.objects.get(key, {}).get("spec")
    return (spec["minReplicas"], spec["maxReplicas"]) if spec is not None else None


async def test_a_version_gets_its_bounds_before_its_pods() -> None:
    scene = await autoscaled()
    kinds = [call.kind for call in scene.cluster.calls]
    assert kinds.index("HorizontalPodAutoscaler") < kinds.index("Deployment")
    assert bounds(scene) == (2, 10)


async def test_a_number_that_the_autoscaler_chose_costs_no_write() -> None:
    scene = await autoscaled()
    scale(scene, 7)
    before = len(scene.cluster.calls)
    await scene.settle()
    assert scene.cluster.calls[before:] == []
    assert scene.object("Deployment", NAME)["spec"]["replicas"] == 7


async def test_a_repair_of_the_deployment_does_not_take_back_what_the_autoscaler_did_meanwhile() -> None:
    scene = await autoscaled()
    deployment = scene.object("Deployment", NAME)
    scene.cluster.seed({**deployment, "spec": {**deployment["spec"], "revisionHistoryLimit": 9}})

    def autoscaler_is_quicker(call: Call) -> None:
        if (call.verb, call.kind) == ("apply", "Deployment"):
            scene.cluster.fault = lambda _call: None
            scale(scene, 7)

    scene.cluster.fault = autoscaler_is_quicker
    try:
        await scene.settle()
    except ConflictError:
        await scene.settle()
    spec = scene.object("Deployment", NAME)["spec"]
    assert (spec["replicas"], spec["revisionHistoryLimit"]) == (7, 0)


async def test_an_autoscaler_goes_when_it_is_not_asked_for_any_more() -> None:
    scene = await autoscaled()
    scale(scene, 7)
    scene.release("v1.0.0")
    await scene.run(3)
    assert bounds(scene) is None
    assert scene.object("Deployment", NAME)["spec"]["replicas"] == 2


async def test_how_fast_an_autoscaler_is_goes_when_it_is_not_said_any_more() -> None:
    scene = Scene()
    scene.release("v1.0.0", autoscaling={**AUTOSCALING, "behavior": {"scaleDown": {"selectPolicy": "Disabled"}}})
    await scene.run(20)
    assert "behavior" in scene.object("HorizontalPodAutoscaler", NAME)["spec"]
    scene.release("v1.0.0", autoscaling=AUTOSCALING)
    await scene.settle()
    assert "behavior" not in scene.object("HorizontalPodAutoscaler", NAME)["spec"]


async def test_what_only_carries_our_labels_is_not_ours_to_delete() -> None:
    """An autoscaler that another controller made of ours has the labels of ours, and another owner."""
    scene = await autoscaled()
    ours = scene.object("HorizontalPodAutoscaler", NAME)
    metadata = {**ours["metadata"], "name": f"copy-of-{NAME}", "uid": "copy", "ownerReferences": []}
    scene.cluster.seed({**ours, "metadata": metadata})
    await scene.settle()
    assert ("HorizontalPodAutoscaler", NAMESPACE, f"copy-of-{NAME}") in scene.cluster.objects


KEDA = {
    "kind": "keda",
    "maxReplicas": 10,
    "prometheus": {"url": "http://prometheus.monitoring:9090", "query": "sum(bert_queue_jobs)", "threshold": 16},
}


def condition(scene: Scene) -> tuple[str, str] | None:
    found = {one["type"]: (one["status"], one["reason"]) for one in scene.status()["conditions"]}
    return found.get("Autoscaling")


async def test_a_scaled_object_takes_the_place_of_the_autoscaler_that_was() -> None:
    scene = await autoscaled()
    scene.release("v1.0.0", autoscaling=KEDA)
    await scene.run(3)
    scaled = scene.object("ScaledObject", NAME)["spec"]
    assert (scaled["minReplicaCount"], scaled["maxReplicaCount"]) == (2, 10)
    assert bounds(scene) is None
    assert condition(scene) == ("True", "Bounded")


async def test_without_keda_the_status_says_so_and_everything_else_goes_on() -> None:
    scene = Scene(FakeCluster(absent=frozenset({"ScaledObject"})))
    scene.release("v1.0.0", autoscaling=KEDA)
    await scene.run(100)
    assert condition(scene) == ("False", "KedaMissing")
    scale(scene, 5)
    scene.release("v1.1.0", autoscaling=KEDA)
    await scene.run(100)
    assert scene.status()["stable"] == "v1.1.0"
    assert scene.object("Deployment", child_name(RELEASE, "v1.1.0"))["spec"]["replicas"] == 5
    scene.edit_version("v1.0.0")
    await scene.run(5)
    assert scene.weights() == {"v1.0.0": 100}
    assert "ScaledObject" not in {key[0] for key in scene.cluster.objects}


async def test_a_release_without_autoscaling_has_nothing_to_say_about_it() -> None:
    scene = Scene()
    scene.release("v1.0.0")
    await scene.run(10)
    assert condition(scene) is None
