"""The address plan of a cluster, and the network namespace that it lives in.

A cluster owns one /16. Its namespace is joined to the host by a veth pair, and one host route leads the
whole /16 there, so that the host reaches the node, the pods and the ClusterIPs directly.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

from devcluster.commands import run
from devcluster.errors import DevClusterError

FIRST_BLOCK, BLOCK_COUNT = 144, 96
CLUSTER_PREFIX = 16
NETNS_DIRECTORY = Path("/run/netns")


@dataclass(frozen=True)
class Network:
    """The plan of one /16, `10.<block>.0.0`."""

    block: int

    @property
    def cidr(self) -> IPv4Network:
        return IPv4Network(f"10.{self.block}.0.0/16")

    @property
    def host_address(self) -> IPv4Address:
        return self.cidr[1]

    @property
    def node_address(self) -> IPv4Address:
        return self.cidr[2]

    @property
    def link_cidr(self) -> IPv4Network:
        return IPv4Network(f"10.{self.block}.0.0/24")

    @property
    def pod_cidr(self) -> IPv4Network:
        return IPv4Network(f"10.{self.block}.1.0/24")

    @property
    def service_cidr(self) -> IPv4Network:
        return IPv4Network(f"10.{self.block}.128.0/17")

    @property
    def kubernetes_service_address(self) -> IPv4Address:
        """The API server gives itself the first address of the service network."""
        return self.service_cidr[1]

    @property
    def host_link(self) -> str:
        return f"devcluster{self.block}"


def choose_network(name: str, taken: Iterable[IPv4Network]) -> Network:
    """Pick the block that the name hashes to, or the next one that overlaps nothing in `taken`.

    The same name tends to get the same addresses, which keeps bookmarks and shell history useful.
    Raises DevClusterError when none of the blocks is free.
    """
    occupied = list(taken)
    start = zlib.crc32(name.encode()) % BLOCK_COUNT
    for step in range(BLOCK_COUNT):
        network = Network(FIRST_BLOCK + (start + step) % BLOCK_COUNT)
        if not any(network.cidr.overlaps(other) for other in occupied):
            return network
    raise DevClusterError(
        f"no free network is left for the cluster {name!r}: each of 10.{FIRST_BLOCK}.0.0/16 to "
        f"10.{FIRST_BLOCK + BLOCK_COUNT - 1}.0.0/16 overlaps a route of this host or another cluster; "
        "take a cluster down with `python -m devcluster down --name NAME` or remove the route"
    )


def host_networks() -> list[IPv4Network]:
    """The networks and gateways that this host's routes name.

    Networks wider than a cluster's are left out: the cluster's route, being narrower, goes before theirs.
    """
    routes = json.loads(run(["ip", "-json", "-4", "route", "show", "table", "all"]) or "[]")
    named = [route.get(field, "default") for route in routes for field in ("dst", "gateway")]
    networks = [IPv4Network(address, strict=False) for address in named if address != "default"]
    return [network for network in networks if network.prefixlen >= CLUSTER_PREFIX]


def namespace_name(cluster: str) -> str:
    return f"devcluster-{cluster}"


def namespace_path(cluster: str) -> Path:
    return NETNS_DIRECTORY / namespace_name(cluster)


def create(cluster: str, network: Network) -> None:
    """Make the namespace, its link to the host and the host's route into it; does nothing when they are there."""
    if namespace_path(cluster).exists():
        return
    run(["ip", "netns", "add", namespace_name(cluster)])
    try:
        _join_to_host(cluster, network)
    except DevClusterError:
        remove(cluster)
        raise


def _join_to_host(cluster: str, network: Network) -> None:
    link, prefix = network.host_link, network.link_cidr.prefixlen
    inside = _inside(cluster)
    run(["ip", "link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", namespace_name(cluster)])
    run(["ip", "address", "add", f"{network.host_address}/{prefix}", "dev", link])
    run(["ip", "link", "set", link, "up"])
    run([*inside, "ip", "link", "set", "lo", "up"])
    run([*inside, "ip", "address", "add", f"{network.node_address}/{prefix}", "dev", "eth0"])
    run([*inside, "ip", "link", "set", "eth0", "up"])
    run([*inside, "ip", "route", "add", "default", "via", f"{network.host_address}"])
    run([*inside, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward"])
    run(["ip", "route", "add", f"{network.cidr}", "via", f"{network.node_address}", "dev", link])


def remove(cluster: str) -> None:
    """Remove the namespace and the link; the host's routes go with the link."""
    if not namespace_path(cluster).exists():
        return
    links = json.loads(run([*_inside(cluster), "ip", "-json", "link", "show"]) or "[]")
    if any(link["ifname"] == "eth0" for link in links):
        # Deleting one end removes both at once; left to the namespace's own end it happens some time later.
        run([*_inside(cluster), "ip", "link", "delete", "eth0"])
    run(["ip", "netns", "delete", namespace_name(cluster)])


def _inside(cluster: str) -> list[str]:
    return ["nsenter", f"--net={namespace_path(cluster)}"]
