"""Whole passes of the reconciler against an API server in memory, with a death between any two writes."""

import asyncio
from collections.abc import Callable

import pytest

from bertrelease_operator.api.network import Router
from bertrelease_operator.api.status import Verdict
from bertrelease_operator.core.gates.contract import GateResult
from bertrelease_operator.core.observation import EvidenceView
from tests.support.gates import JUDGE
from tests.support.pipeline import digest
from tests.unit.operator.runtime.scene import BAD, Scene, serving

OPS = {"name": "ops", "kind": "webhook", "url": "http://ops.example.org/hook"}


def _promoting(scene: Scene) -> None:
    scene.release("v1.1.0")


def _failing(scene: Scene) -> None:
    scene.release("v1.1.0")
    scene.evidence["v1.1.0"] = BAD


def _adopting(scene: Scene) -> None:
    scene.follow("v1.1.0", digest("proven"))


def _passing_gates(scene: Scene) -> None:
    scene.gate_results["v1.1.0"] = GateResult(Verdict.PASS, "Good.")
    scene.release("v1.1.0", gates=[{**JUDGE, "before": ["traffic", "promotion"]}])


def _failing_a_gate(scene: Scene) -> None:
    scene.gate_results["v1.1.0"] = GateResult(Verdict.FAIL, "Bad.")
    scene.release("v1.1.0", gates=[JUDGE])


def _going_back(scene: Scene) -> None:
    scene.edit_version("v1.0.0")


@pytest.mark.parametrize(
    ("versions", "act", "end"),
    [
        ((), lambda scene: scene.release("v1.0.0"), "v1.0.0"),
        (("v1.0.0",), _promoting, "v1.1.0"),
        (("v1.0.0",), _failing, "v1.0.0"),
        (("v1.0.0",), _passing_gates, "v1.1.0"),
        (("v1.0.0",), _failing_a_gate, "v1.0.0"),
        (("v1.0.0", "v1.1.0"), _going_back, "v1.0.0"),
        ((), _adopting, "v1.1.0"),
        (("v1.0.0",), _adopting, "v1.1.0"),
    ],
    ids=["first", "promotion", "failure", "gates", "failed gate", "edit", "first adoption", "adoption"],
)
@pytest.mark.parametrize("router", [router.value for router in Router])
def test_a_death_between_any_two_writes_is_made_good_by_the_next_process(
    versions: tuple[str, ...], act: Callable[[Scene], None], end: str, router: str
) -> None:
    """Each process writes a little less than the work of one settling, until nothing is left to do."""
    for writes in range(5):
        scene = serving(*versions, network={"router": router})
        act(scene)
        asyncio.run(_run_with_deaths(scene, writes))
        assert scene.weights() == {end: 100}, writes
        assert scene.status()["stable"] == end
        assert all(sum(weights.values()) in {0, 100} for weights in scene.routes)
        failed_a_gate = {version for version, result in scene.gate_results.items() if result.verdict is Verdict.FAIL}
        for version in {version for version, evidence in scene.evidence.items() if evidence is BAD} | failed_a_gate:
            assert scene.verdict(version) == "Rejected"


async def _run_with_deaths(scene: Scene, writes: int) -> None:
    deaths = 0
    for _ in range(150):
        if deaths < 20 and await scene.run_until_killed(writes + deaths // 4):
            deaths += 1
            scene.notifier.stop()
            scene.restart()
        else:
            await scene.settle()
        scene.now += 1.0
    assert deaths


@pytest.mark.parametrize(
    ("evidence", "told"),
    [
        ({}, [("Started", "v1.1.0"), ("Promoted", "v1.1.0")]),
        ({"v1.1.0": BAD}, [("Started", "v1.1.0"), ("RolledBack", "v1.1.0")]),
    ],
    ids=["promotion", "failure"],
)
def test_everything_is_told_once_whenever_the_operator_dies(
    evidence: dict[str, EvidenceView], told: list[tuple[str, str]]
) -> None:
    """Who dies after telling and before writing that down tells it again: under the same id, and nothing else."""
    for writes in range(5):
        scene = serving("v1.0.0")
        scene.evidence |= evidence
        scene.release("v1.1.0", notifications=[OPS])
        asyncio.run(_run_with_deaths(scene, writes))
        once = dict(zip(scene.mailbox.ids, scene.mailbox.told, strict=True))
        assert list(once.values()) == told, writes
        assert scene.status().get("notices", []) == []
