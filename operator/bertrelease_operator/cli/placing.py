"""Places an order with the operator and waits for what becomes of it."""

import secrets
from collections.abc import Callable
from typing import Final

from bertrelease_operator.api.names import ANNOTATION_COMMAND
from bertrelease_operator.cli.arguments import result_line
from bertrelease_operator.cli.cluster import Changed, Deleted, Listed, Update
from bertrelease_operator.cli.command_lines import bert_command, operator_command
from bertrelease_operator.cli.environment import Session
from bertrelease_operator.cli.errors import CliError, NotFoundError
from bertrelease_operator.cli.lookup import revisions_of
from bertrelease_operator.cli.objects import Release
from bertrelease_operator.cli.orders import Order, came_true, consequence
from bertrelease_operator.cli.subscription import Subscription
from bertrelease_operator.core.commands import Verb

_DONE: Final = {
    Verb.PROMOTE: "promoted",
    Verb.ABORT: "aborted",
    Verb.RETRY: "retried",
    Verb.RESUME: "resumed",
}
ID_BYTES: Final = 4


def place(session: Session, release: Release, verb: Verb, version: str, timeout_seconds: float | None) -> None:
    """Writes the annotation; without a timeout that is all. Raises CliError if the operator does not do it in time."""
    order = Order(verb, version, secrets.token_hex(ID_BYTES))
    patch = {"metadata": {"annotations": {ANNOTATION_COMMAND: str(order)}}}
    session.cluster.patch_release(release.namespace, release.name, patch)
    if timeout_seconds is None:
        session.say(result_line(release.name, f"{verb} requested"))
        return
    try:
        after = _handled(session, release, order, timeout_seconds)
        revisions = revisions_of(session.cluster, after)
    except CliError as error:
        raise type(error)(f"'{verb} {version}' was requested, but: {error}") from error
    if not came_true(order, after, revisions, session.environment.now()):
        raise CliError(f"the operator found nothing to {verb} for {version} any more: {after.status.message}")
    session.say(result_line(release.name, _DONE[verb]))
    session.say(consequence(order, after))


def _handled(session: Session, release: Release, order: Order, timeout_seconds: float) -> Release:
    """The release as it is when the operator has handled `order`."""

    def is_done(current: Release) -> bool:
        if current.status.handled_command == str(order):
            return True
        if current.command != str(order):
            raise CliError(
                f"another request, {current.command!r}, came right after it. "
                f"See what became of both: {bert_command(release, 'status')}"
            )
        return False

    return awaited(session, release, timeout_seconds, is_done)


def awaited(session: Session, release: Release, timeout_seconds: float, is_done: Callable[[Release], bool]) -> Release:
    """The release as it is when `is_done` says so first. Raises CliError when the time is over."""
    clock = session.environment.monotonic
    end = clock() + timeout_seconds
    subscription = Subscription(session.cluster.watch_releases(release.namespace, release.name))
    while (left := end - clock()) > 0:
        update = subscription.next(left)
        current = _current(update, release) if update is not None else None
        if current is not None and is_done(current):
            return current
    raise CliError(
        f"no operator has carried it out within {timeout_seconds:g} s. It stays requested. See whether the operator "
        f"runs: {operator_command()}"
    )


def _current(update: Update, release: Release) -> Release | None:
    """The release as `update` has it, if it says so. Raises NotFoundError when it is gone."""
    match update:
        case Changed(item):
            return Release.of(item)
        case Listed((item,)):
            return Release.of(item)
        case Deleted() | Listed(()):
            raise NotFoundError(f"{release.name} was deleted meanwhile")
        case _:
            return None
