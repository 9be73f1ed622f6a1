"""Kind webhook: asks a server of the user's own, with a signature that cannot be used again."""

import hashlib
import hmac
import json
import ssl
import time
from collections.abc import Callable
from typing import Any, Final

import aiohttp

from bertrelease_operator.adapters.bodies import read_body
from bertrelease_operator.adapters.cluster import Cluster
from bertrelease_operator.adapters.errors import ClusterError
from bertrelease_operator.adapters.gates.contract import GateQuestion, GateRunner
from bertrelease_operator.adapters.secrets import secret_value
from bertrelease_operator.api.status import Verdict
from bertrelease_operator.api.webhook import SigningKey, Webhook
from bertrelease_operator.core.clock import to_timestamp
from bertrelease_operator.core.gates.contract import GateResult

TIMESTAMP_HEADER: Final = "X-BertRelease-Timestamp"
SIGNATURE_HEADER: Final = "X-BertRelease-Signature"
# After an answer of "wait".
WAIT_SECONDS: Final = 10.0
_VERDICTS: Final = {"pass": Verdict.PASS, "fail": Verdict.FAIL, "wait": Verdict.INCONCLUSIVE}


class _NoAnswerError(Exception):
    """What came back is no verdict, or nothing did. The message is for the status, and so names no secret."""


class WebhookGate(GateRunner):
    """One request for each try."""

    def __init__(
        self, cluster: Cluster, session: aiohttp.ClientSession, *, now: Callable[[], float] = time.time
    ) -> None:
        self._cluster = cluster
        self._session = session
        self._now = now

    async def run(self, question: GateQuestion) -> GateResult:
        webhook = question.gate.webhook
        assert webhook is not None  # noqa: S101 - the CRD's rules: kind webhook has its section
        try:
            key = await self._key(question.namespace, webhook.secret) if webhook.secret is not None else None
            return _result_of(await self._answer(webhook, _body(question, self._now()), key))
        except _NoAnswerError as error:
            return GateResult(Verdict.NO_DATA, f"{webhook.url}: {error}.")

    async def _key(self, namespace: str, secret: SigningKey) -> bytes:
        try:
            return await secret_value(self._cluster, namespace, secret)
        except ClusterError as error:
            raise _NoAnswerError(f"the key to sign with cannot be read: {error}") from error

    async def _answer(self, webhook: Webhook, body: bytes, key: bytes | None) -> bytes:
        headers = {"Content-Type": "application/json", **(_signature(body, int(self._now()), key) if key else {})}
        try:
            async with self._session.post(
                webhook.url,
                data=body,
                headers=headers,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=webhook.timeout_seconds),
                ssl=_trust(webhook),
            ) as response:
                if response.status // 100 != 2:
                    raise _NoAnswerError(f"it answered with HTTP status {response.status}")
                return await read_body(response)
        except TimeoutError as error:
            raise _NoAnswerError(f"no answer within {webhook.timeout_seconds} s") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise _NoAnswerError(f"{type(error).__name__} {error}".strip()) from error


def _body(question: GateQuestion, now: float) -> bytes:
    """Flat, with the names of CloudEvents for what CloudEvents have. Equal ids are tries of the same passage."""
    run = question.run
    passage = f"{question.owner.uid}/{run.attempt}/{run.gate}/{run.point}"
    told: dict[str, Any] = {
        "specversion": "1.0",
        "type": "io.bertrelease.gate",
        "source": f"/namespaces/{question.namespace}/bertreleases/{question.release}",
        "id": hashlib.sha256(passage.encode()).hexdigest()[:32],
        "time": to_timestamp(now),
        "namespace": question.namespace,
        "release": question.release,
        "version": run.version,
        "stable": run.stable,
        "attempt": run.attempt,
        "gate": run.gate,
        "point": run.point,
        "url": question.urls[run.version],
        "image": question.image,
        "fingerprint": question.fingerprint,
    }
    return json.dumps(told, ensure_ascii=False).encode()


def _signature(body: bytes, timestamp: int, key: bytes) -> dict[str, str]:
    """Over timestamp, dot and body, so that a receiver can refuse what is old."""
    digest = hmac.new(key, f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    return {TIMESTAMP_HEADER: str(timestamp), SIGNATURE_HEADER: f"sha256={digest}"}


def _trust(webhook: Webhook) -> ssl.SSLContext | bool:
    """True: the system's certificates. Raises ValueError (of which SSLError is one) for certificates that are none."""
    return ssl.create_default_context(cadata=webhook.ca_bundle) if webhook.ca_bundle is not None else True


def _result_of(answer: bytes) -> GateResult:
    try:
        told = json.loads(answer)
        verdict, message = _VERDICTS[told["verdict"]], str(told.get("message", ""))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _NoAnswerError('its answer is not {"verdict": "pass", "fail" or "wait", "message": "..."}') from error
    waits = WAIT_SECONDS if verdict is Verdict.INCONCLUSIVE else None
    return GateResult(verdict, message or f"It says {told['verdict']}.", again_in_seconds=waits)
