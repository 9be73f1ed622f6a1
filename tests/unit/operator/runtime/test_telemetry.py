"""What is told of releases: all of it true after each pass, and nothing of what is gone."""

from bertrelease_operator.api.health import SourceKind
from bertrelease_operator.api.status import CheckStatus, Verdict
from bertrelease_operator.core.evidence.readings import Look
from bertrelease_operator.core.observation import EvidenceView
from bertrelease_operator.runtime.election import Role
from bertrelease_operator.runtime.telemetry import Telemetry
from tests.unit.operator.runtime.scene import BAD, KEY, NAMESPACE, RELEASE, Scene

DOWN = EvidenceView(Verdict.SOURCE_DOWN)
JUDGED = EvidenceView(
    Verdict.INCONCLUSIVE,
    (
        CheckStatus(name="error-rate", verdict=Verdict.INCONCLUSIVE, value=0.2, limit=0.5, unit="%"),
        CheckStatus(name="error-rate", verdict=Verdict.INCONCLUSIVE, value=0.3, limit=0.5, unit="%"),
        CheckStatus(name="restarts", verdict=Verdict.NO_DATA),
    ),
)


def value(telemetry: Telemetry, metric: str, **labels: str) -> float | None:
    return telemetry.registry.get_sample_value(metric, labels)


def told(scene: Scene, metric: str, **labels: str) -> float | None:
    """The release's own series."""
    return value(scene.telemetry, metric, namespace=NAMESPACE, release=RELEASE, **labels)


def labels_told(scene: Scene, metric: str) -> list[dict[str, str]]:
    samples = [s for family in scene.telemetry.registry.collect() for s in family.samples if s.name == metric]
    return [{k: v for k, v in s.labels.items() if k not in {"namespace", "release"}} for s in samples]


async def under_way() -> Scene:
    """v1.0.0 serves, v1.1.0 has half of the traffic."""
    scene = Scene()
    scene.release("v1.0.0")
    await scene.run(100)
    scene.release("v1.1.0")
    await scene.run(5)
    return scene


async def test_a_rollout_is_told_with_its_versions_weights_and_pods() -> None:
    scene = await under_way()
    assert told(scene, "bertrelease_release_info", stable="v1.0.0", candidate="v1.1.0", strategy="canary") == 1
    assert told(scene, "bertrelease_release_phase", phase="Analyzing") == 1
    assert told(scene, "bertrelease_rollout_start_timestamp_seconds") == 1_000_100
    for version in ("v1.0.0", "v1.1.0"):
        assert told(scene, "bertrelease_traffic_weight_percent", version=version) == 50
        assert told(scene, "bertrelease_ready_pods", version=version) == 2
        assert told(scene, "bertrelease_wanted_pods", version=version) == 2


async def test_a_release_has_one_phase_and_counts_in_it() -> None:
    scene = await under_way()
    assert labels_told(scene, "bertrelease_release_phase") == [{"phase": "Analyzing"}]
    assert value(scene.telemetry, "bertrelease_releases", phase="Analyzing") == 1
    assert value(scene.telemetry, "bertrelease_releases", phase="Healthy") == 0


async def test_the_limits_of_the_spec_are_told_in_base_units() -> None:
    scene = Scene()
    scene.release("v1.0.0", health={"errorRate": {"max": 2}, "p95LatencyMs": {"max": 150}})
    await scene.run(1)
    assert told(scene, "bertrelease_error_limit_ratio") == 0.02
    assert told(scene, "bertrelease_latency_limit_seconds") == 0.15


async def test_a_limit_that_is_off_is_not_told() -> None:
    scene = Scene()
    scene.release("v1.0.0", health={"errorRate": {"enabled": False}, "p95LatencyMs": {"enabled": False}})
    await scene.run(1)
    assert told(scene, "bertrelease_error_limit_ratio") is None
    assert told(scene, "bertrelease_latency_limit_seconds") is None


async def test_checks_are_told_once_with_figure_and_limit_while_something_is_watched() -> None:
    scene = await under_way()
    scene.evidence["v1.1.0"] = JUDGED
    await scene.run(1)
    assert told(scene, "bertrelease_check_value", check="error-rate", unit="%") == 0.3
    assert told(scene, "bertrelease_check_limit", check="error-rate", unit="%") == 0.5
    assert labels_told(scene, "bertrelease_check_value") == [{"check": "error-rate", "unit": "%"}]
    del scene.evidence["v1.1.0"]
    await scene.run(200)
    assert labels_told(scene, "bertrelease_check_value") == []


async def test_a_source_that_is_down_is_told_with_since_when() -> None:
    scene = await under_way()
    scene.evidence["v1.1.0"] = DOWN
    await scene.run(1)
    assert labels_told(scene, "bertrelease_evidence_verdict") == [{"version": "v1.1.0", "verdict": "SourceDown"}]
    assert told(scene, "bertrelease_waiting_since_timestamp_seconds", reason="source") == 1_000_105


