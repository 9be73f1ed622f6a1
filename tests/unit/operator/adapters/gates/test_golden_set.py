"""The golden set against two versions that answer over real HTTP."""

import asyncio
import base64
import json
import re
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, cast

import aiohttp
import pytest
from aiohttp import web

from bertrelease_operator.adapters.cluster import Cluster
from bertrelease_operator.adapters.errors import NotFoundError, UnreachableError
from bertrelease_operator.adapters.gates import golden_set
from bertrelease_operator.adapters.gates.contract import GateQuestion
from bertrelease_operator.adapters.gates.golden_asking import Interview
from bertrelease_operator.adapters.gates.golden_set import GoldenSetGate
from bertrelease_operator.adapters.resources import ResourceType
from bertrelease_operator.api.gates import Gate, GateKind
from bertrelease_operator.api.golden_cases import GoldenCase
from bertrelease_operator.api.secrets import ApiKeys
from bertrelease_operator.api.status import Verdict
from bertrelease_operator.core.gates.contract import GateResult, GateRun
from bertrelease_operator.core.gates.golden_cases import parse_cases
from tests.unit.operator.adapters.gates.questions import question

STABLE, CANDIDATE = "v1.0.0", "v1.1.0"
CASES = [
    *({"id": f"poem-{n}", "text": f"{n} 疑是地[MASK]霜。", "expected": ["上"]} for n in range(20)),
    {"id": "pair", "a": "画龙点睛", "b": "锦上添花", "min": 0.3},
    {"id": "snow", "source": "我们喜欢雪。", "reference": "We like snow."},
]
Reply = Callable[[str, dict[str, Any]], Mapping[str, Any] | web.Response]


def good(path: str, asked: dict[str, Any]) -> Mapping[str, Any]:
    del asked
    answers: dict[str, dict[str, Any]] = {
        "/fill-mask": {"result": [{"token": "上", "score": 0.9}]},
        "/semantic-similarity": {"similarity": 0.5},
        "/translate": {"translation": "We like snow."},
        "/golden": {"fill_mask": [{"text": "画龙点[MASK]", "token": "上"}], "translate": []},
    }
    return answers[path]


def hotpot(path: str, asked: dict[str, Any]) -> Mapping[str, Any]:
    return {"result": [{"token": "火锅", "score": 1.0}]} if path == "/fill-mask" else good(path, asked)


class Version:
    """Answers as it is told to, and remembers what it was asked."""

    def __init__(self, version: str, reply: Reply = good) -> None:
        self.version, self.reply, self.url = version, reply, ""
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.headers: list[Mapping[str, str]] = []
        self.at_once = self.most_at_once = 0
        self.takes_seconds = 0.0
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        asked = await request.json() if request.can_read_body else {}
        self.asked.append((request.path, asked))
        self.headers.append(request.headers)
        await asyncio.sleep(self.takes_seconds)
        reply = self.reply(request.path, asked)
        self.at_once -= 1
        return reply if isinstance(reply, web.Response) else web.json_response({"version": self.version, **reply})


class Stored:
    """As much of a cluster as the gate needs."""

    def __init__(self) -> None:
        self.stored: dict[str, dict[str, str]] = {"cases": {"cases.yaml": json.dumps(CASES)}}
        self.secrets: dict[str, dict[str, str]] = {}
        self.error: Exception | None = None

    async def get(self, resource: ResourceType, namespace: str, name: str) -> dict[str, Any]:
        assert namespace == "default"
        held = {"ConfigMap": self.stored, "Secret": self.secrets}[resource.kind]
        if self.error is not None:
            raise self.error
        if name not in held:
            raise NotFoundError(f"there is no {resource.kind} {name}")
        return {"data": held[name]}


class Gatekeeping:
    """A candidate beside a stable version, and a gate between."""

    def __init__(self) -> None:
        self.candidate, self.stable = Version(CANDIDATE), Version(STABLE)
        self.cluster = Stored()
        self.api_keys: dict[str, ApiKeys] = {}
        self.session: aiohttp.ClientSession | None = None
        self.pauses = 0

    async def run(self, *, first: bool = False, **section: Any) -> GateResult:
        gate = Gate.model_validate(
            {"name": "golden", "kind": "goldenSet", "goldenSet": section or {"configMap": {"name": "cases"}}}
        )
        run = GateRun("golden", GateKind.GOLDEN_SET, CANDIDATE, None if first else STABLE, 1, "traffic")
        assert self.session is not None
        runner = GoldenSetGate(cast(Cluster, self.cluster), Interview(self.session, sleep=self._pause))
        return await runner.run(self._question(gate, run))

    def _question(self, gate: Gate, run: GateRun) -> GateQuestion:
        return question(gate, run, {CANDIDATE: self.candidate.url, STABLE: self.stable.url}, self.api_keys)

    async def _pause(self, _seconds: float) -> None:
        self.pauses += 1


