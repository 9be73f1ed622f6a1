"""`Cluster` over the official client's connection handling; a plain request per call, no generated models."""

import json
import time
from collections.abc import Iterator, Mapping
from typing import Any, Final

from bertrelease_operator.api.names import (
    API_VERSION,
    GROUP,
    LABEL_RELEASE,
    RELEASE_PLURAL,
    REVISION_PLURAL,
)
from bertrelease_operator.cli.cluster import Update
from bertrelease_operator.cli.kube.failures import Request, refused, unreachable
from bertrelease_operator.cli.kube.watching import WatchStream, follow
from bertrelease_operator.cli.objects import Manifest

_CONNECT_SECONDS: Final = 5
_READ_SECONDS: Final = 30
# The server ends a watch after this long and it is opened again: a connection that died silently is noticed.
_WATCH_SECONDS: Final = 60
_PAGE: Final = 500
_FIELD_MANAGER: Final = "kubectl-bert"
_AUTHENTICATION: Final = "authentication.k8s.io"
_CONTENT_TYPES: Final = {"PATCH": "application/merge-patch+json", "POST": "application/json"}


class KubeCluster:
    """Works with the credentials of `settings` (a kubernetes Configuration)."""

    def __init__(self, settings: Any, namespace: str) -> None:
        from kubernetes.client import ApiClient

        self._client = ApiClient(settings)
        self._server: str = settings.host
        self._namespace = namespace

    @property
    def namespace(self) -> str:
        return self._namespace

    def user_name(self) -> str:
        request = Request("create", "selfsubjectreviews", _AUTHENTICATION, None)
        review = self._json("POST", request, body={"apiVersion": f"{_AUTHENTICATION}/v1", "kind": "SelfSubjectReview"})
        return str(review["status"]["userInfo"]["username"])

    def release(self, namespace: str, name: str) -> Manifest:
        return self._json("GET", Request("get", RELEASE_PLURAL, GROUP, namespace, name))

    def releases(self, namespace: str | None) -> list[Manifest]:
        return self._list(Request("list", RELEASE_PLURAL, GROUP, namespace))[0]

    def revisions(self, namespace: str, release: str) -> list[Manifest]:
        request = Request("list", REVISION_PLURAL, GROUP, namespace)
        return self._list(request, labelSelector=f"{LABEL_RELEASE}={release}")[0]

    def deployments(self, namespace: str, release: str) -> list[Manifest]:
        request = Request("list", "deployments", "apps", namespace)
        return self._list(request, labelSelector=f"{LABEL_RELEASE}={release}")[0]

    def patch_release(self, namespace: str, name: str, patch: Mapping[str, Any]) -> Manifest:
        request = Request("patch", RELEASE_PLURAL, GROUP, namespace, name)
        return self._json("PATCH", request, {"fieldManager": _FIELD_MANAGER}, dict(patch))

    def watch_releases(self, namespace: str | None, name: str | None) -> Iterator[Update]:
        selector = {"fieldSelector": f"metadata.name={name}"} if name is not None else {}
        listing = Request("list", RELEASE_PLURAL, GROUP, namespace)
        return follow(
            lambda: self._list(listing, **selector),
            lambda resource_version: self._watch(namespace, selector, resource_version),
            time.sleep,
        )

    def _list(self, request: Request, **query: str) -> tuple[list[Manifest], str]:
        """All items over all pages, and the resourceVersion of the listing."""
        items: list[Manifest] = []
        following: dict[str, str] = {}
        while True:
            page = self._json("GET", request, {"limit": str(_PAGE), **query, **following})
            items += page["items"]
            token = page["metadata"].get("continue")
            if not token:
                return items, page["metadata"]["resourceVersion"]
            following = {"continue": token}

    def _watch(self, namespace: str | None, selector: Mapping[str, str], resource_version: str) -> WatchStream:
        from kubernetes.watch.watch import iter_resp_lines
        from urllib3.exceptions import HTTPError

        query = {
            "watch": "true",
            "allowWatchBookmarks": "true",
            "resourceVersion": resource_version,
            "timeoutSeconds": str(_WATCH_SECONDS),
            **selector,
        }
        request = Request("watch", RELEASE_PLURAL, GROUP, namespace)
        response = self._send("GET", request, query, None, read_seconds=_WATCH_SECONDS + _READ_SECONDS)
        try:
            for line in iter_resp_lines(response.response):
                if line:
                    yield json.loads(line)
        except (HTTPError, OSError) as error:
            raise unreachable(self._server, error) from error
        finally:
            response.response.close()

    def _json(
        self, method: str, request: Request, query: Mapping[str, str] | None = None, body: Any = None
    ) -> dict[str, Any]:
        from urllib3.exceptions import HTTPError

        response = self._send(method, request, query or {}, body, read_seconds=_READ_SECONDS)
        try:
            decoded: dict[str, Any] = json.loads(response.read())
        except (HTTPError, OSError) as error:
            raise unreachable(self._server, error) from error
        return decoded

    def _send(self, method: str, request: Request, query: Mapping[str, str], body: Any, *, read_seconds: int) -> Any:
        """The client's response with its body unread; raises for every status from 400 on."""
        from kubernetes.client.exceptions import ApiException
        from urllib3.exceptions import HTTPError

        content_type = {"Content-Type": _CONTENT_TYPES[method]} if body is not None else {}
        headers = {"Accept": "application/json", **content_type}
        prepared = self._client.param_serialize(
            method, _path(request), query_params=list(query.items()), header_params=headers, body=body,
            auth_settings=["BearerToken"],
        )  # fmt: skip
        try:
            response = self._client.call_api(*prepared, _request_timeout=(_CONNECT_SECONDS, read_seconds))
            if response.status >= 400:
                raise refused(request, response.status, response.read().decode(errors="replace"))
        except ApiException as error:  # TLS
            raise unreachable(self._server, RuntimeError(error.reason)) from error
        except (HTTPError, OSError) as error:
            raise unreachable(self._server, error) from error
        return response


def _path(request: Request) -> str:
    from urllib.parse import quote

    version = API_VERSION if request.group == GROUP else "v1"
    scope = f"/namespaces/{quote(request.namespace, safe='')}" if request.namespace is not None else ""
    name = f"/{quote(request.name, safe='')}" if request.name is not None else ""
    return f"/apis/{request.group}/{version}{scope}/{request.resource}{name}"
