"""Which kinds of objects this cluster has, of those that the operator can do without."""

import asyncio
import logging
from typing import Final

from bertrelease_operator.adapters.cluster import Cluster
from bertrelease_operator.adapters.errors import UnreachableError
from bertrelease_operator.adapters.resources import OPTIONAL, WATCHED, ResourceType

logger = logging.getLogger(__name__)

_RETRY_SECONDS: Final = 1.0
_LOOK_SECONDS: Final = 30.0


class NewKindError(Exception):
    """A kind was installed that no watch was made for: only a fresh start makes one."""


class Kinds:
    """What is watched: what every cluster has, and after `find` what this one has besides."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self.watched: tuple[ResourceType, ...] = WATCHED

    @property
    def absent(self) -> frozenset[str]:
        """Kinds that releases may ask for and cannot have here."""
        return frozenset(resource.kind for resource in OPTIONAL if resource not in self.watched)

    async def find(self) -> None:
        """Waits for an API server that is away."""
        while True:
            try:
                self.watched = (*WATCHED, *[one for one in OPTIONAL if await self._cluster.serves(one)])
            except UnreachableError as error:
                logger.warning("waiting for the API server: %s", error)
                await asyncio.sleep(_RETRY_SECONDS)
            else:
                return

    async def run(self) -> None:
        """Raises NewKindError when an absent kind is installed; returns only if there is none."""
        while missing := [resource for resource in OPTIONAL if resource.kind in self.absent]:
            await asyncio.sleep(_LOOK_SECONDS)
            try:
                there = [resource.kind for resource in missing if await self._cluster.serves(resource)]
            except UnreachableError:
                continue
            if there:
                raise NewKindError(f"{', '.join(there)} can be used now: the operator starts anew to watch it")
