"""List, then watch, and again when the connection breaks: the loop around the API server's watch protocol."""

from collections.abc import Callable, Iterator
from typing import Any, Final

from bertrelease_operator.cli.cluster import Changed, Deleted, Interrupted, Listed, Update
from bertrelease_operator.cli.errors import ConnectionLostError
from bertrelease_operator.cli.objects import Manifest

WatchStream = Iterator[dict[str, Any]]
Lister = Callable[[], tuple[list[Manifest], str]]
Opener = Callable[[str], WatchStream]

_FIRST_WAIT_SECONDS: Final = 0.5
_LONGEST_WAIT_SECONDS: Final = 10.0
_GONE: Final = 410


def follow(lister: Lister, opener: Opener, sleep: Callable[[float], None]) -> Iterator[Update]:
    """Endless. The first listing's failure is raised: then the command cannot even begin.

    `lister` gives the objects and their resourceVersion, `opener` the watch events after a resourceVersion.
    """
    wait, begun = _FIRST_WAIT_SECONDS, False
    while True:
        try:
            items, position = lister()
            begun = True
            yield Listed(tuple(items))
            for update in _watch_on(opener, position):
                wait = _FIRST_WAIT_SECONDS
                if update is not None:
                    yield update
        except _ExpiredError:
            continue
        except ConnectionLostError as error:
            if not begun:
                raise
            yield Interrupted(str(error))
            sleep(wait)
            wait = min(2 * wait, _LONGEST_WAIT_SECONDS)


class _ExpiredError(Exception):
    """The server no longer remembers the resourceVersion: list anew."""


def _watch_on(opener: Opener, position: str) -> Iterator[Update | None]:
    """Opens the watch again where it was whenever the server ends it in time; None for a sign of life."""
    while True:
        for event in opener(position):
            update, position = _translated(event)
            yield update
        yield None


def _translated(event: dict[str, Any]) -> tuple[Update | None, str]:
    """The update, and the resourceVersion that it reaches. Bookmarks have no update."""
    found = event["object"]
    match event["type"]:
        case "ERROR":
            if found.get("code") == _GONE:
                raise _ExpiredError
            raise ConnectionLostError(f"the API server ended the watch: {found.get('message', 'no reason given')}")
        case "DELETED":
            metadata = found["metadata"]
            return Deleted(metadata["namespace"], metadata["name"]), metadata["resourceVersion"]
        case "ADDED" | "MODIFIED":
            return Changed(found), found["metadata"]["resourceVersion"]
        case _:
            return None, found["metadata"]["resourceVersion"]
