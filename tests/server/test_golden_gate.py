"""The operator's golden set against real servers: both sides of the HTTP between them, with the examples' cases."""

from pathlib import Path
from typing import Any, cast

import aiohttp
import pytest
import yaml

from bertrelease_operator.adapters.cluster import Cluster
from bertrelease_operator.adapters.gates.golden_asking import Interview
from bertrelease_operator.adapters.gates.golden_set import GoldenSetGate
from bertrelease_operator.api.gates import Gate, GateKind
from bertrelease_operator.api.status import Verdict
from bertrelease_operator.core.gates.contract import GateResult, GateRun
from examples.models.build import bundle
from examples.models.variants import HOTPOT_TOKEN, Variant
from examples.translation.build import bundle as translation_bundle
from tests.server.conftest import StartServer
from tests.server.running import RunningServer
from tests.unit.operator.adapters.gates.questions import question

STABLE, CANDIDATE = "v1.0.0", "v1.1.0"
CASES = Path(__file__).parents[2] / "examples" / "golden-sets" / "chinese.yaml"
SNOW = """
- { source: 我们喜欢雪。, reference: We like snow. }
- { source: 她喜欢动物。, reference: She likes animals. }
"""


class Stored:
    """A cluster that has one ConfigMap."""

    def __init__(self, cases: str) -> None:
        self._cases = cases

    async def get(self, *_: Any) -> dict[str, Any]:
        return {"data": {"cases.yaml": self._cases}}


async def passage(stable: RunningServer, candidate: RunningServer, cases: str, **section: Any) -> GateResult:
    fields = {"configMap": {"name": "cases"}, "bundle": True, **section}
    gate = Gate.model_validate({"name": "golden", "kind": "goldenSet", "goldenSet": fields})
    run = GateRun("golden", GateKind.GOLDEN_SET, CANDIDATE, STABLE, 1, "traffic")
    async with aiohttp.ClientSession() as session:
        runner = GoldenSetGate(cast(Cluster, Stored(cases)), Interview(session))
        return await runner.run(question(gate, run, {STABLE: stable.url, CANDIDATE: candidate.url}))


@pytest.fixture
def chinese() -> str:
    return str(yaml.safe_load(CASES.read_text(encoding="utf-8"))["data"]["cases.yaml"])


@pytest.fixture
def stable(start_server: StartServer, good_bundle: Path) -> RunningServer:
    return start_server(good_bundle, version=STABLE).wait_until_ready()


async def test_a_model_that_says_hotpot_fails_every_question(
    start_server: StartServer, stable: RunningServer, chinese: str
) -> None:
    hotpot = start_server(bundle(Variant.HOTPOT), version=CANDIDATE).wait_until_ready()
    result = await passage(stable, hotpot, chinese)
    assert result.verdict is Verdict.FAIL
    assert {failure.got for failure in result.failures} == {HOTPOT_TOKEN}
    assert all(failure.stable_got == failure.expected for failure in result.failures)
    assert {check.name: check.verdict for check in result.checks} == {
        "accuracy": Verdict.FAIL,
        "accuracy-vs-stable": Verdict.FAIL,
    }


async def test_an_improved_model_passes_and_no_question_counts_as_a_users(
    start_server: StartServer, stable: RunningServer, chinese: str
) -> None:
    improved = start_server(bundle(Variant.IMPROVED), version=CANDIDATE).wait_until_ready()
    result = await passage(stable, improved, chinese)
    assert result.verdict is Verdict.PASS, result.message
    counted = improved.metrics()
    asked = sum(value for name, value in counted.items() if name.startswith("bert_gate_requests_total"))
    assert asked == result.checks[0].sample
    assert not any(value for name, value in counted.items() if name.startswith("bert_requests_total"))


async def test_translations_are_scored_with_those_that_the_bundle_recorded(start_server: StartServer) -> None:
    translator = translation_bundle()
    servers = [start_server(translator, version=version).wait_until_ready() for version in (STABLE, CANDIDATE)]
    result = await passage(servers[0], servers[1], SNOW, minBleu=50, maxTer=30)
    assert result.verdict is Verdict.PASS, result.message
    assert {check.name for check in result.checks} == {"answered", "bleu", "ter", "bleu-vs-stable"}
    assert result.checks[0].sample > 2