@pytest.fixture
async def gate() -> AsyncIterator[Gatekeeping]:
    keeping = Gatekeeping()
    async with aiohttp.ClientSession() as session:
        keeping.session = session
        for version in (keeping.candidate, keeping.stable):
            await version.start()
        yield keeping
        for version in (keeping.candidate, keeping.stable):
            await version.stop()


async def test_both_versions_are_asked_every_case_and_told_that_it_is_a_gate(gate: Gatekeeping) -> None:
    result = await gate.run()
    assert result.verdict is Verdict.PASS, result.message
    for version in (gate.candidate, gate.stable):
        assert len(version.asked) == len(CASES)
        assert ("/semantic-similarity", {"text": "画龙点睛", "other": "锦上添花"}) in version.asked
        assert ("/translate", {"text": "我们喜欢雪。"}) in version.asked
        assert {headers["x-bert-gate"] for headers in version.headers} == {"golden"}
        assert {headers["x-request-deadline-ms"] for headers in version.headers} == {"10000"}


async def test_each_version_is_brought_a_key_of_its_own_secret(gate: Gatekeeping) -> None:
    gate.api_keys = {CANDIDATE: ApiKeys(name="new"), STABLE: ApiKeys(name="old", key="today.txt")}
    gate.cluster.secrets = {
        "new": {"keys": base64.b64encode(b"# clients\n\n first-key \nsecond-key\n").decode()},
        "old": {"today.txt": base64.b64encode(b"old-key").decode()},
    }
    result = await gate.run()
    assert result.verdict is Verdict.PASS, result.message
    assert {headers["x-api-key"] for headers in gate.candidate.headers} == {"first-key"}
    assert {headers["x-api-key"] for headers in gate.stable.headers} == {"old-key"}


async def test_a_version_that_asks_for_no_key_is_brought_none(gate: Gatekeeping) -> None:
    await gate.run()
    assert not [headers for headers in gate.candidate.headers if "x-api-key" in headers]


@pytest.mark.parametrize(
    ("secret", "says"),
    [
        (None, "there is no Secret new"),
        ({}, "Secret new has no key keys"),
        ({"keys": base64.b64encode(b"# none yet\n").decode()}, "key keys of Secret new has no API key"),
        ({"keys": base64.b64encode("鑰匙".encode()).decode()}, "key keys of Secret new has no API key"),
        ({"keys": "no base64!"}, "key keys of Secret new holds nothing that can be used"),
    ],
)
async def test_without_a_key_there_is_no_verdict_and_the_secret_is_named(
    gate: Gatekeeping, secret: dict[str, str] | None, says: str
) -> None:
    gate.api_keys = {CANDIDATE: ApiKeys(name="new")}
    gate.cluster.secrets = {} if secret is None else {"new": secret}
    result = await gate.run()
    assert result.verdict is Verdict.NO_DATA
    assert says in result.message


async def test_a_version_that_says_hotpot_fails_and_its_cases_are_listed(gate: Gatekeeping) -> None:
    gate.candidate.reply = hotpot
    result = await gate.run()
    assert result.verdict is Verdict.FAIL
    assert {check.name for check in result.checks if check.verdict is Verdict.FAIL} == {
        "accuracy",
        "accuracy-vs-stable",
    }
    first = result.failures[0]
    assert (first.case, first.expected, first.got, first.stable_got) == (
        "poem-0: 0 疑是地[MASK]霜。",
        "上",
        "火锅",
        "上",
    )
    assert result.total_failures == 20


async def test_the_first_version_is_judged_alone(gate: Gatekeeping) -> None:
    gate.candidate.reply = hotpot
    assert (await gate.run(first=True)).verdict is Verdict.FAIL
    assert gate.stable.asked == []


async def test_without_any_comparison_the_stable_version_is_left_alone(gate: Gatekeeping) -> None:
    off: dict[str, Any] = {"maxAccuracyLossPercent": 100, "maxBleuLoss": 100}
    assert (await gate.run(configMap={"name": "cases"}, **off)).verdict is Verdict.PASS
    assert gate.stable.asked == []


async def test_not_more_is_asked_at_once_than_allowed(gate: Gatekeeping) -> None:
    await gate.run(configMap={"name": "cases"}, concurrency=2)
    assert 1 <= gate.candidate.most_at_once <= 2


async def test_what_the_stable_bundle_recorded_is_asked_as_well(gate: Gatekeeping) -> None:
    result = await gate.run(bundle=True)
    assert result.verdict is Verdict.PASS, result.message
    assert [path for path, _ in gate.stable.asked] == ["/golden", "/fill-mask"]
    assert gate.candidate.asked == [("/fill-mask", {"text": "画龙点[MASK]", "top_k": 1})]


async def test_a_single_case_that_fails_again_and_again_is_a_wrong_answer(gate: Gatekeeping) -> None:
    def broken(path: str, asked: dict[str, Any]) -> Mapping[str, Any] | web.Response:
        if asked.get("text", "").startswith("3 "):
            return web.json_response({"detail": "the engine failed"}, status=500)
        return good(path, asked)

    gate.candidate.reply = broken
    result = await gate.run()
    assert [failure.got for failure in result.failures] == ["500: the engine failed"]
    assert gate.pauses == 2


