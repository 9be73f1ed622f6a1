"""Asks other clusters for the releases that are followed there: now and then, one task for each follower."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from bertrelease_operator.adapters.cluster import Cluster
from bertrelease_operator.adapters.errors import ClusterError
from bertrelease_operator.adapters.other_clusters import read_followed
from bertrelease_operator.api.promotion import Upstream
from bertrelease_operator.core.clipping import one_line
from bertrelease_operator.core.promotion.view import UpstreamView
from bertrelease_operator.runtime.logs import about
from bertrelease_operator.runtime.observe import UnreadableError, read_upstream
from bertrelease_operator.runtime.records import ReleaseKey

logger = logging.getLogger(__name__)

POLL_SECONDS: Final = 10.0
_LONGEST_PAUSE_SECONDS: Final = 60.0
# What was read stays good for this long when the other cluster falls silent: a restart there is no event here.
STALE_SECONDS: Final = 60.0
_AT_THE_SAME_TIME: Final = 4
# Who does not answer is not to keep one of these places.
ASK_SECONDS: Final = 15.0
_LONGEST_DETAIL: Final = 300


@dataclass(slots=True)
class _Followed:
    upstream: Upstream
    task: asyncio.Task[None] | None = None
    read: UpstreamView | None = None
    read_at: float | None = None
    failures: int = 0
    problem: str = ""  # of the last try
    told: UpstreamView | None = None  # what the follower knows


class RemoteUpstreams:
    """Only reads. Nobody is asked for followers that are not looked after any more."""

    def __init__(
        self,
        cluster: Cluster,
        wake: Callable[[ReleaseKey], None],
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._cluster = cluster
        self._wake = wake
        self._clock = clock
        self._sleep = sleep
        self._followed: dict[ReleaseKey, _Followed] = {}
        self._slots = asyncio.Semaphore(_AT_THE_SAME_TIME)

    def view(self, follower: ReleaseKey, upstream: Upstream) -> UpstreamView | None:
        """What was read last, unless that is long ago; None before the first answer. From now on it is read again."""
        known = self._followed.get(follower)
        if known is None or known.upstream != upstream:
            self.forget(follower)
            known = self._followed[follower] = _Followed(upstream)
            known.task = asyncio.create_task(self._poll(follower, known), name=f"upstream of {'/'.join(follower)}")
        known.told = self._known(known)
        return known.told

    def forget(self, follower: ReleaseKey) -> None:
        known = self._followed.pop(follower, None)
        if known is not None and known.task is not None:
            known.task.cancel()

    def stop(self) -> None:
        for follower in [*self._followed]:
            self.forget(follower)

    async def _poll(self, follower: ReleaseKey, followed: _Followed) -> None:
        while True:
            await self._read(follower, followed)
            if self._known(followed) != followed.told:
                self._wake(follower)
            await self._sleep(min(POLL_SECONDS * 2.0 ** min(followed.failures, 3), _LONGEST_PAUSE_SECONDS))

    async def _read(self, follower: ReleaseKey, followed: _Followed) -> None:
        try:
            async with self._slots, asyncio.timeout(ASK_SECONDS):
                followed.read = await self._ask(follower[0], followed.upstream)
        except TimeoutError:
            self._note_failure(follower, followed, f"its cluster gave no whole answer within {ASK_SECONDS:g} s")
        except ClusterError as error:
            self._note_failure(follower, followed, str(error))
        except UnreadableError as error:
            detail = one_line(repr(error.__cause__), _LONGEST_DETAIL)
            self._note_failure(follower, followed, str(error), detail=f" ({detail})")
        except Exception:
            # The task must outlive any fault that we did not foresee.
            logger.exception("reading the upstream release failed", extra=about(*follower))
            self._note_failure(follower, followed, "reading it failed; the operator's log says why")
        else:
            followed.read_at, followed.failures, followed.problem = self._clock(), 0, ""

    async def _ask(self, own_namespace: str, upstream: Upstream) -> UpstreamView:
        secret, namespace = upstream.kubeconfig_secret_ref, upstream.namespace or own_namespace
        assert secret is not None  # noqa: S101 - without one it is in our own cluster
        found = await read_followed(self._cluster, own_namespace, secret, namespace, upstream.name)
        try:
            return read_upstream(found.release, found.revisions, lenient=True)
        except (UnreadableError, LookupError, TypeError, ValueError, AttributeError) as error:
            # A sentence of ours: the other server's words may be anything, and are not repeated in a status.
            raise UnreadableError(
                f"what the API server of Secret {secret.name} answers does not fit this operator's schema: install the "
                "operator and its CRDs in the same version here and there"
            ) from error

    def _note_failure(self, follower: ReleaseKey, followed: _Followed, problem: str, *, detail: str = "") -> None:
        """`detail` is for the log alone."""
        if not followed.failures:
            logger.warning("%s%s", problem, detail, extra=about(*follower, reason="UpstreamUnknown"))
        followed.failures += 1
        followed.problem = problem

    def _known(self, followed: _Followed) -> UpstreamView | None:
        """Judged anew each time: it may be long until a follower's turn to ask comes."""
        if followed.read_at is not None and self._clock() - followed.read_at < STALE_SECONDS:
            return followed.read
        if followed.read_at is None and not followed.problem:
            return None
        return UpstreamView(problem=followed.problem or f"its cluster was not heard of for {STALE_SECONDS:g} s")
