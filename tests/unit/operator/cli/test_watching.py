"""The loop around the watch protocol, with a server that misbehaves."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

import pytest

from bertrelease_operator.cli.cluster import Changed, Deleted, Interrupted, Listed, Update
from bertrelease_operator.cli.errors import CliError, ConnectionLostError, ForbiddenError
from bertrelease_operator.cli.kube.watching import follow

Event = dict[str, Any]


def event(kind: str, version: str, name: str = "fill-mask") -> Event:
    return {"type": kind, "object": {"metadata": {"namespace": "shop", "name": name, "resourceVersion": version}}}


class Server:
    """Answers each listing and each watch with the next thing it was told to: events, or an error."""

    def __init__(self, listings: list[str | CliError], watches: list[list[Event] | CliError]) -> None:
        self._listings = iter(listings)
        self._watches = iter(watches)
        self.watched_from: list[str] = []
        self.waits: list[float] = []

    def updates(self, count: int) -> list[Update]:
        return list(islice(follow(self._list, self._watch, self.waits.append), count))

    def _list(self) -> tuple[list[Any], str]:
        answer = next(self._listings)
        if isinstance(answer, CliError):
            raise answer
        return [{"at": answer}], answer

    def _watch(self, position: str) -> Iterator[Event]:
        self.watched_from.append(position)
        answer = next(self._watches)
        if isinstance(answer, CliError):
            raise answer
        yield from answer


def test_changes_follow_the_listing_and_bookmarks_only_move_the_position() -> None:
    server = Server(["5"], [[event("ADDED", "6"), event("BOOKMARK", "9")], [event("DELETED", "12")]])
    assert server.updates(3) == [
        Listed(({"at": "5"},)),
        Changed(event("ADDED", "6")["object"]),
        Deleted("shop", "fill-mask"),
    ]
    assert server.watched_from == ["5", "9"]
    assert server.waits == []


def test_a_broken_connection_is_told_and_then_everything_is_listed_anew() -> None:
    lost = ConnectionLostError("gone away")
    server = Server(["5", lost, "8"], [[event("MODIFIED", "6")], lost, [event("MODIFIED", "9")]])
    assert server.updates(6) == [
        Listed(({"at": "5"},)),
        Changed(event("MODIFIED", "6")["object"]),
        Interrupted("gone away"),
        Interrupted("gone away"),
        Listed(({"at": "8"},)),
        Changed(event("MODIFIED", "9")["object"]),
    ]
    assert server.waits == [0.5, 1.0]


def test_a_forgotten_position_is_listed_anew_at_once() -> None:
    expired = {"type": "ERROR", "object": {"code": 410, "message": "too old resource version"}}
    server = Server(["5", "70"], [[expired], [event("MODIFIED", "71")]])
    assert server.updates(3)[1:] == [Listed(({"at": "70"},)), Changed(event("MODIFIED", "71")["object"])]
    assert server.watched_from == ["5", "70"]
    assert server.waits == []


def test_an_error_within_the_watch_is_an_interruption() -> None:
    broken = {"type": "ERROR", "object": {"code": 500, "message": "etcd is away"}}
    server = Server(["5", "6"], [[broken]])
    assert server.updates(3)[1:] == [
        Interrupted("the API server ended the watch: etcd is away"),
        Listed(({"at": "6"},)),
    ]


def test_waits_grow_up_to_a_limit() -> None:
    lost = ConnectionLostError("gone away")
    server = Server(["5", *[lost] * 8], [lost])
    server.updates(9)
    assert server.waits == [0.5, 1.0, 2.0, 4.0, 8.0, 10.0, 10.0]


def test_a_cluster_that_cannot_be_reached_at_first_is_an_error() -> None:
    with pytest.raises(ConnectionLostError, match="gone away"):
        Server([ConnectionLostError("gone away")], []).updates(1)


def test_a_permission_that_is_taken_away_ends_the_watch() -> None:
    with pytest.raises(ForbiddenError, match="may not watch"):
        Server(["5"], [ForbiddenError("you may not watch")]).updates(2)
