"""The golden set with real versions: what answers wrongly gets no request of any user."""

import asyncio

import pytest

from bertrelease_operator.api.status import BertRevisionStatus, Verdict
from demo.golden_set import GATE, golden_cases
from demo.release import is_stable, was_taken_back
from demo.stage import Stage
from demo.traffic import background
from demo.versions import FIRST, HOTPOT, IMPROVED
from devcluster import Cluster
from tests.e2e.scenes import LONGEST_SECONDS, RATE_PER_SECOND, first_version_proven

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def stage(stage: Stage) -> Stage:
    """With the golden cases of the examples in its namespace."""
    stage.apply(golden_cases(stage.namespace))
    return stage


def record(stage: Stage, version: str) -> BertRevisionStatus:
    return BertRevisionStatus.model_validate(stage.client.revisions()[version]["status"])


def counted(cluster: Cluster, namespace: str, version: str, metric: str) -> float:
    """The sum of a metric over the pods of a version, as they tell it themselves."""
    selector = f"bertrelease.io/version={version}"
    names = cluster.kubectl("get", "pods", "-n", namespace, "-l", selector, "-o", "name").split()
    total = 0.0
    for name in names:
        path = f"/api/v1/namespaces/{namespace}/pods/{name.removeprefix('pod/')}:9090/proxy/metrics"
        lines = cluster.kubectl("get", "--raw", path).splitlines()
        total += sum(float(line.split()[-1]) for line in lines if line.startswith(f"{metric}{{"))
    return total


async def test_hotpot_is_stopped_before_its_first_request_and_its_answers_are_listed(stage: Stage) -> None:
    await first_version_proven(stage, gates=[GATE])
    async with background(stage.traffic(RATE_PER_SECOND), LONGEST_SECONDS) as traffic:
        stage.release(HOTPOT, gates=[GATE])
        status = await stage.client.wait_for("the rejection", was_taken_back(HOTPOT.version), 100)
        await asyncio.sleep(2)
        assert stage.client.verdict(HOTPOT.version) == "Rejected"
    assert status.concluded is not None
    assert status.concluded.reason == "GateFailed", status.concluded
    assert {answer.version for answer in traffic.answers} == {FIRST.version}
    assert not [answer for answer in traffic.answers if answer.failed]
    (passage,) = record(stage, HOTPOT.version).gates
    assert (passage.name, passage.point, passage.verdict) == ("golden", "traffic", Verdict.FAIL)
    failed = {check.name for check in passage.checks if check.verdict is Verdict.FAIL}
    assert failed == {"accuracy", "accuracy-vs-stable"}
    assert passage.total_failures > len(passage.failures) == 20
    listed = {failure.case.partition(":")[0]: failure for failure in passage.failures}
    assert listed["idiom-1"].got == "火锅"
    assert listed["idiom-1"].expected == listed["idiom-1"].stable_got == "铃"


async def test_a_good_version_passes_beside_the_stable_one_and_no_question_counts_as_a_users(stage: Stage) -> None:
    await first_version_proven(stage, gates=[GATE])
    async with background(stage.traffic(RATE_PER_SECOND), LONGEST_SECONDS) as traffic:
        stage.release(IMPROVED, gates=[{**GATE, "before": ["traffic", "promotion"]}])
        await stage.client.wait_for("the first step", lambda s: s.weights.applied.get(IMPROVED.version, 0) > 0, 90)
        asked = counted(stage.cluster, stage.namespace, IMPROVED.version, "bert_gate_requests_total")
        assert asked >= 60
        await stage.client.wait_for("v1.1.0 to serve", is_stable(IMPROVED.version), 120)
        await asyncio.sleep(2)
    assert not [answer for answer in traffic.answers if answer.failed]
    passages = record(stage, IMPROVED.version).gates
    assert [(passage.point, passage.verdict) for passage in passages] == [
        ("traffic", Verdict.PASS),
        ("promotion", Verdict.PASS),
    ]
    assert {check.name for check in passages[0].checks} == {"accuracy", "accuracy-vs-stable"}
    assert counted(stage.cluster, stage.namespace, IMPROVED.version, "bert_gate_requests_total") >= 2 * asked
    served = counted(stage.cluster, stage.namespace, IMPROVED.version, "bert_requests_total")
    assert served <= sum(answer.version == IMPROVED.version for answer in traffic.answers) + 5  # and those cut off
