"""What the plugin asks of a cluster. The commands know only this protocol."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from bertrelease_operator.cli.objects import Manifest


@dataclass(frozen=True, slots=True)
class Listed:
    """All objects as they are now; replaces what was known."""

    items: tuple[Manifest, ...]


@dataclass(frozen=True, slots=True)
class Changed:
    """One object is new or different."""

    item: Manifest


@dataclass(frozen=True, slots=True)
class Deleted:
    """One object is gone."""

    namespace: str
    name: str


@dataclass(frozen=True, slots=True)
class Interrupted:
    """The watch broke off; it goes on by itself with a `Listed`."""

    message: str


Update = Listed | Changed | Deleted | Interrupted


class Cluster(Protocol):
    """One cluster with one person's permissions. Every method raises `CliError` with a sentence for the person."""

    @property
    def namespace(self) -> str:
        """The namespace that is meant when none is named."""

    def user_name(self) -> str:
        """How the cluster calls the person."""

    def release(self, namespace: str, name: str) -> Manifest:
        """Raises NotFoundError."""

    def releases(self, namespace: str | None) -> list[Manifest]:
        """All namespaces if None."""

    def revisions(self, namespace: str, release: str) -> list[Manifest]: ...

    def deployments(self, namespace: str, release: str) -> list[Manifest]: ...

    def patch_release(self, namespace: str, name: str, patch: Mapping[str, Any]) -> Manifest:
        """A JSON merge patch (RFC 7386); the object as it is then."""

    def watch_releases(self, namespace: str | None, name: str | None) -> Iterator[Update]:
        """A `Listed` first, then every change as it happens, without end; survives broken connections.

        Raises CliError only for what waiting cannot cure, such as a missing permission.
        """
