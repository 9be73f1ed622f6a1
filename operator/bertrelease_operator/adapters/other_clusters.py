"""Reads a release that is followed in another cluster."""

import asyncio
from dataclasses import dataclass, replace
from typing import Final

from bertrelease_operator.adapters.bodies import AnswerBounds
from bertrelease_operator.adapters.cluster import Cluster
from bertrelease_operator.adapters.errors import ClusterError, ForbiddenError, NotFoundError, UnreachableError
from bertrelease_operator.adapters.http_cluster import HttpCluster
from bertrelease_operator.adapters.kubeconfig import InlineConnection, parse_kubeconfig
from bertrelease_operator.adapters.resources import RELEASE, REVISION
from bertrelease_operator.adapters.secrets import secret_value
from bertrelease_operator.api.names import LABEL_RELEASE
from bertrelease_operator.api.promotion import KubeconfigSecret
from bertrelease_operator.render.metadata import KubeObject

# Enough for the longest history that spec.history.keep allows, with each record as long as it can become.
_BOUNDS: Final = AnswerBounds(page_objects=10, pages=10, answer_bytes=1536 * 1024, answer_values=100_000)


@dataclass(frozen=True, slots=True)
class Followed:
    """The release as it is stored there, with its BertRevisions."""

    release: KubeObject
    revisions: tuple[KubeObject, ...]


async def read_followed(
    own: Cluster, own_namespace: str, secret: KubeconfigSecret, namespace: str, name: str
) -> Followed:
    """A few requests, with the permissions of the kubeconfig in `own_namespace`'s Secret.

    Raises ClusterError with a sentence of ours: what another server answers is not repeated to anybody.
    """
    connection = await _connection(own, own_namespace, secret)
    try:
        async with HttpCluster(connection, bounds=_BOUNDS) as other:
            release = await other.get(RELEASE, namespace, name)
            selected = replace(REVISION, label_selector=f"{LABEL_RELEASE}={name}")
            return Followed(release, tuple(await other.list(selected, namespace)))
    except NotFoundError as error:
        raise NotFoundError(f"there is no BertRelease {namespace}/{name} in its cluster") from error
    except ForbiddenError as error:
        raise ForbiddenError(
            f"the kubeconfig of Secret {secret.name} may not get bertreleases and list bertrevisions in namespace "
            f"{namespace}: grant it that there"
        ) from error
    except UnreachableError as error:
        raise UnreachableError(f"the API server of Secret {secret.name} does not answer") from error
    except (ClusterError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ClusterError(
            f"the API server of Secret {secret.name} gives no answer that can be used ({type(error).__name__})"
        ) from error


async def _connection(own: Cluster, own_namespace: str, secret: KubeconfigSecret) -> InlineConnection:
    written = await secret_value(own, own_namespace, secret)
    try:
        return await asyncio.to_thread(parse_kubeconfig, written)
    except ClusterError as error:
        raise ClusterError(f"Secret {secret.name}: {error}") from error
