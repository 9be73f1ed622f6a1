"""`status --watch`: the picture kept up to date by a watch, or a line for each change where there is no screen."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Final, NoReturn

from rich.console import Group, RenderableType
from rich.live import Live
from rich.text import Text

from bertrelease_operator.cli.cluster import Changed, Deleted, Interrupted, Listed, Update
from bertrelease_operator.cli.environment import Session
from bertrelease_operator.cli.errors import ConnectionLostError, NotFoundError
from bertrelease_operator.cli.lookup import find_release, revisions_of
from bertrelease_operator.cli.objects import Manifest, Release, Revision
from bertrelease_operator.cli.render.line import brief, change_line
from bertrelease_operator.cli.render.overview import overview
from bertrelease_operator.cli.render.release import release_picture
from bertrelease_operator.cli.subscription import Subscription
from bertrelease_operator.cli.views.build import release_view
from bertrelease_operator.cli.views.model import ReleaseView

# Ages and remaining times move on without any change in the cluster.
_TICK_SECONDS: Final = 1.0

_Viewer = Callable[[Release], ReleaseView]
_Painter = Callable[[Sequence[ReleaseView]], RenderableType]
_Key = tuple[str, str]


@dataclass(slots=True)
class Known:
    """The releases as the watch has told them so far."""

    releases: dict[_Key, Release] = field(default_factory=dict)
    interruption: str = ""
    heard: bool = False  # of anything at all

    def learn(self, update: Update) -> None:
        self.heard = True
        match update:
            case Listed(items):
                self.releases = dict(map(_keyed, items))
            case Changed(item):
                self.releases.update([_keyed(item)])
            case Deleted(namespace, name):
                self.releases.pop((namespace, name), None)
            case Interrupted(message):
                self.interruption = message
                return
        self.interruption = ""

    def in_order(self) -> list[Release]:
        return [self.releases[key] for key in sorted(self.releases)]


def watch_one(session: Session, name: str) -> NoReturn:
    """Until it is deleted (NotFoundError) or the person has seen enough (KeyboardInterrupt)."""
    release = find_release(session.cluster, session.namespace, name)
    record = _Record(session)

    def paint(views: Sequence[ReleaseView]) -> RenderableType:
        return release_picture(views[0], session.environment.now())

    def view(found: Release) -> ReleaseView:
        return release_view(found, record.of(found), session.environment.now())

    _watch(session, release.namespace, name, view, paint)


def watch_all(session: Session, namespace: str | None) -> NoReturn:
    """Until the person has seen enough (KeyboardInterrupt)."""

    def paint(views: Sequence[ReleaseView]) -> RenderableType:
        if not views:
            return Text("No BertReleases yet.")
        return overview(views, session.environment.now(), with_namespace=namespace is None)

    def view(found: Release) -> ReleaseView:
        return release_view(found, (), session.environment.now())

    _watch(session, namespace, None, view, paint)


class _Record:
    """The revisions of one release, read again only when something happened that is recorded in them."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._read_at: object = None
        self._revisions: list[Revision] = []

    def of(self, release: Release) -> list[Revision]:
        status = release.status
        at = (status.stable, status.concluded, status.rollout and status.rollout.version, status.handled_command)
        if at != self._read_at:
            # While the API server cannot answer, as after its restart, those read last are shown.
            with suppress(ConnectionLostError):
                self._revisions = revisions_of(self._session.cluster, release)
                self._read_at = at
        return self._revisions


def _watch(session: Session, namespace: str | None, name: str | None, view: _Viewer, paint: _Painter) -> NoReturn:
    """Shows what becomes known, as it becomes known, and the passing of time."""
    known = Known()
    subscription = Subscription(session.cluster.watch_releases(namespace, name))
    with _screen(session, view, paint) as refresh:
        while True:
            update = subscription.next(_TICK_SECONDS)
            if update is not None:
                known.learn(update)
                if name is not None and not known.releases:
                    raise NotFoundError(f"{name} was deleted from namespace {namespace}")
            if known.heard:
                refresh(known)


@contextmanager
def _screen(session: Session, view: _Viewer, paint: _Painter) -> Iterator[Callable[[Known], None]]:
    console = session.environment.console
    if not console.is_terminal or console.is_dumb_terminal:
        yield _Lines(session, view).show
        return
    with Live(console=console, auto_refresh=False) as live:

        def refresh(known: Known) -> None:
            note = [Text(f"! {known.interruption} Trying again.", style="yellow")] if known.interruption else []
            picture = paint([view(release) for release in known.in_order()])
            live.update(Group(*note, picture), refresh=True)

        yield refresh


class _Lines:
    """A line for each change, for logs and pipes."""

    def __init__(self, session: Session, view: _Viewer) -> None:
        self._session = session
        self._view = view
        self._shown: dict[_Key, str] = {}
        self._interruption = ""

    def show(self, known: Known) -> None:
        now = self._session.environment.now()
        if known.interruption != self._interruption:
            self._interruption = known.interruption
            self._session.say(change_line(f"! {known.interruption or 'connected again'}", now))
        for key in sorted(set(self._shown) - set(known.releases)):
            del self._shown[key]
            self._session.say(change_line(f"{'/'.join(key)}  deleted", now))
        for release in known.in_order():
            key = (release.namespace, release.name)
            line = brief(self._view(release))
            if self._shown.get(key) != line:
                self._shown[key] = line
                self._session.say(change_line(line, now))


def _keyed(item: Manifest) -> tuple[_Key, Release]:
    release = Release.of(item)
    return (release.namespace, release.name), release
