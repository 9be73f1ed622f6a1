"""What real servers keep of their answers, read and judged as the operator does it: the contract between the two."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field

import aiohttp
import pytest

from bertrelease_operator.adapters.pod_metrics import PodMetrics
from bertrelease_operator.adapters.predictions import WithPredictions
from bertrelease_operator.adapters.source import PodTarget, Question
from bertrelease_operator.api.health import Health
from bertrelease_operator.api.status import CheckStatus, Verdict
from bertrelease_operator.core.evidence.gather import EvidenceState, advance
from bertrelease_operator.core.evidence.judge import judge
from bertrelease_operator.core.observation import Watch
from examples.models.build import bundle
from examples.models.texts import questions
from examples.models.variants import Variant
from tests.integration.local_prometheus import free_port
from tests.server.conftest import StartServer
from tests.server.running import RunningServer

STABLE, CANDIDATE = "v1.0.0", "v1.1.0"
ADDRESSES = {STABLE: "127.0.0.21", CANDIDATE: "127.0.0.22"}
WATCH = Watch(CANDIDATE, STABLE, "1/mirror/step-0", gets_copies=True)
HEALTH = Health.model_validate({"memory": None, "predictionDrift": {"minimumSample": 40, "maxConfidenceShift": 20}})


@dataclass
class Mirrored:
    """Two servers that get the same requests, each under one id, and looks at both."""

    servers: dict[str, RunningServer]
    port: int  # of the metrics, at the address of each
    state: EvidenceState = field(default_factory=EvidenceState)
    clock: Iterator[int] = field(default_factory=lambda: itertools.count(1000))
    ids: Iterator[int] = field(default_factory=itertools.count)

    def ask(self, texts: list[str]) -> None:
        for text in texts:
            headers = {"x-request-id": f"4f1d7a52-0000-4000-8000-{next(self.ids):012d}"}
            for server in self.servers.values():
                assert server.client.post("/fill-mask", json={"text": text}, headers=headers).status_code == 200

    async def look(self) -> None:
        targets = tuple(PodTarget(version, version, address, version, True) for version, address in ADDRESSES.items())
        cursors = self.state.predictions.cursors
        question = Question("default", "bert", CANDIDATE, STABLE, targets, HEALTH, cursors)
        at = float(next(self.clock))
        async with aiohttp.ClientSession() as session:
            pods = PodMetrics(session, port=self.port, now=lambda: at)
            look = await WithPredictions(pods, session, port=self.port).look(question)
        assert not look.down
        assert not look.predictions_down
        self.state = advance(self.state, WATCH, look, HEALTH)

    def check(self, name: str) -> CheckStatus:
        checks = judge(self.state, WATCH, HEALTH, float(next(self.clock))).checks
        return next(check for check in checks if check.name == name)


def mirrored(start_server: StartServer, candidate: Variant) -> Mirrored:
    port = free_port()
    servers = {}
    for version, variant in {STABLE: Variant.GOOD, CANDIDATE: candidate}.items():
        address = ADDRESSES[version]
        server = start_server(bundle(variant), version=version, host=address, metrics_port=port).wait_until_ready()
        server.client.base_url = f"http://{address}:{server.port}"
        servers[version] = server
    return Mirrored(servers, port)


@pytest.mark.parametrize(
    ("candidate", "verdict"), [(Variant.IMPROVED, Verdict.PASS), (Variant.HOTPOT, Verdict.FAIL)], ids=str
)
async def test_answers_to_the_same_requests_are_paired_and_judged(
    start_server: StartServer, candidate: Variant, verdict: Verdict
) -> None:
    both = mirrored(start_server, candidate)
    texts = [question.text for question in questions()[:50]]
    await both.look()
    for _ in range(3):
        both.ask(texts)
        await both.look()
    await both.look()  # a pair counts one look after it is complete
    drift, shift = both.check("prediction-drift"), both.check("confidence-shift")
    assert (drift.verdict, drift.sample) == (verdict, 150)
    assert shift.sample == 50  # the stable version's first 100 scores are only learnt from
    assert (shift.verdict is Verdict.FAIL) == (candidate is Variant.HOTPOT), shift
