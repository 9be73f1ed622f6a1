"""The API server over HTTP, with connections that stay open: the rescue of traffic is one request on a warm one."""

import itertools
import json
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, Self

import aiohttp

from bertrelease_operator.adapters.bodies import AnswerBounds
from bertrelease_operator.adapters.connection import Endpoint
from bertrelease_operator.adapters.errors import (
    ClusterError,
    ConflictError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    TooLargeError,
    UnreachableError,
)
from bertrelease_operator.adapters.resources import ResourceType, resource_of
from bertrelease_operator.api.names import FIELD_MANAGER
from bertrelease_operator.core.clipping import one_line
from bertrelease_operator.render.metadata import KubeObject

REQUEST_TIMEOUT_SECONDS: Final = 4.0
_CONNECTIONS: Final = 16
_PAGE_SIZE: Final = 500
# Longer than the lease's renewal interval, which so keeps one connection warm.
_KEEPALIVE_SECONDS: Final = 60
# Doing it twice has the same effect as once.
_REPEATABLE: Final = frozenset({"apply", "get", "list"})
_ERRORS: Final[dict[int, type[ClusterError]]] = {
    401: ForbiddenError,
    404: NotFoundError,
    409: ConflictError,
    **dict.fromkeys((429, 500, 502, 503, 504), UnreachableError),
}
# With an apply, the API server calls a field that the CRD does not know an internal error.
_LONGEST_QUOTE: Final = 200
_SCHEMA_COMPLAINT: Final = "failed to create typed patch object"
_APPLY_PATCH: Final = "application/apply-patch+yaml"  # JSON is YAML

# (verb, resource plural, HTTP status or "error", seconds)
RequestObserver = Callable[[str, str, str, float], None]


def _unobserved(_verb: str, _resource: str, _status: str, _seconds: float) -> None:
    pass


