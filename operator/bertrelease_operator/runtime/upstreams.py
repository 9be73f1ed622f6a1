"""What is known of the releases that others follow: from our own cache, or by asking another cluster."""

from collections.abc import Callable
from typing import Final

from bertrelease_operator.api.names import RELEASE_KIND, REVISION_KIND
from bertrelease_operator.api.promotion import Upstream
from bertrelease_operator.core.promotion.view import UpstreamView
from bertrelease_operator.render.metadata import KubeObject
from bertrelease_operator.runtime.observe import UnreadableError, read_upstream
from bertrelease_operator.runtime.records import ObjectKey, ReleaseKey
from bertrelease_operator.runtime.remote_upstreams import RemoteUpstreams
from bertrelease_operator.runtime.store import Store

_KINDS: Final = frozenset({RELEASE_KIND, REVISION_KIND})


class Upstreams:
    """Remembers who follows whom, so that followers are woken when there is news for them."""

    def __init__(
        self,
        store: Store,
        remote: RemoteUpstreams,
        wake: Callable[[ReleaseKey], None],
        namespaces: tuple[str, ...] = (),
    ) -> None:
        self._store = store
        self._remote = remote
        self._wake = wake
        self._namespaces = namespaces
        self._followed_by: dict[ReleaseKey, set[ReleaseKey]] = {}
        self._follows: dict[ReleaseKey, ReleaseKey] = {}

    def view(self, follower: ReleaseKey, upstream: Upstream | None) -> UpstreamView | None:
        """None if nothing is followed, or nothing is known yet. From now on `follower` is woken by news."""
        remote = upstream if upstream is not None and upstream.kubeconfig_secret_ref is not None else None
        source = (upstream.namespace or follower[0], upstream.name) if upstream is not None and remote is None else None
        self._remember(follower, source)
        if remote is not None:
            return self._remote.view(follower, remote)
        self._remote.forget(follower)
        return self._local(follower, source) if source is not None else None

    def heard(self, key: ObjectKey, release: ReleaseKey) -> None:
        """Fits `StoreListener`: something of `release` changed."""
        if key[0] in _KINDS:
            for follower in [*self._followed_by.get(release, ())]:
                self._wake(follower)

    def forget(self, follower: ReleaseKey) -> None:
        self._remember(follower, None)
        self._remote.forget(follower)

    def stop(self) -> None:
        """Asks nobody any more."""
        self._remote.stop()

    def _remember(self, follower: ReleaseKey, source: ReleaseKey | None) -> None:
        before = self._follows.get(follower)
        if before == source:
            return
        if before is not None:
            del self._follows[follower]
            self._followed_by[before].discard(follower)
            if not self._followed_by[before]:
                del self._followed_by[before]
        if source is not None:
            self._follows[follower] = source
            self._followed_by.setdefault(source, set()).add(follower)

    def _local(self, follower: ReleaseKey, source: ReleaseKey) -> UpstreamView:
        named = "/".join(source)
        if source == follower:
            return UpstreamView(problem=f"{named} cannot follow itself")
        if self._namespaces and source[0] not in self._namespaces:
            return UpstreamView(problem=f"this operator does not look after namespace {source[0]}")
        objects = {key: one.unpack() for key, one in self._store.of_release(source).items() if key[0] in _KINDS}
        release = objects.pop((RELEASE_KIND, *source), None)
        # Who may not look there does not learn either whether there is something.
        if release is None or not _allows(release, follower[0]):
            same = source[0] == follower[0]
            permission = "" if same else f" that lists {follower[0]} in spec.promotion.allowedNamespaces"
            return UpstreamView(problem=f"there is no BertRelease {named}{permission}")
        try:
            return read_upstream(release, objects.values())
        except UnreadableError as error:
            return UpstreamView(problem=str(error))


def _allows(release: KubeObject, namespace: str) -> bool:
    allowed = (release["spec"].get("promotion") or {}).get("allowedNamespaces") or []
    return namespace in {release["metadata"]["namespace"], *allowed}
