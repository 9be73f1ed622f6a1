"""Puts the cases of a golden set to one version, through its own Service."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import aiohttp

from bertrelease_operator.adapters.bodies import read_body
from bertrelease_operator.api.golden_cases import FillMaskCase, GoldenCase, SimilarityCase
from bertrelease_operator.api.names import API_KEY_HEADER, GATE_HEADER
from bertrelease_operator.core.clipping import one_line
from bertrelease_operator.core.gates.golden_answers import Answer

_DEADLINE_HEADER: Final = "x-request-deadline-ms"

_TRIES: Final = 3
# A server under load, or a limit of requests by client, lets everybody in sooner or later.
_MOST_WAITS: Final = 20
_PAUSE_SECONDS: Final = 1.0
_SPARE_SECONDS: Final = 1.0  # for the way there and back, so that the server's own refusal is heard
_REFUSED: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
_LATER: Final = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
_LONGEST_DETAIL: Final = 200


class CannotAskError(Exception):
    """The version did not take the questions; says nothing about its answers."""


@contextlib.asynccontextmanager
async def together() -> AsyncIterator[asyncio.TaskGroup]:
    """Tasks of which the first failure ends all others, and is raised by itself."""
    try:
        async with asyncio.TaskGroup() as group:
            yield group
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from failed


@dataclass(frozen=True, slots=True)
class Asked:
    """Whom to ask, and how."""

    version: str
    url: str
    gate: str
    timeout_seconds: float
    concurrency: int
    api_key: str | None = None


class Interview:
    """Questions to versions, over one HTTP session."""

    def __init__(
        self, session: aiohttp.ClientSession, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._session = session
        self._sleep = sleep

    async def ask_all(self, asked: Asked, cases: Iterable[GoldenCase]) -> dict[str, Answer]:
        """Answers by the ids of the cases. Raises CannotAskError if a single case could not be asked."""
        answers: dict[str, Answer] = {}
        waiting = iter(cases)

        async def ask_in_turn() -> None:
            for case in waiting:
                answers[case.id] = await self._ask(asked, case)

        async with together() as group:
            for _ in range(asked.concurrency):
                group.create_task(ask_in_turn())
        return answers

    async def recorded(self, asked: Asked) -> Any:
        """What `GET /golden` tells. Raises CannotAskError."""
        status, body = await self._exchange(asked, "/golden", None)
        if status != HTTPStatus.OK:
            raise CannotAskError(
                f"{asked.version} does not tell what its bundle recorded ({status}): write the cases into a ConfigMap"
            )
        return body

    async def _ask(self, asked: Asked, case: GoldenCase) -> Answer:
        path, question = _question(case)
        status, body = await self._exchange(asked, path, question)
        if status != HTTPStatus.OK:
            return Answer(problem=f"{status}: {_detail(body)}")
        try:
            answer = _answer(case, body)
            answered_by = body["version"]
        except (KeyError, TypeError, ValueError):
            return Answer(problem=f"not an answer to {path}: {one_line(str(body), _LONGEST_DETAIL)}")
        if answered_by != asked.version:
            raise CannotAskError(f"{answered_by} answers at {asked.url} instead of {asked.version}")
        return answer

    async def _exchange(self, asked: Asked, path: str, question: Mapping[str, Any] | None) -> tuple[int, Any]:
        """Status and JSON of the answer, after some patience with a server that is busy or just coming up."""
        failures = waits = 0
        while True:
            try:
                status, body = await self._once(asked, path, question)
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                failures += 1
                if failures == _TRIES:
                    raise CannotAskError(_unheard(asked, str(error) or type(error).__name__)) from error
            else:
                if status in _REFUSED:
                    raise CannotAskError(_refusal(asked, status, body))
                if status in _LATER:
                    waits += 1
                    if waits == _MOST_WAITS:
                        raise CannotAskError(_unheard(asked, f"{status}: {_detail(body)}"))
                elif status < HTTPStatus.INTERNAL_SERVER_ERROR or failures == _TRIES - 1:
                    return status, body
                else:
                    failures += 1
            await self._sleep(_PAUSE_SECONDS)

    async def _once(self, asked: Asked, path: str, question: Mapping[str, Any] | None) -> tuple[int, Any]:
        headers = {GATE_HEADER: asked.gate, _DEADLINE_HEADER: str(round(1000 * asked.timeout_seconds))}
        if asked.api_key is not None:
            headers[API_KEY_HEADER] = asked.api_key
        async with self._session.request(
            "GET" if question is None else "POST",
            f"{asked.url}{path}",
            json=question,
            headers=headers,
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(total=asked.timeout_seconds + _SPARE_SECONDS),
        ) as response:
            content = await read_body(response)
        try:
            return response.status, json.loads(content)
        except ValueError:
            return response.status, content.decode(errors="replace")


def _question(case: GoldenCase) -> tuple[str, dict[str, Any]]:
    if isinstance(case, FillMaskCase):
        return "/fill-mask", {"text": case.text, "top_k": case.top_k}
    if isinstance(case, SimilarityCase):
        return "/semantic-similarity", {"text": case.a, "other": case.b}
    return "/translate", {"text": case.source}


def _answer(case: GoldenCase, body: Any) -> Answer:
    if isinstance(case, FillMaskCase):
        return Answer(said=tuple(str(candidate["token"]) for candidate in body["result"]))
    if isinstance(case, SimilarityCase):
        return Answer(similarity=float(body["similarity"]))
    return Answer(said=(str(body["translation"]),))


def _unheard(asked: Asked, problem: str) -> str:
    return (
        f"{asked.version} does not answer at {asked.url}: {problem}. If the mesh asks for mutual TLS, give the "
        "operator a sidecar (mesh.enabled in its chart)"
    )


def _refusal(asked: Asked, status: int, body: Any) -> str:
    return (
        f"{asked.version} refuses the operator at {asked.url} ({status}: {_detail(body)}): give the operator a "
        "sidecar (mesh.enabled in its chart), or name its API keys in config.apiKeys"
    )


def _detail(body: Any) -> str:
    """Of a problem as the server words it, or of what a proxy said instead."""
    told = body.get("detail", body) if isinstance(body, dict) else body
    return one_line(str(told), _LONGEST_DETAIL)
