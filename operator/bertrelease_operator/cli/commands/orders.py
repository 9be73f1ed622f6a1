"""`promote`, `abort`, `retry`: requests that the operator carries out once, for the version that was seen."""

from typing import Annotated

import typer

from bertrelease_operator.cli.arguments import release_version
from bertrelease_operator.cli.commands.options import (
    DEFAULT_TIMEOUT_SECONDS,
    Context,
    Kubeconfig,
    Name,
    Namespace,
    NoWait,
    Timeout,
    open_release,
)
from bertrelease_operator.cli.lookup import revisions_of
from bertrelease_operator.cli.orders import version_to_abort, version_to_promote, version_to_retry
from bertrelease_operator.cli.placing import place
from bertrelease_operator.core.commands import Verb


def promote(
    context: typer.Context,
    name: Name,
    *,
    namespace: Namespace = None,
    no_wait: NoWait = False,
    timeout: Timeout = DEFAULT_TIMEOUT_SECONDS,
    cluster_context: Context = None,
    kubeconfig: Kubeconfig = None,
) -> None:
    """Give the candidate all traffic now.

    Does not wait for the rest of its evidence; the promoted version is watched, and taken back if it fails.
    """
    session, release = open_release(
        context, name, namespace=namespace, kubeconfig=kubeconfig, cluster_context=cluster_context
    )
    place(session, release, Verb.PROMOTE, version_to_promote(release), None if no_wait else timeout)


def abort(
    context: typer.Context,
    name: Name,
    *,
    namespace: Namespace = None,
    no_wait: NoWait = False,
    timeout: Timeout = DEFAULT_TIMEOUT_SECONDS,
    cluster_context: Context = None,
    kubeconfig: Kubeconfig = None,
) -> None:
    """Give the candidate up.

    Without a candidate, a promoted version that is still watched is taken back. Either stays free to be retried.
    """
    session, release = open_release(
        context, name, namespace=namespace, kubeconfig=kubeconfig, cluster_context=cluster_context
    )
    place(session, release, Verb.ABORT, version_to_abort(release), None if no_wait else timeout)


def retry(
    context: typer.Context,
    name: Name,
    version: Annotated[
        str | None, typer.Argument(metavar="VERSION", help="Default: the version that was taken back last.")
    ] = None,
    *,
    namespace: Namespace = None,
    no_wait: NoWait = False,
    timeout: Timeout = DEFAULT_TIMEOUT_SECONDS,
    cluster_context: Context = None,
    kubeconfig: Kubeconfig = None,
) -> None:
    """Try a version again that was taken back."""
    asked = release_version(version) if version is not None else None
    session, release = open_release(
        context, name, namespace=namespace, kubeconfig=kubeconfig, cluster_context=cluster_context
    )
    chosen = version_to_retry(release, revisions_of(session.cluster, release), asked)
    place(session, release, Verb.RETRY, chosen, None if no_wait else timeout)