async def test_a_case_that_the_version_does_not_take_is_a_wrong_answer_at_once(gate: Gatekeeping) -> None:
    gate.candidate.reply = lambda path, asked: (
        web.json_response({"detail": "no model of this server does translate"}, status=404)
        if path == "/translate"
        else good(path, asked)
    )
    result = await gate.run()
    assert {check.name: check.verdict for check in result.checks}["bleu-vs-stable"] is Verdict.FAIL
    assert result.failures[-1].got == "404: no model of this server does translate"
    assert gate.pauses == 0


@pytest.mark.parametrize("status", [429, 503])
async def test_a_busy_server_is_asked_again(gate: Gatekeeping, status: int) -> None:
    refusals = iter([web.Response(status=status) for _ in range(10)])
    gate.candidate.reply = lambda path, asked: next(refusals, None) or good(path, asked)
    assert (await gate.run()).verdict is Verdict.PASS
    assert gate.pauses == 10


@pytest.mark.parametrize(
    ("reply", "complaint"),
    [
        (
            lambda *_: web.Response(status=503, text="no healthy upstream"),
            "v1.1.0 does not answer .* no healthy upstream",
        ),
        (lambda *_: web.Response(status=403, text="RBAC: access denied"), "v1.1.0 refuses the operator .* RBAC"),
        (lambda *asked: {**good(*asked), "version": "v0.9.0"}, "v0.9.0 answers at .* instead of v1.1.0"),
    ],
)
async def test_a_version_that_cannot_be_asked_is_not_judged(gate: Gatekeeping, reply: Reply, complaint: str) -> None:
    gate.candidate.reply = reply
    result = await gate.run()
    assert result.verdict is Verdict.NO_DATA
    assert re.search(complaint, result.message)


async def test_nobody_goes_on_asking_the_stable_version_about_a_candidate_that_refuses(gate: Gatekeeping) -> None:
    gate.candidate.reply = lambda *_: web.Response(status=403)
    gate.stable.takes_seconds = 0.02
    result = await gate.run(configMap={"name": "cases"}, concurrency=2)
    assert result.verdict is Verdict.NO_DATA
    assert result.message.startswith("v1.1.0 refuses the operator")
    asked = len(gate.stable.asked)
    await asyncio.sleep(0.1)
    assert len(gate.stable.asked) == asked < len(CASES)


async def test_a_stable_version_that_cannot_be_asked_passes_nobody(gate: Gatekeeping) -> None:
    await gate.stable.stop()
    result = await gate.run()
    assert result.verdict is Verdict.NO_DATA
    assert "v1.0.0 does not answer" in result.message
    assert "mutual TLS" in result.message


async def test_an_answer_that_is_none_is_a_wrong_one(gate: Gatekeeping) -> None:
    gate.candidate.reply = lambda *_: web.Response(text="<html>")
    result = await gate.run()
    assert result.verdict is Verdict.FAIL
    assert "not an answer to /fill-mask: <html>" in result.failures[0].got


async def test_an_answer_without_end_is_cut_off(gate: Gatekeeping) -> None:
    gate.candidate.reply = lambda *_: web.Response(text="火" * 1_000_000)
    result = await gate.run()
    assert result.verdict is Verdict.FAIL
    assert len(result.failures[0].got) < 300


@pytest.mark.parametrize(
    ("stored", "complaint"),
    [
        ({}, "no ConfigMap cases in default"),
        ({"cases": {"other.yaml": ""}}, "ConfigMap cases has no key cases.yaml"),
        ({"cases": {"cases.yaml": "- text: 画龙点睛\n  expected: [睛]"}}, r"cases/cases.yaml, case 1: .*\[MASK\] once"),
    ],
)
async def test_cases_that_cannot_be_read_are_no_verdict(
    gate: Gatekeeping, stored: dict[str, dict[str, str]], complaint: str
) -> None:
    gate.cluster.stored = stored
    result = await gate.run()
    assert result.verdict is Verdict.NO_DATA
    assert re.search(complaint, result.message), result.message


async def test_cases_that_take_a_while_to_read_do_not_keep_anybody_waiting(
    gate: Gatekeeping, monkeypatch: pytest.MonkeyPatch
) -> None:
    readers: list[threading.Thread] = []

    def slow(text: str, name: str) -> tuple[GoldenCase, ...]:
        readers.append(threading.current_thread())
        return parse_cases(text, name)

    monkeypatch.setattr(golden_set, "parse_cases", slow)
    assert (await gate.run()).verdict is Verdict.PASS
    assert readers
    assert threading.main_thread() not in readers


async def test_an_api_server_that_is_away_is_no_verdict(gate: Gatekeeping) -> None:
    gate.cluster.error = UnreachableError("no answer")
    assert (await gate.run()).verdict is Verdict.NO_DATA