async def test_a_pause_by_hand_is_told_with_since_when() -> None:
    scene = await under_way()
    scene.release("v1.1.0", paused=True)
    await scene.run(3)
    assert told(scene, "bertrelease_waiting_since_timestamp_seconds", reason="pause") == 1_000_105


async def test_waiting_for_a_person_is_told_until_the_rollout_is_over() -> None:
    scene = Scene()
    strategy = {"kind": "blueGreen", "blueGreen": {"holdSeconds": 10, "then": "ask"}}
    scene.release("v1.0.0", strategy=strategy)
    await scene.run(5)
    scene.release("v1.1.0", strategy=strategy)
    await scene.run(30)
    since = told(scene, "bertrelease_waiting_since_timestamp_seconds", reason="approval")
    assert since is not None
    assert 1_000_010 < since < scene.now


async def test_a_rollback_is_counted_once_and_told_with_its_time() -> None:
    scene = await under_way()
    scene.evidence["v1.1.0"] = BAD
    await scene.run(30)
    (conclusion,) = labels_told(scene, "bertrelease_concluded_timestamp_seconds")
    assert conclusion["version"] == "v1.1.0"
    assert told(scene, "bertrelease_concluded_timestamp_seconds", **conclusion) == 1_000_105
    assert value(scene.telemetry, "bertrelease_rollbacks_total", reason=conclusion["reason"]) == 1
    assert labels_told(scene, "bertrelease_release_phase") == [{"phase": "RolledBack"}]
    assert value(scene.telemetry, "bertrelease_promotions_total", kind="new") == 0


async def test_promotions_are_counted_by_kind() -> None:
    scene = Scene()
    for version in ("v1.0.0", "v1.1.0"):
        scene.release(version)
        await scene.run(100)
    scene.edit_version("v1.0.0")
    await scene.run(30)
    kinds = {
        kind: value(scene.telemetry, "bertrelease_promotions_total", kind=kind) for kind in ("first", "new", "back")
    }
    assert kinds == {"first": 1, "new": 1, "back": 1}


async def test_an_old_version_that_a_failed_one_gives_way_to_is_no_promotion() -> None:
    scene = Scene()
    for version in ("v1.0.0", "v1.1.0"):
        scene.release(version)
        await scene.run(40)
    assert labels_told(scene, "bertrelease_release_phase") == [{"phase": "Observing"}]
    scene.evidence["v1.1.0"] = BAD
    await scene.run(10)
    assert scene.status()["stable"] == "v1.0.0"
    assert value(scene.telemetry, "bertrelease_promotions_total", kind="back") == 0
    assert value(scene.telemetry, "bertrelease_promotions_total", kind="new") == 1


async def test_a_release_that_cannot_be_read_is_counted_until_it_can_be() -> None:
    scene = await under_way()
    readable = scene.object("BertRelease", RELEASE)
    scene.cluster.seed({**readable, "spec": {**readable["spec"], "fieldOfTomorrow": 1}})
    await scene.settle()
    assert value(scene.telemetry, "bertrelease_unreadable_releases") == 1
    assert labels_told(scene, "bertrelease_release_phase") == []
    scene.cluster.seed({**readable, "metadata": {**readable["metadata"], "generation": 9}})
    await scene.settle()
    assert value(scene.telemetry, "bertrelease_unreadable_releases") == 0


async def test_a_deleted_release_leaves_no_series() -> None:
    scene = await under_way()
    assert f'release="{RELEASE}"'.encode() in scene.telemetry.page()
    scene.cluster.objects.clear()
    await scene.settle()
    assert f'release="{RELEASE}"'.encode() not in scene.telemetry.page()
    assert value(scene.telemetry, "bertrelease_releases", phase="Analyzing") == 0


async def test_only_who_may_know_best_tells_of_releases() -> None:
    scene = await under_way()
    scene.telemetry.role_changed(Role.CUT_OFF)
    assert told(scene, "bertrelease_release_phase", phase="Analyzing") == 1
    assert value(scene.telemetry, "bertrelease_leader") == 0
    scene.telemetry.role_changed(Role.FOLLOWER)
    assert labels_told(scene, "bertrelease_release_phase") == []
    await scene.reconciler.reconcile(KEY)  # a pass that had begun before
    assert labels_told(scene, "bertrelease_release_phase") == []


def test_looks_are_counted_by_what_came_of_them() -> None:
    telemetry = Telemetry()
    for look in (Look(at=1.0), Look(at=2.0, down=frozenset({"v1.0.0"})), None):
        telemetry.observe_look(SourceKind.PODS, look, 0.01)
    results = ("answered", "down", "error")
    assert [value(telemetry, "bertrelease_looks_total", source="pods", result=result) for result in results] == [1] * 3