class HttpCluster:
    """Implements `Cluster`. Use as an async context manager.

    `bounds`: for a server that need not be trusted, as our own is.
    """

    def __init__(
        self, connection: Endpoint, observe: RequestObserver = _unobserved, *, bounds: AnswerBounds | None = None
    ) -> None:
        self._connection = connection
        self._observe = observe
        self._bounds = bounds
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(
            limit=_CONNECTIONS, keepalive_timeout=_KEEPALIVE_SECONDS, ssl=self._connection.ssl_context()
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            timeout=aiohttp.ClientTimeout(total=REQUEST_TIMEOUT_SECONDS),
            # What a few bytes unpack to has no bounds.
            auto_decompress=self._bounds is None,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()

    async def serves(self, resource: ResourceType) -> bool:
        try:
            answer = await self._request("get", "GET", resource, resource.root)
        except NotFoundError:
            return False
        return any(served["name"] == resource.plural for served in answer["resources"])

    async def list(self, resource: ResourceType, namespace: str | None = None) -> list[KubeObject]:
        parameters = {"limit": str(self._bounds.page_objects if self._bounds is not None else _PAGE_SIZE)}
        if resource.label_selector:
            parameters["labelSelector"] = resource.label_selector
        found: list[KubeObject] = []
        for page in itertools.count():
            if self._bounds is not None and page == self._bounds.pages:
                raise TooLargeError(f"list {resource.plural}: there are more than {page} pages")
            answer = await self._request("list", "GET", resource, resource.path(namespace), parameters)
            found += ({"apiVersion": resource.api_version, "kind": resource.kind, **item} for item in answer["items"])
            parameters["continue"] = answer["metadata"].get("continue", "")
            if not parameters["continue"]:
                break
        return found

    async def get(self, resource: ResourceType, namespace: str, name: str) -> KubeObject:
        return await self._request("get", "GET", resource, resource.path(namespace, name))

    async def apply(self, obj: KubeObject, *, resource_version: str | None = None) -> KubeObject:
        resource, metadata = resource_of(obj), obj["metadata"]
        if resource_version is not None:
            obj = {**obj, "metadata": {**metadata, "resourceVersion": resource_version}}
        return await self._request(
            "apply",
            "PATCH",
            resource,
            resource.path(metadata["namespace"], metadata["name"]),
            {"fieldManager": FIELD_MANAGER, "force": "true"},
            body=obj,
            content_type=_APPLY_PATCH,
        )

    async def merge(self, obj: KubeObject, *, subresource: str | None = None) -> KubeObject:
        resource, metadata = resource_of(obj), obj["metadata"]
        return await self._request(
            "patch",
            "PATCH",
            resource,
            resource.path(metadata["namespace"], metadata["name"], subresource),
            {"fieldManager": FIELD_MANAGER},
            body=obj,
            content_type="application/merge-patch+json",
        )

    async def create(self, obj: KubeObject) -> KubeObject:
        resource = resource_of(obj)
        path = resource.path(obj["metadata"]["namespace"])
        return await self._request("create", "POST", resource, path, {"fieldManager": FIELD_MANAGER}, body=obj)

    async def replace(self, obj: KubeObject) -> KubeObject:
        resource, metadata = resource_of(obj), obj["metadata"]
        path = resource.path(metadata["namespace"], metadata["name"])
        return await self._request("update", "PUT", resource, path, {"fieldManager": FIELD_MANAGER}, body=obj)

    async def delete(self, resource: ResourceType, namespace: str, name: str, *, uid: str) -> None:
        options = {"preconditions": {"uid": uid}, "propagationPolicy": "Background"}
        try:
            await self._request("delete", "DELETE", resource, resource.path(namespace, name), body=options)
        except NotFoundError:
            return

    async def _request(
        self,
        verb: str,
        method: str,
        resource: ResourceType,
        path: str,
        parameters: Mapping[str, str] | None = None,
        *,
        body: KubeObject | None = None,
        content_type: str = "application/json",
    ) -> KubeObject:
        headers = {"Content-Type": content_type, "Accept": "application/json"}
        if self._bounds is not None:
            headers["Accept-Encoding"] = "identity"
        authorization = await self._connection.authorization()
        if authorization is not None:
            headers["Authorization"] = authorization
        started, status, text = time.monotonic(), 0, b""
        try:
            status, text = await self._exchange(
                method,
                path,
                params=parameters,
                data=json.dumps(body, separators=(",", ":")).encode() if body is not None else None,
                headers=headers,
                # A kept connection may turn out to be closed only when it is used.
                attempts=2 if verb in _REPEATABLE else 1,
            )
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            msg = f"{verb} {path}: {type(error).__name__} {error}".rstrip()
            raise UnreachableError(msg) from error
        finally:
            self._observe(verb, resource.plural, str(status or "error"), time.monotonic() - started)
        if status >= 300:
            raise _error_of(status, verb, resource, path, text)
        answer: KubeObject = json.loads(text)
        return answer

    async def _exchange(self, method: str, path: str, *, attempts: int, **request: Any) -> tuple[int, bytes]:
        """Status and body."""
        assert self._session is not None, "enter the context first"  # noqa: S101
        url = f"{self._connection.server}{path}"  # whose path, if it has one, stays before ours
        while True:
            attempts -= 1
            try:
                async with self._session.request(method, url, allow_redirects=False, **request) as response:
                    read = self._bounds.read(response) if self._bounds is not None else response.read()
                    return response.status, await read
            except (aiohttp.ServerDisconnectedError, ConnectionResetError):
                if not attempts:
                    raise


def _error_of(status: int, verb: str, resource: ResourceType, path: str, text: bytes) -> ClusterError:
    said = _message_of(text)
    what = f"{verb} {path}: {said}"
    if status == 403:
        group = f" in API group {resource.group!r}" if resource.group else ""
        rule = f"grant the operator the verb for {verb!r} on {resource.plural}{group}"
        return ForbiddenError(f"{what}; {rule} (the Helm chart grants all it needs)")
    if status == 500 and _SCHEMA_COMPLAINT in said:
        return InvalidError(f"{what}; install the CRDs of the operator's version")
    return _ERRORS.get(status, InvalidError)(f"{what} (HTTP {status})")


def _message_of(text: bytes) -> str:
    """The `message` of a Kubernetes Status, else the beginning of whatever it is."""
    try:
        answer: Any = json.loads(text)
    except (ValueError, RecursionError):
        answer = None
    if isinstance(answer, dict) and isinstance(answer.get("message"), str):
        return str(answer["message"])
    return one_line(text[:800].decode(errors="replace"), _LONGEST_QUOTE)
