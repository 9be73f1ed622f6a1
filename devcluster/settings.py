"""What a cluster was brought up with; later commands work from it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from ipaddress import IPv4Network
from pathlib import Path
from typing import cast

from devcluster import network
from devcluster.components import Profile
from devcluster.locks import exclusive
from devcluster.network import Network
from devcluster.paths import NAME_PATTERN, ClusterPaths, state_root
from devcluster.processes import boot_id


@dataclass(frozen=True)
class Settings:
    """Choices of `up`, the addresses it found free, and the boot in which it did so."""

    profile: Profile
    without: tuple[str, ...]
    block: int
    boot_id: str

    @property
    def network(self) -> Network:
        return Network(self.block)

    @property
    def is_of_this_boot(self) -> bool:
        return self.boot_id == boot_id()

    @classmethod
    def load(cls, file: Path) -> Settings | None:
        """Return what was saved, None when there is nothing (whole)."""
        try:
            saved = json.loads(file.read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            return None
        return cls(
            profile=cast(Profile, saved["profile"]),
            without=tuple(saved["without"]),
            block=int(saved["block"]),
            boot_id=str(saved["boot_id"]),
        )


def claim(name: str, profile: Profile, without: tuple[str, ...]) -> Settings:
    """Choose a free network for the cluster and save the settings, so that no other cluster takes it."""
    paths = ClusterPaths.of(name)
    with exclusive(state_root()):
        taken = [*network.host_networks(), *_claimed_by_others(name)]
        block = network.choose_network(name, taken).block
        settings = Settings(profile=profile, without=without, block=block, boot_id=boot_id())
        paths.settings.write_text(json.dumps(asdict(settings)))
    return settings


def other_clusters(name: str) -> list[str]:
    """The names of the clusters that have state on this machine, this one left out."""
    found = (path.name for path in state_root().glob("*/"))
    # What a starting cluster tries out there for a moment has no cluster's name.
    return sorted(other for other in found if other != name and NAME_PATTERN.fullmatch(other))


def _claimed_by_others(name: str) -> list[IPv4Network]:
    found = (Settings.load(ClusterPaths.of(other).settings) for other in other_clusters(name))
    return [settings.network.cidr for settings in found if settings]
