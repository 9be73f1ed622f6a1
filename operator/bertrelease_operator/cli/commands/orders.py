"""`promote`, `abort`, `retry`: requests that the operator carries out once, for the version that was seen."""

from bertrelease_operator.cli.commands.options import (
    DEFAULT_TIMEOUT_SECONDS,
    NoWait,
    RetriedVersion,
    Timeout,
    on_release,
)
from bertrelease_operator.cli.environment import Session
from bertrelease_operator.cli.lookup import revisions_of
from bertrelease_operator.cli.objects import Release
from bertrelease_operator.cli.orders import version_to_abort, version_to_promote, version_to_retry
from bertrelease_operator.cli.placing import place
from bertrelease_operator.core.commands import Verb


@on_release
def promote(
    session: Session, release: Release, *, no_wait: NoWait = False, timeout: Timeout = DEFAULT_TIMEOUT_SECONDS
) -> None:
    """Give the candidate all traffic now.

    Does not wait for the rest of its evidence; the promoted version is watched, and taken back if it fails.
    """
    place(session, release, Verb.PROMOTE, version_to_promote(release), None if no_wait else timeout)


@on_release
def abort(
    session: Session, release: Release, *, no_wait: NoWait = False, timeout: Timeout = DEFAULT_TIMEOUT_SECONDS
) -> None:
    """Give the candidate up.

    Without a candidate, a promoted version that is still watched is taken back. Either stays free to be retried.
    """
    place(session, release, Verb.ABORT, version_to_abort(release), None if no_wait else timeout)


@on_release
def retry(
    session: Session,
    release: Release,
    *,
    version: RetriedVersion = None,
    no_wait: NoWait = False,
    timeout: Timeout = DEFAULT_TIMEOUT_SECONDS,
) -> None:
    """Try a version again that was taken back."""
    chosen = version_to_retry(release, revisions_of(session.cluster, release), version)
    place(session, release, Verb.RETRY, chosen, None if no_wait else timeout)
