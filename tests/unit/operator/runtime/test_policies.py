"""The policies of a release come, change and go with what its spec asks for."""

from typing import Any

from bertrelease_operator.render.policies import POLICY_KINDS
from tests.unit.operator.runtime.scene import KEY, RELEASE, Scene

NETWORK: dict[str, Any] = {
    "mtls": "STRICT",
    "callers": [{"namespace": "web"}],
    "jwt": {"issuer": "ci", "jwksUri": "https://login.example.org/keys"},
    "telemetry": {"accessLogs": True},
    "rateLimit": {"requestsPerSecond": 10},
}


async def _released(**network: Any) -> Scene:
    scene = Scene()
    scene.release("v1.0.0", network=network)
    await scene.run(100)
    return scene


def _kinds(scene: Scene) -> set[str]:
    return {kind for kind in POLICY_KINDS if (kind, *KEY) in scene.cluster.objects}


async def test_policies_are_written_before_the_first_pods_and_then_left_alone() -> None:
    scene = await _released(**NETWORK)
    assert _kinds(scene) == set(POLICY_KINDS)
    writes = scene.cluster.writes()
    assert max(writes.index(("apply", kind)) for kind in POLICY_KINDS) < writes.index(("apply", "Deployment"))
    assert [writes.count(("apply", kind)) for kind in POLICY_KINDS] == [1] * len(POLICY_KINDS)


async def test_policies_go_when_they_are_not_asked_for_any_more_and_demands_go_before_checks() -> None:
    scene = await _released(**NETWORK)
    before = len(scene.cluster.writes())
    scene.release("v1.0.0", network={"mtls": "PERMISSIVE"})
    await scene.settle()
    assert _kinds(scene) == {"PeerAuthentication"}
    policy = scene.object("PeerAuthentication", RELEASE)["spec"]
    assert (policy["mtls"], "portLevelMtls" in policy) == ({"mode": "PERMISSIVE"}, False)
    deleted = [kind for verb, kind in scene.cluster.writes()[before:] if verb == "delete"]
    assert deleted.index("AuthorizationPolicy") < deleted.index("RequestAuthentication")


async def test_a_policy_that_somebody_deleted_or_widened_is_as_it_was() -> None:
    scene = await _released(**NETWORK)
    wanted = scene.object("AuthorizationPolicy", RELEASE)["spec"]
    scene.cluster.remove(("PeerAuthentication", *KEY))
    policy = scene.object("AuthorizationPolicy", RELEASE)
    scene.cluster.seed({**policy, "spec": {**wanted, "rules": [*wanted["rules"], {}]}})
    await scene.settle()
    assert _kinds(scene) == set(POLICY_KINDS)
    assert scene.object("AuthorizationPolicy", RELEASE)["spec"] == wanted


async def test_a_new_version_comes_under_the_same_policies() -> None:
    scene = await _released(**NETWORK)
    before = len(scene.cluster.writes())
    scene.release("v1.1.0", network=NETWORK)
    await scene.run(100)
    assert scene.weights() == {"v1.1.0": 100}
    assert not {kind for _, kind in scene.cluster.writes()[before:]} & set(POLICY_KINDS)


async def test_what_is_taken_out_of_a_policy_goes_with_one_write() -> None:
    scene = await _released(telemetry={"accessLogs": True, "tracingSamplingPercent": 100})
    before = len(scene.cluster.writes())
    scene.release("v1.0.0", network={"telemetry": {"accessLogs": True}})
    await scene.run(10)
    assert "tracing" not in scene.object("Telemetry", RELEASE)["spec"]
    assert scene.cluster.writes()[before:].count(("apply", "Telemetry")) == 1
